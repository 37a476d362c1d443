using System.Text;
using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>Rewrites a segment character by character and keeps the places in the original text, by the rules of the reference library:
/// a character that replaces another takes its place, one that is inserted shares the place of the one before it.</summary>
internal sealed class TextTransform
{
    /// <summary>No writing system grows more than eighteenfold (U+FDFA under NFKD); replacements that grow over and over would never end.</summary>
    private const int MostGrowth = 64, AlwaysAllowed = 1 << 20;

    private readonly Segment source;
    private readonly long longest;
    private readonly StringBuilder text;
    private readonly List<int> starts, ends;
    private (int Start, int End) before;
    private int at;

    public TextTransform(Segment source)
    {
        this.source = source;
        text = new StringBuilder(source.Length + 8);
        starts = new List<int>(source.Length + 8);
        ends = new List<int>(source.Length + 8);
        var (start, end) = source.Length == 0 ? (0, 0) : source.Original(0, source.Length);
        longest = Math.Max(AlwaysAllowed, (end - start) * (long)MostGrowth);
        before = (start, start);
    }

    /// <summary>Whether all of the source was taken.</summary>
    public bool AtEnd => at >= source.Length;

    /// <summary>The next character of the source; not at the end.</summary>
    public int Next => CodePoints.At(source.Span, at, out _);

    /// <summary>Keeps the next character.</summary>
    public void Keep() => Replace(Next);

    /// <summary>Keeps all characters up to a place in the source.</summary>
    public void KeepUntil(int end)
    {
        if (end <= at) return;
        CheckLength(end - at);
        text.Append(source.Span[at..end]);
        for (var span = source.Span; at < end; at += CodePoints.LengthAt(span, at))
        {
            before = source.Original(at, at + CodePoints.LengthAt(span, at));
            for (var unit = CodePoints.LengthAt(span, at); unit > 0; unit--)
            {
                starts.Add(before.Start);
                ends.Add(before.End);
            }
        }
    }

    /// <summary>Keeps the rest of the source.</summary>
    public Segment KeepRest()
    {
        KeepUntil(source.Length);
        return Finish();
    }

    /// <summary>Writes a character in the place of the next one, which is taken together with <paramref name="more"/> that follow it.</summary>
    public void Replace(int codePoint, int more = 0)
    {
        var place = Take();
        for (; more > 0 && !AtEnd; more--) Take();
        Write(codePoint, place);
    }

    /// <summary>Writes a character that shares the place of what was taken last.</summary>
    public void Insert(int codePoint) => Write(codePoint, before);

    /// <summary>Takes the next character and writes nothing.</summary>
    public void Remove() => Take();

    /// <summary>Writes a character as the reference's lists of changes say: 0 replaces, 1 inserts, -n replaces and takes n more.</summary>
    public void Apply(int codePoint, int change)
    {
        if (change > 0) Insert(codePoint);
        else if (!AtEnd) Replace(codePoint, -change);
    }

    /// <summary>What was written.</summary>
    public Segment Finish() => new AlignedText(text.ToString(), [.. starts], [.. ends]).Whole;

    private (int Start, int End) Take()
    {
        CodePoints.At(source.Span, at, out var length);
        before = source.Original(at, at + length);
        at += length;
        return before;
    }

    private void Write(int codePoint, (int Start, int End) place)
    {
        CheckLength(1);
        var from = text.Length;
        if (codePoint < 0x10000) text.Append((char)codePoint);
        else text.Append(new Rune(codePoint));
        for (; from < text.Length; from++)
        {
            starts.Add(place.Start);
            ends.Add(place.End);
        }
    }

    private void CheckLength(int more)
    {
        if (text.Length + (long)more > longest) throw new TemperException("tokenizer_limit", $"Encoding a text: the tokenizer's normalizers make more than {longest} characters of it.");
    }
}
