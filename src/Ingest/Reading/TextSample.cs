using System.Text.Json;

namespace Temper.Ingest;

/// <summary>Tells a file of JSON that is named as text from text.</summary>
internal static class TextSample
{
    private const int MostLines = 1000;
    private const double Agreement = 0.9;

    /// <summary>What the JSON is, for messages; null where the text is none. A text in which only some lines are JSON is text.</summary>
    /// <param name="text">Its begin.</param>
    /// <param name="whole">Whether nothing follows.</param>
    public static string? JsonIn(ReadOnlySpan<byte> text, bool whole)
    {
        text = text.TrimStart(" \t\r\n"u8);
        if (text is not [(byte)'{' or (byte)'[', ..])
            return null;
        return AreLines(text, whole) ? "JSON, one object a line (.jsonl)" : IsDocument(text, whole) ? text[0] == '[' ? "a JSON array (.json)" : "one JSON object (.json)" : null;
    }

    private static bool AreLines(ReadOnlySpan<byte> text, bool whole)
    {
        var (lines, objects) = (0, 0);
        while (!text.IsEmpty && lines < MostLines)
        {
            var end = text.IndexOf((byte)'\n');
            // The last line of a sample may go on behind it.
            if (end < 0 && !whole && lines > 0)
                break;
            var line = (end < 0 ? text : text[..end]).Trim(" \t\r"u8);
            text = end < 0 ? [] : text[(end + 1)..];
            if (line.IsEmpty)
                continue;
            lines++;
            objects += line[0] == '{' && IsDocument(line, end >= 0 || whole) ? 1 : 0;
        }
        return lines > 0 && objects >= Agreement * lines;
    }

    /// <summary>Whether the text is one array of objects or one object with members, or the begin of one.</summary>
    private static bool IsDocument(ReadOnlySpan<byte> text, bool whole)
    {
        var reader = new Utf8JsonReader(text, whole, new JsonReaderState(new() { MaxDepth = JsonLine.MaxDepth }));
        try
        {
            if (!reader.Read() || !reader.Read() || reader.TokenType is not (JsonTokenType.PropertyName or JsonTokenType.StartObject))
                return false;
            while (reader.Read())
                continue;
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
