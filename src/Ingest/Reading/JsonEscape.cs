using System.Buffers;

namespace Temper.Ingest;

/// <summary>UTF-8 text as a JSON string.</summary>
internal static class JsonEscape
{
    private static readonly SearchValues<byte> Special = SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(b => (byte)b), (byte)'"', (byte)'\\']);

    /// <summary>Appends text with quotes around it.</summary>
    /// <param name="text">Valid UTF-8.</param>
    /// <param name="doubled">Whether each quote in it stands twice and means one.</param>
    /// <param name="json">Grows.</param>
    public static void Add(ReadOnlySpan<byte> text, bool doubled, ByteBuffer json)
    {
        json.Add((byte)'"');
        while (text.IndexOfAny(Special) is >= 0 and var at)
        {
            json.Add(text[..at]);
            var special = text[at];
            AddSpecial(special, json);
            text = text[(at + (doubled && special == '"' ? 2 : 1))..];
        }
        json.Add(text);
        json.Add((byte)'"');
    }

    private static void AddSpecial(byte special, ByteBuffer json)
    {
        switch (special)
        {
            case (byte)'"' or (byte)'\\':
                json.Add((byte)'\\');
                json.Add(special);
                break;
            case (byte)'\n':
                json.Add("\\n"u8);
                break;
            case (byte)'\t':
                json.Add("\\t"u8);
                break;
            case (byte)'\r':
                json.Add("\\r"u8);
                break;
            default:
                json.Add("\\u00"u8);
                json.AddHex([special]);
                break;
        }
    }
}
