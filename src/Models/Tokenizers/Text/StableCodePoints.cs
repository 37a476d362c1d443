namespace Temper.Models;

/// <summary>The code points that a normalization form leaves as they are, whatever stands before them (Unicode Standard Annex 15, section 9): a text of
/// them alone is normalised, and before each of them a text may be cut. Those of one UTF-16 unit are looked at once, 256 at a time.</summary>
internal sealed class StableCodePoints
{
    private const int PageBits = 8;
    private static readonly StableCodePoints[] Forms = [new(false, false), new(false, true), new(true, false), new(true, true)];
    private readonly bool[]?[] pages = new bool[]?[0x10000 >> PageBits];
    private readonly bool compatibility, compose;

    private StableCodePoints(bool compatibility, bool compose) => (this.compatibility, this.compose) = (compatibility, compose);

    /// <summary>Those of NFC, NFD, NFKC or NFKD.</summary>
    public static StableCodePoints Of(bool compatibility, bool compose) => Forms[(compatibility ? 2 : 0) + (compose ? 1 : 0)];

    /// <summary>The first code point at or after a place that is not one of them; the text's length when there is none.</summary>
    public int NextUnstable(ReadOnlySpan<char> text, int at)
    {
        while (true)
        {
            var ascii = text[at..].IndexOfAnyExceptInRange('\0', '\x7F');
            if (ascii < 0) return text.Length;
            for (at += ascii; at < text.Length && text[at] > '\x7F'; at += CodePoints.LengthAt(text, at))
                if (!IsStable(text, at)) return at;
            if (at >= text.Length) return text.Length;
        }
    }

    /// <summary>The first of them at or after a place, or the text's length.</summary>
    public int NextStable(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && !IsStable(text, at)) at += CodePoints.LengthAt(text, at);
        return at;
    }

    private bool IsStable(ReadOnlySpan<char> text, int at)
    {
        var codePoint = CodePoints.At(text, at, out _);
        if (codePoint < 0x80) return true;
        if (codePoint >= 0x10000) return Look(codePoint);
        var page = Volatile.Read(ref pages[codePoint >> PageBits]) ?? Page(codePoint >> PageBits);
        return page[codePoint & ((1 << PageBits) - 1)];
    }

    private bool[] Page(int number)
    {
        var page = new bool[1 << PageBits];
        for (var i = 0; i < page.Length; i++) page[i] = Look((number << PageBits) + i);
        Volatile.Write(ref pages[number], page);
        return page;
    }

    private bool Look(int codePoint)
    {
        var tables = UnicodeNormalization.Instance;
        var parts = new List<int>();
        tables.Decompose(codePoint, compatibility, parts);
        if (codePoint is >= 0xD800 and < 0xE000 || tables.ReachesBack(codePoint) || tables.ReachesBack(parts[0])) return false;
        if (parts.Count == 1 && parts[0] == codePoint) return true;
        return compose && FormNormalizer.Changes(char.ConvertFromUtf32(codePoint), compatibility, compose) is [var (composed, _)] && composed == codePoint;
    }
}
