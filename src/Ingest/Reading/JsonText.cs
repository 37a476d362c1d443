using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Temper.Ingest;

/// <summary>Strings of JSON as bytes.</summary>
internal static class JsonText
{
    /// <summary>Place of the first <c>\u</c> escape that is half of a surrogate pair, or -1.</summary>
    public static int LoneSurrogate(ReadOnlySpan<byte> raw)
    {
        for (var at = 0; raw[at..].IndexOf((byte)'\\') is >= 0 and var step;)
        {
            at += step;
            var unit = UnitAt(raw, at);
            if (unit is null or < 0xD800 or > 0xDFFF)
                at += unit is null ? 2 : 6;
            else if (unit < 0xDC00 && UnitAt(raw, at + 6) is >= 0xDC00 and <= 0xDFFF)
                at += 12;
            else
                return at;
        }
        return -1;
    }

    /// <summary>Writes a string without its escapes. <paramref name="target"/> has room for all of <paramref name="raw"/>; its surrogates are whole.</summary>
    public static int Unescape(ReadOnlySpan<byte> raw, Span<byte> target)
    {
        var written = 0;
        while (raw.IndexOf((byte)'\\') is >= 0 and var plain)
        {
            raw[..plain].CopyTo(target[written..]);
            written += plain;
            raw = raw[plain..];
            if (UnitAt(raw, 0) is not { } unit)
            {
                target[written++] = Simple(raw[1]);
                raw = raw[2..];
                continue;
            }
            var pair = unit is >= 0xD800 and <= 0xDBFF;
            var rune = pair ? new Rune((char)unit, (char)UnitAt(raw, 6)!.Value) : new Rune((char)unit);
            written += rune.EncodeToUtf8(target[written..]);
            raw = raw[(pair ? 12 : 6)..];
        }
        raw.CopyTo(target[written..]);
        return written + raw.Length;
    }

    /// <summary>The bytes of a string or name, without escapes. Allocates only where there are some.</summary>
    public static ReadOnlySpan<byte> Bytes(ReadOnlySpan<byte> line, in JsonToken token)
    {
        var raw = line.Slice(token.Start, token.Length);
        if (!token.Escaped)
            return raw;
        var text = new byte[raw.Length];
        return text.AsSpan(0, Unescape(raw, text));
    }

    /// <summary>A value for messages to people: at most 40 characters, secrets taken out.</summary>
    public static string Shown(ReadOnlySpan<byte> line, in JsonToken token)
    {
        // Half of a character cannot be written; its escape can.
        var raw = line.Slice(token.Start, token.Length);
        return Excerpts.Of(token.Escaped && LoneSurrogate(raw) < 0 ? Bytes(line, token) : raw, 40);
    }

    private static int? UnitAt(ReadOnlySpan<byte> raw, int at)
    {
        if (at + 6 > raw.Length || raw[at] != '\\' || raw[at + 1] != 'u')
            return null;
        return Utf8Parser.TryParse(raw.Slice(at + 2, 4), out int unit, out var used, 'x') && used == 4 ? unit : null;
    }

    private static byte Simple(byte escape) => escape switch
    {
        (byte)'n' => (byte)'\n',
        (byte)'t' => (byte)'\t',
        (byte)'r' => (byte)'\r',
        (byte)'b' => (byte)'\b',
        (byte)'f' => (byte)'\f',
        _ => escape,
    };
}
