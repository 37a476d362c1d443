using System.Text;
using Temper.Core.Ids;

namespace Temper.Versioning.History;

/// <summary>
/// Draws the lines of a history beside its commits as <c>git log --graph</c> does: a column for every line that is open, two characters wide. Give it
/// each commit in topological order with <see cref="Begin"/>, then take lines with <see cref="Next"/> until <see cref="IsFinished"/>. Not safe from two
/// threads at once.
/// </summary>
public sealed class GraphLines
{
    private const int None = -1;

    private List<Digest> _columns = [], _next = [];
    private int[] _mapping = [], _oldMapping = [];
    private int _mappingSize, _width, _at, _before, _layout, _edges, _edgesBefore, _expansion;
    private IReadOnlyList<Digest> _parents = [];
    private Digest _commit;
    private Phase _phase = Phase.Padding, _phaseBefore = Phase.Padding;

    private enum Phase
    {
        Padding,
        Skip,
        Expanding,
        Commit,
        Merged,
        Collapsing,
    }

    /// <summary>Whether all lines of the commit were taken; further ones are padding.</summary>
    public bool IsFinished => _phase == Phase.Padding;

    /// <summary>Goes to the next commit.</summary>
    /// <param name="commit">Its id.</param>
    /// <param name="parents">Those of its parents that are shown later.</param>
    public void Begin(Digest commit, IReadOnlyList<Digest> parents)
    {
        ArgumentNullException.ThrowIfNull(parents);
        (_commit, _parents, _before) = (commit, parents, _at);
        Arrange();
        _expansion = 0;
        // What was drawn last stays known: it decides how lines are slanted beside the commit.
        _phase = _phase != Phase.Padding ? Phase.Skip : IsCrowded ? Phase.Expanding : Phase.Commit;
    }

    /// <summary>The next line, without a line feed.</summary>
    /// <param name="isCommit">Whether the commit stands in it.</param>
    public string Next(out bool isCommit)
    {
        var line = new StringBuilder();
        isCommit = _phase == Phase.Commit;
        switch (_phase)
        {
            case Phase.Skip:
                line.Append("...");
                Enter(IsCrowded ? Phase.Expanding : Phase.Commit);
                break;
            case Phase.Expanding:
                Expand(line);
                break;
            case Phase.Commit:
                DrawCommit(line);
                break;
            case Phase.Merged:
                DrawMerge(line);
                break;
            case Phase.Collapsing:
                Collapse(line);
                break;
            default:
                line.Insert(0, "| ", _next.Count);
                break;
        }
        return line.ToString().PadRight(_width);
    }

    /// <summary>A line between two commits, without a line feed: the open lines alone, where the commit stands in the next one.</summary>
    public string Between()
    {
        if (_phase != Phase.Commit)
            return Next(out _);
        var line = new StringBuilder();
        foreach (var column in _columns)
            line.Append('|').Append(' ', column == _commit && _parents.Count > 2 ? (_parents.Count - 2) * 2 : 1);
        _phaseBefore = Phase.Padding;
        return line.ToString().PadRight(_width);
    }

    private int Dashes => _parents.Count + _layout - 3;

    /// <summary>Whether a merge of three and more needs room among the lines at its right.</summary>
    private bool IsCrowded => _parents.Count >= 3 && _at < _columns.Count - 1 && _expansion < Dashes * 2;

    private bool IsStraight => !_mapping.Take(_mappingSize).Where((target, place) => target >= 0 && target != place / 2).Any();

    private void Enter(Phase phase) => (_phaseBefore, _phase) = (_phase, phase);

    /// <summary>Finds the columns below the commit, and on which character each line above arrives.</summary>
    private void Arrange()
    {
        (_columns, _next) = (_next, _columns);
        _next.Clear();
        _mappingSize = 2 * (_columns.Count + _parents.Count);
        if (_mapping.Length < _mappingSize)
        {
            Array.Resize(ref _mapping, _mappingSize * 2);
            Array.Resize(ref _oldMapping, _mappingSize * 2);
        }
        Array.Fill(_mapping, None, 0, _mappingSize);
        (_width, _edgesBefore, _edges) = (0, _edges, 0);
        var seen = false;
        for (var i = 0; i <= _columns.Count; i++)
        {
            if (i == _columns.Count && seen)
                break;
            if (i < _columns.Count && _columns[i] != _commit)
            {
                Insert(_columns[i], None);
                continue;
            }
            (seen, _at, _layout) = (true, i, None);
            foreach (var parent in _parents)
                Insert(parent, i);
            if (_parents.Count == 0)
                _width += 2;
        }
        while (_mappingSize > 1 && _mapping[_mappingSize - 1] < 0)
            _mappingSize--;
    }

