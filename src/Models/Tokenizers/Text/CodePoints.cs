using System.Globalization;

namespace Temper.Models;

/// <summary>Text by code point. Texts inside the tokenizer hold no lone surrogates: <see cref="WellFormed"/>.</summary>
internal static class CodePoints
{
    /// <summary>The code point that begins at a place, and its length in UTF-16 units.</summary>
    public static int At(ReadOnlySpan<char> text, int at, out int length)
    {
        var c = text[at];
        var pair = char.IsHighSurrogate(c) && at + 1 < text.Length;
        length = pair ? 2 : 1;
        return pair ? char.ConvertToUtf32(c, text[at + 1]) : c;
    }

    /// <summary>The length in UTF-16 units of the code point that begins at a place.</summary>
    public static int LengthAt(ReadOnlySpan<char> text, int at) => char.IsHighSurrogate(text[at]) && at + 1 < text.Length ? 2 : 1;

    /// <summary>The place of the code point that ends at a place.</summary>
    public static int Before(ReadOnlySpan<char> text, int at) => at > 1 && char.IsLowSurrogate(text[at - 1]) ? at - 2 : at - 1;

    /// <summary>Number of code points.</summary>
    public static int Count(ReadOnlySpan<char> text)
    {
        var count = text.Length;
        foreach (var c in text)
            if (char.IsHighSurrogate(c)) count--;
        return count;
    }

    /// <summary>The text with U+FFFD for each surrogate without its partner; places stay.</summary>
    public static string WellFormed(string text)
    {
        char[]? changed = null;
        for (var i = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF'); i >= 0 && i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])) i++;
            else (changed ??= text.ToCharArray())[i] = '\uFFFD';
        }

        return changed is null ? text : new string(changed);
    }

    /// <summary>Unicode's White_Space.</summary>
    public static bool IsSpace(int codePoint) => codePoint < 0x10000 && char.IsWhiteSpace((char)codePoint);

    /// <summary>What <c>\w</c> matches: letters, marks, digits, letter numbers, connectors, joiners, and circled and squared letters.</summary>
    public static bool IsWord(int codePoint) => CharUnicodeInfo.GetUnicodeCategory(codePoint) switch
    {
        <= UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation => true,
        UnicodeCategory.OtherSymbol => codePoint is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189),
        _ => codePoint is 0x200C or 0x200D,
    };

    /// <summary>Categories N*.</summary>
    public static bool IsNumeric(int codePoint) =>
        CharUnicodeInfo.GetUnicodeCategory(codePoint) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    /// <summary>Categories P*, and every ASCII character that is neither letter, digit, control nor space.</summary>
    public static bool IsPunctuation(int codePoint) => codePoint < 0x80
        ? codePoint is > ' ' and < 0x7F && !char.IsAsciiLetterOrDigit((char)codePoint)
        : CharUnicodeInfo.GetUnicodeCategory(codePoint) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation;
}
