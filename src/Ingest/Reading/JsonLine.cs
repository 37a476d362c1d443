using System.Text.Json;

namespace Temper.Ingest;

/// <summary>
/// One line as a flat list of JSON tokens, checked for all that System.Text.Json lets pass: duplicate keys, lone surrogates, numbers that are not
/// finite. Reused from line to line, so that reading allocates nothing. Tokens index the bytes that were read.
/// </summary>
internal sealed class JsonLine
{
    /// <summary>Deepest nesting of objects and arrays.</summary>
    public const int MaxDepth = 64;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = MaxDepth + 2 };
    private readonly int[] _open = new int[MaxDepth + 1];
    private readonly DuplicateKeys _duplicates = new();
    private JsonToken[] _tokens = new JsonToken[256];
    private int _count;

    /// <summary>The tokens of the last line; the first is the whole value.</summary>
    public ReadOnlySpan<JsonToken> Tokens => _tokens.AsSpan(0, _count);

    /// <summary>Parses a line; null when it is sound.</summary>
    public RecordFault? Read(ReadOnlySpan<byte> line)
    {
        _count = 0;
        var reader = new Utf8JsonReader(line, Options);
        try
        {
            return Read(ref reader, line);
        }
        catch (JsonException e)
        {
            var reason = e.Message.AsSpan(0, e.Message.IndexOf(" LineNumber", StringComparison.Ordinal) is > 0 and var cut ? cut : e.Message.Length).TrimEnd('.');
            return new("REC_INVALID_JSON", $"Not JSON at byte {e.BytePositionInLine ?? 0}{(e.LineNumber > 0 ? $" of its line {e.LineNumber + 1}" : "")}: {reason}.");
        }
    }

    /// <summary>JSON pointer (RFC 6901) to a token's value.</summary>
    public string PointerTo(int token, ReadOnlySpan<byte> line) => JsonPointer.To(Tokens, token, line);

    private RecordFault? Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> line)
    {
        var depth = 0;
        while (reader.Read())
        {
            var type = reader.TokenType;
            if (type is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                var start = _open[--depth];
                _tokens[start].Length = (int)reader.BytesConsumed - _tokens[start].Start;
                _tokens[start].Next = _count;
                if (type == JsonTokenType.EndObject && _duplicates.Find(Tokens, start, line) is { } repeated)
                    return new("REC_DUPLICATE_KEY", $"The key \"{JsonText.Shown(line, _tokens[repeated])}\" stands twice in one object.", PointerTo(repeated, line));
                continue;
            }
            var index = Add(ref reader);
            if (type is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                if (depth == MaxDepth)
                    return new("REC_TOO_DEEP", $"Nested more than {MaxDepth} levels deep at byte {reader.TokenStartIndex}.");
                _open[depth++] = index;
            }
            else if (Check(ref reader, index, line) is { } fault)
            {
                return fault;
            }
        }
        return null;
    }

    private int Add(ref Utf8JsonReader reader)
    {
        if (_count == _tokens.Length)
            Array.Resize(ref _tokens, _count * 2);
        var text = reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName;
        _tokens[_count] = new()
        {
            Type = reader.TokenType,
            Escaped = reader.ValueIsEscaped,
            Start = (int)reader.TokenStartIndex + (text ? 1 : 0),
            Length = reader.ValueSpan.Length,
            Next = _count + 1,
        };
        return _count++;
    }

    private RecordFault? Check(ref Utf8JsonReader reader, int index, ReadOnlySpan<byte> line)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            if ((reader.ValueSpan.Length > 300 || reader.ValueSpan.IndexOfAny((byte)'e', (byte)'E') >= 0) && !(reader.TryGetDouble(out var number) && double.IsFinite(number)))
                return new("REC_NUMBER_RANGE", "The number is too large to be finite.", PointerTo(index, line));
        }
        else if (reader.ValueIsEscaped && JsonText.LoneSurrogate(reader.ValueSpan) is >= 0 and var at)
        {
            return new("REC_INVALID_UNICODE", $"The escape at byte {reader.TokenStartIndex + 1 + at} is half of a character.", PointerTo(index, line));
        }
        return null;
    }
}