    private void Insert(Digest commit, int from)
    {
        var column = _next.IndexOf(commit);
        if (column < 0)
        {
            column = _next.Count;
            _next.Add(commit);
        }
        int place;
        if (_parents.Count > 1 && from >= 0 && _layout == None)
        {
            // The first parent says on which side of the merge its line goes on.
            var distance = from - column;
            _layout = distance > 0 ? 0 : 1;
            _edges = _parents.Count + _layout - 2;
            place = _width + (_layout - 1) * (distance > 1 ? 2 * distance - 3 : 1);
            _width += 2 * _layout;
        }
        else if (_edges > 0 && _width >= 2 && column == _mapping[_width - 2])
        {
            // The last parent's line falls into the one beside it.
            place = _width - 2;
            _edges = -1;
        }
        else
        {
            place = _width;
            _width += 2;
        }
        _mapping[place] = column;
    }

    private void Expand(StringBuilder line)
    {
        var seen = false;
        for (var i = 0; i < _columns.Count; i++)
        {
            if (_columns[i] == _commit)
            {
                seen = true;
                line.Append('|').Append(' ', _expansion);
            }
            else
                line.Append(seen && (_expansion > 0 || _phaseBefore == Phase.Merged && _before < i) ? '\\' : '|');
            line.Append(' ');
        }
        _expansion++;
        if (!IsCrowded)
            Enter(Phase.Commit);
    }

    private void DrawCommit(StringBuilder line)
    {
        var seen = false;
        for (var i = 0; i <= _columns.Count; i++)
        {
            if (i == _columns.Count && seen)
                break;
            if (i == _columns.Count || _columns[i] == _commit)
            {
                seen = true;
                line.Append('*');
                for (var n = 0; _parents.Count > 2 && n < Dashes; n++)
                    line.Append('-').Append(n == Dashes - 1 ? '.' : '-');
            }
            else if (seen && _edges > 1)
                line.Append('\\');
            else if (seen && _edges == 1)
                line.Append(_phaseBefore == Phase.Merged && _edgesBefore > 0 && _before < i ? '\\' : '|');
            else
                line.Append(_phaseBefore == Phase.Collapsing && _oldMapping[2 * i + 1] == i && _mapping[2 * i] < i ? '/' : '|');
            line.Append(' ');
        }
        Enter(_parents.Count > 1 ? Phase.Merged : IsStraight ? Phase.Padding : Phase.Collapsing);
    }

    private void DrawMerge(StringBuilder line)
    {
        var (seen, toParent) = (false, false);
        for (var i = 0; i <= _columns.Count; i++)
        {
            if (i == _columns.Count && seen)
                break;
            if (i == _columns.Count || _columns[i] == _commit)
            {
                seen = true;
                for (var (n, side) = (0, _layout); n < _parents.Count; n++)
                {
                    line.Append("/|\\"[side]);
                    if (side < 2)
                        side++;
                    else if (_edges > 0 || n < _parents.Count - 1)
                        line.Append(' ');
                }
                if (_edges == 0)
                    line.Append(' ');
            }
            else if (seen)
                line.Append(_edges > 0 ? '\\' : '|').Append(' ');
            else
            {
                line.Append('|');
                if (_layout != 0 || i != _at - 1)
                    line.Append(toParent ? '_' : ' ');
            }
            toParent |= i < _columns.Count && _columns[i] == _parents[0];
        }
        Enter(IsStraight ? Phase.Padding : Phase.Collapsing);
    }

    /// <summary>Moves every line that is too far right a place to the left; one of them may go the whole way at once.</summary>
    private void Collapse(StringBuilder line)
    {
        (_mapping, _oldMapping) = (_oldMapping, _mapping);
        Array.Fill(_mapping, None, 0, _mappingSize);
        var (edge, edgeTarget) = (None, None);
        for (var i = 0; i < _mappingSize; i++)
        {
            var target = _oldMapping[i];
            if (target < 0)
                continue;
            if (target * 2 == i)
            {
                _mapping[i] = target;
                continue;
            }
            // A line at the left with the same target takes this one in; one with another target is crossed.
            var left = _mapping[i - 1];
            if (left == target)
                continue;
            _mapping[left < 0 ? i - 1 : i - 2] = target;
            if (edge != None)
                continue;
            (edge, edgeTarget) = (left < 0 ? i : i - 1, target);
            for (var j = target * 2 + 3; j < i - 2; j += 2)
                _mapping[j] = target;
        }
        Array.Copy(_mapping, _oldMapping, _mappingSize);
        if (_mapping[_mappingSize - 1] < 0)
            _mappingSize--;
        DrawCollapsed(line, edge, edgeTarget);
        // As in git, a line that goes on collapsing does not count as a new state.
        if (IsStraight)
            Enter(Phase.Padding);
    }

    private void DrawCollapsed(StringBuilder line, int edge, int edgeTarget)
    {
        var isLong = false;
        for (var i = 0; i < _mappingSize; i++)
        {
            var target = _mapping[i];
            if (target < 0)
                line.Append(' ');
            else if (target * 2 == i)
                line.Append('|');
            else if (target == edgeTarget && i != edge - 1)
            {
                // Only its first part goes on in the next line.
                if (i != target * 2 + 3)
                    _mapping[i] = None;
                isLong = true;
                line.Append('_');
            }
            else
            {
                if (isLong && i < edge)
                    _mapping[i] = None;
                line.Append('/');
            }
        }
    }
}
