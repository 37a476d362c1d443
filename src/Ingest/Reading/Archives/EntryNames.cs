using System.Globalization;
using System.Text;
using Temper.Models;

namespace Temper.Ingest;

/// <summary>
/// Names inside archives. Nothing is ever written under such a name; but people read them, tools unpack what they were packed from, and two names that
/// a file system takes for one would be told apart by nobody.
/// </summary>
internal static class EntryNames
{
    private const int LongestSegment = 255, LongestName = 1024, LongestShown = 120;
    private static readonly HashSet<string> Devices = new(["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$",
        .. from stem in (string[])["COM", "LPT"] from digit in "0123456789\u00B9\u00B2\u00B3" select stem + digit], StringComparer.OrdinalIgnoreCase);

    /// <summary>Why a name is refused; null when it is a plain relative path.</summary>
    public static string? RefusalOf(string name)
    {
        for (var (plain, times) = (name, 0); times < 3; times++)
        {
            if (PlainRefusalOf(plain) is { } reason)
                return times == 0 ? reason : $"behind its percent signs, {reason}";
            if (Uri.UnescapeDataString(plain) is var decoded && decoded == plain)
                return null;
            plain = decoded;
        }
        return "it is percent-encoded again and again";
    }

    /// <summary>Equal for names that some file system takes for one: whatever their case and the composition of their letters.</summary>
    public static string TwinKey(string name) => UnicodeForms.Decompose(UnicodeForms.Decompose(name).ToUpperInvariant());

    /// <summary>A name for messages: at most 120 characters, what is not printable or turns the reading direction as its code.</summary>
    public static string Shown(string name)
    {
        var text = new StringBuilder();
        foreach (var rune in name.EnumerateRunes())
        {
            if (text.Length >= LongestShown)
                return text.Append('…').ToString();
            if (IsHidden(rune))
                text.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:X}}}");
            else
                text.Append(rune);
        }
        return text.ToString();
    }

    private static string? PlainRefusalOf(string name)
    {
        if (name.Length == 0)
            return "it has no name";
        if (name.EnumerateRunes().Any(IsHidden))
            return "its name holds characters that cannot be seen";
        if (name.Contains('\\', StringComparison.Ordinal))
            return "its name holds a backslash";
        if (name[0] == '/' || (name.Length > 1 && name[1] == ':' && char.IsAsciiLetter(name[0])))
            return "its name is absolute";
        if (Encoding.UTF8.GetByteCount(name) > LongestName)
            return $"its name is longer than {LongestName} bytes";
        return name.Split('/').Select(SegmentRefusalOf).FirstOrDefault(reason => reason is not null);
    }

    private static string? SegmentRefusalOf(string segment)
    {
        if (segment is "" or "." or "..")
            return segment == ".." ? "its name leads out of the archive" : "its name has an empty part";
        if (Encoding.UTF8.GetByteCount(segment) > LongestSegment)
            return $"a part of its name is longer than {LongestSegment} bytes";
        if (segment[^1] is '.' or ' ')
            return "a part of its name ends with a full stop or a space";
        return Devices.Contains(segment.Split('.')[0].TrimEnd()) ? "a part of its name is a device's" : null;
    }

    private static bool IsHidden(Rune rune) => rune == Rune.ReplacementChar
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned;
}
