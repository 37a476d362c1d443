using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Temper.Ingest;

/// <summary>Small questions about bytes and tokens that every format asks.</summary>
internal static class JsonSpace
{
    /// <summary>Whether UTF-8 text is empty or white space in the sense of Unicode.</summary>
    public static bool IsBlank(ReadOnlySpan<byte> text)
    {
        while (Rune.DecodeFromUtf8(text, out var rune, out var used) == OperationStatus.Done)
        {
            if (!Rune.IsWhiteSpace(rune) && rune.Value != 0)
                return false;
            text = text[used..];
        }
        return true;
    }

    /// <summary>Index of the value of a member of the object at <paramref name="container"/>, or -1.</summary>
    public static int Find(ReadOnlySpan<JsonToken> tokens, int container, ReadOnlySpan<byte> line, ReadOnlySpan<byte> name)
    {
        for (var at = container + 1; at < tokens[container].Next; at = tokens[at + 1].Next)
        {
            if (Is(tokens[at], line, name))
                return at + 1;
        }
        return -1;
    }

    /// <summary>Index of a value that is there and not null, or -1.</summary>
    public static int FindValue(JsonLine json, int container, ReadOnlySpan<byte> line, FieldName field) =>
        Find(json.Tokens, container, line, field.Utf8) is >= 0 and var at && json.Tokens[at].Type != JsonTokenType.Null ? at : -1;

    /// <summary>Whether the line is an object with a member of a type.</summary>
    public static bool Has(JsonLine json, ReadOnlySpan<byte> line, FieldName field, JsonTokenType type) =>
        Find(json.Tokens, 0, line, field.Utf8) is >= 0 and var at && json.Tokens[at].Type == type;

    /// <summary>Whether the line is an object with a member that is true or false.</summary>
    public static bool HasFlag(JsonLine json, ReadOnlySpan<byte> line, FieldName field) =>
        Find(json.Tokens, 0, line, field.Utf8) is >= 0 and var at && json.Tokens[at].Type is (JsonTokenType.True or JsonTokenType.False);

    /// <summary>Whether a name or string is <paramref name="text"/>.</summary>
    public static bool Is(in JsonToken token, ReadOnlySpan<byte> line, ReadOnlySpan<byte> text) =>
        token.Escaped ? JsonText.Bytes(line, token).SequenceEqual(text) : token.Length == text.Length && line.Slice(token.Start, token.Length).SequenceEqual(text);

    /// <summary>What a value is, for messages.</summary>
    public static string Kind(in JsonToken token) => token.Type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.Null => "null",
        _ => "true or false",
    };

    /// <summary>The fault of a value of another type.</summary>
    public static RecordFault Wrong(JsonLine json, ReadOnlySpan<byte> line, int token, string field, string expected) =>
        new("REC_WRONG_TYPE", $"'{field}' must be {expected}; found {Kind(json.Tokens[token])}.", json.PointerTo(token, line));

    /// <summary>The fault of a missing member.</summary>
    public static RecordFault Missing(string field, string pointer) => new("REC_MISSING_FIELD", $"'{field}' is missing.", pointer);

    /// <summary>The fault of a line that is no object; null when it is one.</summary>
    public static RecordFault? NoObject(JsonLine json) => json.Tokens[0].Type == JsonTokenType.StartObject
        ? null
        : new("REC_WRONG_TYPE", $"A record is a JSON object; found {Kind(json.Tokens[0])}.", "");

    /// <summary>Notes the members of the object besides the named ones that say something: a null does not.</summary>
    public static void NoteOthers(ReadOnlySpan<JsonToken> tokens, int container, ReadOnlySpan<byte> line, RecordDraft draft, params ReadOnlySpan<FieldName> known)
    {
        for (var at = container + 1; at < tokens[container].Next; at = tokens[at + 1].Next)
        {
            var found = false;
            foreach (var name in known)
                found |= Is(tokens[at], line, name.Utf8);
            if (!found && tokens[at + 1].Type != JsonTokenType.Null)
                draft.WarnOfKey(at);
        }
    }
}
