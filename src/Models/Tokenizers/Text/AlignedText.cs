namespace Temper.Models;

/// <summary>A text on its way through normalizers, which knows for each of its UTF-16 units the place in the original text.</summary>
internal sealed class AlignedText
{
    private readonly int[]? starts, ends;
    private readonly int shift;

    /// <summary>The original itself, or a text whose units stand for those of the original from <paramref name="shift"/> on, one by one.
    /// It must hold no lone surrogates.</summary>
    public AlignedText(string text, int shift = 0) => (Text, this.shift) = (text, shift);

    /// <summary>A changed text: unit i stands for original units [starts[i], ends[i]).</summary>
    public AlignedText(string text, int[] starts, int[] ends) => (Text, this.starts, this.ends) = (text, starts, ends);

    /// <summary>The present text.</summary>
    public string Text { get; }

    /// <summary>The whole of it.</summary>
    public Segment Whole => new(this, 0, Text.Length);

    /// <summary>Place in the original of the units [from, to), which are not none.</summary>
    public (int Start, int End) Original(int from, int to) => starts is null ? (from + shift, to + shift) : (starts[from], ends![to - 1]);

    /// <summary>Where in the original the unit at <paramref name="place"/> stands, when the units after it follow one by one; otherwise null.</summary>
    public int? ShiftAt(int place) => starts is null ? place + shift : null;
}

/// <summary>Units [<paramref name="Start"/>, <paramref name="End"/>) of a text.</summary>
internal readonly record struct Segment(AlignedText Source, int Start, int End)
{
    /// <summary>Number of UTF-16 units.</summary>
    public int Length => End - Start;

    /// <summary>Its characters.</summary>
    public ReadOnlySpan<char> Span => Source.Text.AsSpan(Start, End - Start);

    /// <summary>A part, by units counted from the segment's start.</summary>
    public Segment Slice(int from, int to) => new(Source, Start + from, Start + to);

    /// <summary>Place in the original text of a part that is not empty.</summary>
    public (int Start, int End) Original(int from, int to) => Source.Original(Start + from, Start + to);
}
