using System.Buffers;
using System.Text;

namespace Temper.Ingest;

/// <summary>What people see of a bad line: short, printable, personal data and secrets taken out.</summary>
internal static class Excerpts
{
    /// <summary>Longest excerpt in characters.</summary>
    public const int Longest = 200;

    /// <summary>Bytes that are looked at: more than are shown, so that a secret is seen whole before it is cut.</summary>
    public const int Window = 2048;

    private static readonly SearchValues<byte> Breaks = SearchValues.Create(" \t\",;{}"u8);

    /// <summary>At most <paramref name="longest"/> characters of a line; what is not text becomes U+FFFD, control characters become spaces, and escapes of JSON what they stand for.</summary>
    public static string Of(ReadOnlySpan<byte> line, int longest = Longest, UserRules? rules = null)
    {
        var window = line[..Math.Min(line.Length, Window)];
        // What the window cuts could be the beginning of a secret that nobody would know by its beginning.
        if (window.Length < line.Length && window.LastIndexOfAny(Breaks) is > 0 and var whole)
            window = window[..whole];
        var text = Redaction.Of(Plain(window));
        text = rules?.Redact(text) ?? text;
        var cut = text.Length > longest;
        if (cut)
            text = text[..(char.IsHighSurrogate(text[longest - 2]) ? longest - 2 : longest - 1)] + "…";
        return string.Create(text.Length, text, (target, source) =>
        {
            for (var i = 0; i < target.Length; i++)
                target[i] = char.IsControl(source[i]) && source[i] < 0x80 ? ' ' : source[i];
        });
    }

    /// <summary>Text with personal data and secrets replaced by the names of their kinds.</summary>
    public static string Redact(string text, UserRules? rules = null)
    {
        var redacted = Redaction.Of(Encoding.UTF8.GetBytes(text));
        return rules?.Redact(redacted) ?? redacted;
    }

    /// <summary>Without JSON's escapes of ASCII, behind which a secret could hide; others, and what is no JSON, stay as they are.</summary>
    private static ReadOnlySpan<byte> Plain(ReadOnlySpan<byte> line)
    {
        if (line.IndexOf((byte)'\\') < 0)
            return line;
        var plain = new ByteBuffer(line.Length);
        while (line.IndexOf((byte)'\\') is >= 0 and var at)
        {
            plain.Add(line[..at]);
            line = line[at..];
            var used = Escape(line, out var value);
            if (used == 0)
                plain.Add(line[..(used = 1)]);
            else
                plain.Add(value);
            line = line[used..];
        }
        plain.Add(line);
        return plain.Written;
    }

    private static int Escape(ReadOnlySpan<byte> line, out byte value)
    {
        value = line.Length < 2 ? byte.MinValue : line[1] switch
        {
            (byte)'n' or (byte)'r' or (byte)'t' or (byte)'b' or (byte)'f' => (byte)' ',
            (byte)'"' or (byte)'\\' or (byte)'/' => line[1],
            _ => byte.MinValue,
        };
        if (value != 0)
            return 2;
        if (line.Length < 6 || line[1] != 'u' || line[2] != '0' || line[3] != '0' || !System.Buffers.Text.Utf8Parser.TryParse(line.Slice(4, 2), out value, out var used, 'x') || used != 2)
            return 0;
        if (value is < (byte)' ' or 0x7F)
            value = (byte)' ';
        return value < 0x80 ? 6 : 0;
    }
}
