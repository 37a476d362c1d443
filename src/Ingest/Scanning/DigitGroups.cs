using System.Runtime.CompilerServices;

namespace Temper.Ingest;

/// <summary>Digits in a row with single signs between them: what numbers that people write look like.</summary>
internal ref struct DigitGroups
{
    /// <summary>Groups that are kept; a longer row is cut.</summary>
    public const int Most = 10;

    private readonly ReadOnlySpan<byte> _text;
    private Places _starts, _ends;

    /// <summary>Reads the row that begins at a digit.</summary>
    public DigitGroups(ReadOnlySpan<byte> text, int at)
    {
        _text = text;
        while (Count < Most)
        {
            _starts[Count] = at;
            while (at < text.Length && Ascii.IsDigit(text[at]))
                at++;
            _ends[Count++] = at;
            var gap = at;
            while (gap < text.Length && gap < at + 2 && text[gap] is (byte)' ' or (byte)'-' or (byte)'.' or (byte)'/' or (byte)'(' or (byte)')')
                gap++;
            if (gap == at || gap >= text.Length || !Ascii.IsDigit(text[gap]) || (gap == at + 2 && text[at] != ')' && text[at + 1] != '('))
                break;
            at = gap;
        }
    }

    /// <summary>Number of groups, 1 and up.</summary>
    public int Count { get; private set; }

    /// <summary>First byte of a group.</summary>
    public readonly int Start(int group) => _starts[group];

    /// <summary>The byte behind a group.</summary>
    public readonly int End(int group) => _ends[group];

    /// <summary>Digits of a group.</summary>
    public readonly ReadOnlySpan<byte> this[int group] => _text[_starts[group].._ends[group]];

    /// <summary>First byte between a group and the next one.</summary>
    public readonly byte Sign(int group) => _text[_ends[group]];

    /// <summary>Whether the groups from one on have these lengths, and stand between spaces or the row's ends.</summary>
    public readonly bool Are(int first, ReadOnlySpan<byte> lengths, byte sign, byte lastSign = 0)
    {
        if (first + lengths.Length > Count || !IsBounded(first, first + lengths.Length - 1))
            return false;
        for (var i = 0; i < lengths.Length; i++)
        {
            var last = i == lengths.Length - 1;
            if (this[first + i].Length != lengths[i] || (!last && Sign(first + i) != (lastSign != 0 && i == lengths.Length - 2 ? lastSign : sign)))
                return false;
        }
        return true;
    }

    /// <summary>Whether no word and no other number goes on at both ends of some groups.</summary>
    public readonly bool IsBounded(int first, int last)
    {
        var before = first == 0 ? (_starts[0] == 0 ? (byte)' ' : _text[_starts[0] - 1]) : _text[_starts[first] - 1];
        if (Ascii.IsWord(before) || before is (byte)'.' or (byte)'-' or (byte)'/' or (byte)'#' or (byte)'$' or (byte)',')
            return false;
        return EndsBehind(last);
    }

    /// <summary>Whether no word and no other number goes on behind a group.</summary>
    public readonly bool EndsBehind(int last)
    {
        var end = _ends[last];
        return last < Count - 1 ? Sign(last) == ' ' : end >= _text.Length || !(Ascii.IsWord(_text[end]) || _text[end] == '@' || (_text[end] is (byte)'-' or (byte)',' or (byte)':' && end + 1 < _text.Length && Ascii.IsDigit(_text[end + 1])));
    }

    /// <summary>Writes the digits of some groups one behind the other; gives their number.</summary>
    public readonly int Join(int first, int last, Span<byte> digits)
    {
        var length = 0;
        for (var group = first; group <= last && length + this[group].Length <= digits.Length; group++)
        {
            this[group].CopyTo(digits[length..]);
            length += this[group].Length;
        }
        return length;
    }

    [InlineArray(Most)]
    private struct Places
    {
        private int _first;
    }
}
