using System.Buffers;
using System.Globalization;
using System.Text;

namespace Temper.Versioning.Paths;

/// <summary>The rules for one part of a path. Each exists because some system would take the name for another file, a device or a command.</summary>
internal static class SafePart
{
    private const int Longest = 255;

    private static readonly HashSet<string> Devices = new(StringComparer.OrdinalIgnoreCase)
    {
        "con", "prn", "aux", "nul", "com0", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
        "lpt0", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9", "conin$", "conout$",
    };

    private static readonly SearchValues<char> Plain = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

    // Also by the short names that Windows gives them.
    private static readonly HashSet<string> Ours = new(StringComparer.OrdinalIgnoreCase) { ".temper", ".git", "temper~1", "git~1" };

    /// <summary>The rule that <paramref name="part"/> breaks; null when it breaks none.</summary>
    public static string? Broken(string part)
    {
        if (IsPlain(part))
            return null;
        if (part is "" or "." or "..")
            return "a part is empty, '.' or '..'";
        if (Encoding.UTF8.GetByteCount(part) > Longest)
            return "a part has more than 255 bytes";
        if (part[^1] is '.' or ' ')
            return "a part ends in a dot or a space, which Windows drops";
        if (part.IndexOfAny(['/', '\\', ':', '<', '>', '"', '|', '?', '*']) >= 0)
            return "a part holds one of / \\ : < > \" | ? *";
        if (Ours.Contains(part))
            return "'.temper' and '.git' belong to the tools";
        if (Devices.Contains(part.Split('.')[0].TrimEnd()))
            return "a part is the name of a device on Windows";
        for (var i = 0; i < part.Length; i++)
        {
            if (char.IsSurrogate(part[i]) && !(i + 1 < part.Length && char.IsSurrogatePair(part[i], part[i + 1])))
                return "it holds half a character";
            if (!Fits(char.IsSurrogate(part[i]) ? new Rune(part[i], part[++i]) : new Rune(part[i])))
                return "it holds a control, invisible or unassigned character, or an accent apart from its letter";
        }
        return null;
    }

    // Most names: of lower-case letters, digits and a few signs, longer than any device's, with a letter or digit at both ends.
    private static bool IsPlain(string part) => part.Length is > 8 and < 128 && char.IsAsciiLetterOrDigit(part[0]) && char.IsAsciiLetterOrDigit(part[^1])
        && part.AsSpan(0, 8).IndexOfAny(". ") < 0 && !part.AsSpan().ContainsAnyExcept(Plain);

    private static bool Fits(Rune rune) => Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned) && !IsIgnorable(rune.Value) && !IsDecomposed(rune.Value);

    // Unicode's default ignorable code points that are of none of the categories above.
    private static bool IsIgnorable(int value) => value is 0x034F or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or (>= 0x180B and <= 0x180F) or 0x3164
        or (>= 0xFE00 and <= 0xFE0F) or 0xFFA0 or (>= 0xE0000 and <= 0xE0FFF);

    // The runtime carries no normalisation tables in invariant mode, so the marks that NFC would join to a letter are refused as such:
    // combining diacritics, kana voicing marks, conjoining Hangul.
    private static bool IsDecomposed(int value) => value is (>= 0x0300 and <= 0x036F) or 0x3099 or 0x309A or (>= 0x1100 and <= 0x11FF);
}
