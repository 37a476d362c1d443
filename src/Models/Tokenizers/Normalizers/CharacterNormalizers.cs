using System.Globalization;

namespace Temper.Models;

/// <summary>Lowercase: each character by itself, as Unicode maps it without context.</summary>
internal sealed class LowercaseNormalizer : TextNormalizer
{
    /// <inheritdoc/>
    public override Segment Apply(Segment text) => Lower(text);

    /// <summary>The text in lower case.</summary>
    public static Segment Lower(Segment text)
    {
        if (!text.Span.ContainsAnyInRange('A', 'Z') && System.Text.Ascii.IsValid(text.Span)) return text;
        var output = new TextTransform(text);
        while (!output.AtEnd)
        {
            var next = output.Next;
            // U+0130 is the one letter whose lower case has two characters; invariant globalization leaves it as it is.
            output.Replace(next == 0x130 ? 'i' : System.Text.Rune.ToLowerInvariant(new System.Text.Rune(next)).Value);
            if (next == 0x130) output.Insert(0x307);
        }

        return output.Finish();
    }
}

/// <summary>StripAccents: leaves out all marks.</summary>
internal sealed class StripAccentsNormalizer : TextNormalizer
{
    /// <inheritdoc/>
    public override Segment Apply(Segment text) => Without(text, c =>
        c >= 0x300 && CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark);

    /// <summary>The text without some characters.</summary>
    public static Segment Without(Segment text, Func<int, bool> dropped)
    {
        var output = new TextTransform(text);
        var changed = false;
        while (!output.AtEnd)
        {
            if (!dropped(output.Next)) output.Keep();
            else
            {
                output.Remove();
                changed = true;
            }
        }

        return changed ? output.Finish() : text;
    }
}

/// <summary>Strip: no white space at the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : TextNormalizer
{
    /// <inheritdoc/>
    public override Segment Apply(Segment text)
    {
        var (from, to) = (0, text.Length);
        while (left && from < to && char.IsWhiteSpace(text.Span[from])) from++;
        while (right && to > from && char.IsWhiteSpace(text.Span[to - 1])) to--;
        return text.Slice(from, to);
    }
}

/// <summary>Prepend: a text before every stretch that is not empty.</summary>
internal sealed class PrependNormalizer(string prefix) : TextNormalizer
{
    /// <inheritdoc/>
    public override Segment Apply(Segment text) => Before(text, prefix);

    /// <summary>The text with a prefix, which shares the place of the first character.</summary>
    public static Segment Before(Segment text, string prefix)
    {
        if (text.Length == 0 || prefix.Length == 0) return text;
        var output = new TextTransform(text);
        var (first, begun) = (output.Next, false);
        foreach (var rune in prefix.EnumerateRunes())
        {
            if (begun) output.Insert(rune.Value);
            else output.Replace(rune.Value);
            begun = true;
        }

        output.Insert(first);
        return output.KeepRest();
    }
}

/// <summary>Nmt: drops some controls and turns other blanks into spaces, as SentencePiece's rules do.</summary>
internal sealed class NmtNormalizer : TextNormalizer
{
    /// <inheritdoc/>
    public override Segment Apply(Segment text)
    {
        var kept = StripAccentsNormalizer.Without(text, c => c is (>= 1 and <= 8) or 0xB or (>= 0xE and <= 0x1F) or 0x7F or 0x8F or 0x9F);
        var output = new TextTransform(kept);
        while (!output.AtEnd) output.Replace(IsBlank(output.Next) ? ' ' : output.Next);
        return output.Finish();
    }

    private static bool IsBlank(int c) => c is 9 or 0xA or 0xC or 0xD or 0x1680 or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD;
}
