using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Temper.Ingest;

/// <summary>JSON pointers (RFC 6901) into a parsed line.</summary>
internal static class JsonPointer
{
    /// <summary>Pointer to the value at <paramref name="token"/>, or to the member that it names.</summary>
    public static string To(ReadOnlySpan<JsonToken> tokens, int token, ReadOnlySpan<byte> line)
    {
        var text = new StringBuilder();
        for (var at = 0; at != token;)
        {
            var child = ChildHolding(tokens, at, token, line, text);
            if (child < 0)
                break;
            at = child;
        }
        return text.ToString();
    }

    private static int ChildHolding(ReadOnlySpan<JsonToken> tokens, int container, int token, ReadOnlySpan<byte> line, StringBuilder text)
    {
        var isObject = tokens[container].Type == JsonTokenType.StartObject;
        var position = 0;
        for (var at = container + 1; at < tokens.Length; position++)
        {
            var value = isObject ? at + 1 : at;
            var end = EndOf(tokens, value);
            if (token < end)
            {
                text.Append('/').Append(isObject ? Escape(JsonText.Shown(line, tokens[at])) : position.ToString(CultureInfo.InvariantCulture));
                return token == at ? token : value;
            }
            at = end;
        }
        return -1;
    }

    /// <summary>A container that is still open when a fault is found has its first byte alone and reaches to the end of the list.</summary>
    private static int EndOf(ReadOnlySpan<JsonToken> tokens, int value) => value >= tokens.Length
        || tokens[value] is { Type: JsonTokenType.StartObject or JsonTokenType.StartArray, Length: 1 } ? tokens.Length : tokens[value].Next;

    private static string Escape(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
