using System.Text.Json;
using System.Text.Json.Serialization;
using Temper.Core.Ids;

namespace Temper.Core.Datasets;

/// <summary>A piece of a text that is used as it stands.</summary>
/// <param name="Text">Never empty.</param>
/// <param name="Label">Whether it is learnt.</param>
public sealed record TextSegment(string Text, bool Label);

/// <summary>One of two answers that are compared: a text, or the messages that answer. On the wire a string or a list.</summary>
[JsonConverter(typeof(AnswerJson))]
public sealed record Answer
{
    /// <summary>An answer to a prompt that is a text.</summary>
    public Answer(string text) => Text = text;

    /// <summary>An answer to messages.</summary>
    public Answer(IReadOnlyList<ChatTurn> messages) => Messages = messages;

    /// <summary>Null where the answer is messages.</summary>
    public string? Text { get; }

    /// <summary>Null where the answer is a text.</summary>
    public IReadOnlyList<ChatTurn>? Messages { get; }

    private sealed class AnswerJson : JsonConverter<Answer>
    {
        public override Answer Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) => reader.TokenType == JsonTokenType.String
            ? new(reader.GetString()!)
            : new(JsonSerializer.Deserialize<IReadOnlyList<ChatTurn>>(ref reader, options) ?? throw new JsonException("expected a text or a list of messages"));

        public override void Write(Utf8JsonWriter writer, Answer value, JsonSerializerOptions options)
        {
            if (value.Text is { } text)
                writer.WriteStringValue(text);
            else
                JsonSerializer.Serialize(writer, value.Messages, options);
        }
    }
}

/// <summary>The image of a record: where its bytes are by content, and what was read from its header.</summary>
/// <param name="Sha256">Digest of the file's bytes.</param>
/// <param name="Width">Pixels after the file's orientation was applied, 1 and up.</param>
/// <param name="Height">Pixels after the file's orientation was applied, 1 and up.</param>
/// <param name="MediaType">By its bytes, not its name: image/png, image/jpeg.</param>
public sealed record ImageContent(Digest Sha256, int Width, int Height, string MediaType);
