namespace Temper.Models;

/// <summary>A text on its way through normalizers, which knows for each of its UTF-16 units the place in the original text.</summary>
internal sealed class AlignedText
{
    private readonly int[]? starts, ends;

    /// <summary>The original itself. It must hold no lone surrogates.</summary>
    public AlignedText(string text) => Text = text;

    /// <summary>A changed text: unit i stands for original units [starts[i], ends[i]).</summary>
    public AlignedText(string text, int[] starts, int[] ends) => (Text, this.starts, this.ends) = (text, starts, ends);

    /// <summary>The present text.</summary>
    public string Text { get; }

    /// <summary>The whole of it.</summary>
    public Segment Whole => new(this, 0, Text.Length);

    /// <summary>Place in the original of the units [from, to), which are not none.</summary>
    public (int Start, int End) Original(int from, int to) => starts is null ? (from, to) : (starts[from], ends![to - 1]);
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
