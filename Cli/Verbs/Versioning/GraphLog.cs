using Temper.Core.Ids;
using Temper.Versioning.History;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>Writes commits with the lines of their history beside them, every line of a message behind one of the graph.</summary>
internal sealed class GraphLog(IReadOnlyList<CommitNode> commits, bool firstParent)
{
    private readonly GraphLines _graph = new();
    private readonly Dictionary<Digest, CommitNode> _shown = commits.ToDictionary(c => c.Id);
    private bool _isFirst = true, _isOpen;

    /// <summary>Writes one commit.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="id">The commit.</param>
    /// <param name="heading">Its first line, where it stands for itself; else empty.</param>
    /// <param name="text">The rest.</param>
    /// <param name="ends">Whether each commit ends in a line feed; else one stands between two of them.</param>
    public void Add(TextWriter output, Digest id, string heading, string text, bool ends)
    {
        var parents = _shown[id].Parents.Take(firstParent ? 1 : int.MaxValue).Where(_shown.ContainsKey).Distinct().ToList();
        _graph.Begin(id, parents);
        if (!_isFirst && !ends)
            Part(output);
        _isFirst = false;
        for (var isCommit = false; !isCommit;)
            output.Write(_graph.Next(out isCommit) + (isCommit ? "" : "\n"));
        output.Write(heading);
        if (heading.Length > 0)
            output.Write(_graph.Next(out _));
        _isOpen = !text.EndsWith('\n');
        Write(output, text);
        if (ends)
            Part(output);
    }

    /// <summary>The end of a record: where it ended in a line feed already, the graph goes on in the empty line.</summary>
    private void Part(TextWriter output)
    {
        if (!_isOpen)
            output.Write(_graph.Between());
        output.Write('\n');
    }

    private void Write(TextWriter output, string text)
    {
        for (var at = 0; at < text.Length;)
        {
            var end = text.IndexOf('\n', at) is >= 0 and var found ? found + 1 : text.Length;
            output.Write(text[at..end]);
            if (end < text.Length)
                output.Write(_graph.Next(out _));
            at = end;
        }
        if (_graph.IsFinished)
            return;
        if (_isOpen)
            output.Write('\n');
        while (true)
        {
            output.Write(_graph.Next(out _));
            if (_graph.IsFinished)
                break;
            output.Write('\n');
        }
        if (!_isOpen)
            output.Write('\n');
    }
}
