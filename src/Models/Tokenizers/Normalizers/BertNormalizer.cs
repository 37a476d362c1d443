using System.Globalization;

namespace Temper.Models;

/// <summary>BertNormalizer: cleans controls and blanks, sets Chinese characters apart, strips accents and lowers, in this order.</summary>
internal sealed class BertNormalizer(bool cleanText, bool setChineseApart, bool stripAccents, bool lowercase) : TextNormalizer
{
    /// <inheritdoc/>
    public override Segment Apply(Segment text)
    {
        if (cleanText) text = Blanks(StripAccentsNormalizer.Without(text, c => c is 0 or 0xFFFD || IsControl(c)));
        if (setChineseApart) text = Apart(text);
        if (stripAccents) text = StripAccentsNormalizer.Without(FormNormalizer.Decomposed(text), c => c >= 0x300 && CharUnicodeInfo.GetUnicodeCategory(c) == UnicodeCategory.NonSpacingMark);
        return lowercase ? LowercaseNormalizer.Lower(text) : text;
    }

    private static bool IsControl(int c) => c is not ('\t' or '\n' or '\r') && CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate;

    private static Segment Blanks(Segment text)
    {
        var output = new TextTransform(text);
        while (!output.AtEnd) output.Replace(CodePoints.IsSpace(output.Next) ? ' ' : output.Next);
        return output.Finish();
    }

    private static Segment Apart(Segment text)
    {
        var output = new TextTransform(text);
        var changed = false;
        while (!output.AtEnd)
        {
            var next = output.Next;
            if (!IsChinese(next))
            {
                output.Keep();
                continue;
            }

            changed = true;
            output.Replace(' ');
            output.Insert(next);
            output.Insert(' ');
        }

        return changed ? output.Finish() : text;
    }

    private static bool IsChinese(int c) => c is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
        or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
