using System.Text.Encodings.Web;
using System.Text.Json;

namespace Temper.Ingest;

/// <summary>
/// JSON inside a record whose text is kept: tools and arguments of calls, written as values or as strings that hold JSON. Kept without white space, with
/// the fewest escapes, its keys in their order and its numbers as written.
/// </summary>
internal sealed class NestedJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    private readonly ByteBuffer _written = new(256);
    private byte[] _unescaped = new byte[256];
    private int _length;

    /// <summary>Tokens of the last string that was parsed.</summary>
    public JsonLine Json { get; } = new();

    /// <summary>The last string that was parsed.</summary>
    public ReadOnlySpan<byte> Text => _unescaped.AsSpan(0, _length);

    /// <summary>Parses the JSON that a string of the line holds; the fault says what is wrong with it, without a place.</summary>
    public RecordFault? Parse(ReadOnlySpan<byte> line, in JsonToken text)
    {
        if (_unescaped.Length < text.Length)
            _unescaped = new byte[Math.Max(text.Length, _unescaped.Length * 2)];
        var raw = line.Slice(text.Start, text.Length);
        _length = raw.Length;
        if (text.Escaped)
            _length = JsonText.Unescape(raw, _unescaped);
        else
            raw.CopyTo(_unescaped);
        return Json.Read(Text);
    }

    /// <summary>Adds a value as a text of the draft.</summary>
    /// <param name="json">Bytes of a value that was parsed without fault.</param>
    /// <param name="token">Where it was read.</param>
    /// <param name="draft">Grows.</param>
    public int Keep(ReadOnlySpan<byte> json, int token, RecordDraft draft)
    {
        _written.Clear();
        using (var writer = new Utf8JsonWriter(_written, Options))
            Copy(json, writer);
        var text = draft.NewText(token, isJson: true);
        draft.Add(_written.Written);
        return text;
    }

    private static void Copy(ReadOnlySpan<byte> json, Utf8JsonWriter writer)
    {
        var reader = JsonCopying.Reader(json);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    writer.WritePropertyName(reader.GetString()!);
                    break;
                case JsonTokenType.String:
                    writer.WriteStringValue(reader.GetString());
                    break;
                default:
                    JsonCopying.Copy(ref reader, writer);
                    break;
            }
        }
    }
}
