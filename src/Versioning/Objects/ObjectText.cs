using System.Globalization;
using System.Text;
using Temper.Core.Errors;

namespace Temper.Versioning.Objects;

/// <summary>The text form that commits and tags share: a header per line, an empty line, the message.</summary>
internal static class ObjectText
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Bytes of a text that holds whole characters only.</summary>
    public static byte[] Bytes(string text) => Utf8.GetBytes(text);

    /// <summary>Headers in order, and the message.</summary>
    public static (List<KeyValuePair<string, string>> Headers, string Message) Split(ReadOnlySpan<byte> body, string what)
    {
        var text = Text(body, what);
        var end = text.IndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0)
            throw Corrupt(what, "no empty line ends its headers");
        var headers = new List<KeyValuePair<string, string>>();
        foreach (var line in text[..end].Split('\n'))
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            headers.Add(space > 0 ? new(line[..space], line[(space + 1)..]) : throw Corrupt(what, "a header has no value"));
        }
        return (headers, text[(end + 2)..]);
    }

    /// <summary>A header line. Values come from people: a line break in one would forge a header.</summary>
    public static void Add(StringBuilder text, string header, string value)
    {
        if (value.Length == 0 || value.Any(char.IsControl))
            throw new ArgumentException($"The {header} of an object must be one line of text.", nameof(value));
        text.Append(header).Append(' ').Append(value).Append('\n');
    }

    /// <summary><c>NAME &lt;MAIL&gt; MS +HHMM</c>.</summary>
    public static string Of(Signature who)
    {
        if (who.Name.IndexOfAny(['<', '>']) >= 0 || who.Mail.IndexOfAny(['<', '>', ' ']) >= 0 || who.Name != who.Name.Trim() || who.AtMs < 0 || who.OffsetMinutes is < -1439 or > 1439)
            throw new ArgumentException($"'{who}' cannot sign an object: no angle brackets, no spaces around the name, a time since 1970 and an offset under a day.", nameof(who));
        var minutes = Math.Abs(who.OffsetMinutes);
        return string.Create(CultureInfo.InvariantCulture, $"{who.Name} <{who.Mail}> {who.AtMs} {(who.OffsetMinutes < 0 ? '-' : '+')}{minutes / 60:D2}{minutes % 60:D2}");
    }

    /// <summary>Reads what <see cref="Of"/> wrote.</summary>
    public static Signature Signature(string text, string what)
    {
        var open = text.IndexOf(" <", StringComparison.Ordinal);
        var close = text.IndexOf("> ", StringComparison.Ordinal);
        var tail = close < 0 ? [] : text[(close + 2)..].Split(' ');
        if (open < 0 || close < open || tail.Length != 2 || tail[1].Length != 5
            || !long.TryParse(tail[0], NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            || !int.TryParse(tail[1].AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var zone) || zone / 100 > 23 || zone % 100 > 59)
            throw Corrupt(what, "a signature is not NAME <MAIL> MS +HHMM");
        var minutes = zone / 100 * 60 + zone % 100;
        return new(text[..open], text[(open + 2)..close], at, tail[1][0] == '-' ? -minutes : minutes);
    }

    /// <summary>The error of bytes that no writer of ours wrote.</summary>
    public static TemperException Corrupt(string what, string why) => new("object_corrupt", $"A stored {what} cannot be read: {why}.");

    private static string Text(ReadOnlySpan<byte> body, string what)
    {
        try
        {
            return Utf8.GetString(body);
        }
        catch (DecoderFallbackException)
        {
            throw Corrupt(what, "it is not UTF-8");
        }
    }
}
