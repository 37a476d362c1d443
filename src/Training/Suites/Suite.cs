using System.Text.Json;
using System.Text.Json.Serialization;
using Temper.Core.Datasets;
using Temper.Core.Ids;

namespace Temper.Training.Suites;

/// <summary>Questions to a model, and what its answers are held against. Made by <see cref="SuiteReader"/>.</summary>
/// <param name="Name">Spelled as the names of models are.</param>
/// <param name="Cases">In the file's order; at least one.</param>
public sealed record Suite(ResourceName Name, IReadOnlyList<SuiteCase> Cases)
{
    /// <summary>What it is for.</summary>
    public string? Description { get; init; }

    /// <summary>How answers are asked for.</summary>
    public AnswerSettings Answer { get; init; } = new();

    /// <summary>Whether the expected answers are also measured as texts: perplexity and token accuracy, for which the model's files are needed.</summary>
    public bool Perplexity { get; init; }

    /// <summary>Whether expected answers are classes, so that precision and recall of each are reported.</summary>
    public bool Classification { get; init; }

    /// <summary>SHA-256 over all that decides a result: settings, cases and checks.</summary>
    [JsonIgnore]
    public Digest Digest { get; init; }
}

/// <summary>How answers are asked for.</summary>
public sealed record AnswerSettings
{
    /// <summary>Longest answer in tokens, 1 and up. Default 256.</summary>
    public int MaxTokens { get; init; } = 256;

    /// <summary>0 (default, the likeliest token always) to 2.</summary>
    public double Temperature { get; init; }

    /// <summary>Same seed, same answers; of use above temperature 0.</summary>
    public int? Seed { get; init; }

    /// <summary>System message of every case that has none of its own.</summary>
    public string? System { get; init; }
}

/// <summary>One question.</summary>
public sealed record SuiteCase
{
    /// <summary>Unique in the suite; where it is not given, the number of the case from 1 on.</summary>
    public string Id { get; init; } = "";

    /// <summary>The question alone; instead of <see cref="Messages"/>.</summary>
    public string? Prompt { get; init; }

    /// <summary>The conversation up to the answer.</summary>
    public IReadOnlyList<ChatTurn>? Messages { get; init; }

    /// <summary>Right answers, the first of which is the model answer; empty where checks alone decide.</summary>
    [JsonConverter(typeof(OneOrMoreTexts))]
    public IReadOnlyList<string> Expected { get; init; } = [];

    /// <summary>What the answer must pass, besides those of the suite.</summary>
    public IReadOnlyList<AnswerCheck> Checks { get; init; } = [];

    /// <summary>What is asked: the conversation, behind <paramref name="system"/> where it brings no system message.</summary>
    public IReadOnlyList<ChatTurn> Conversation(string? system)
    {
        IReadOnlyList<ChatTurn> turns = Messages ?? [new("user", Prompt ?? "")];
        return system is null || turns.Any(t => t.Role == "system") ? turns : [new("system", system), .. turns];
    }
}

/// <summary>A text, a number or a truth value, or a list of them, as texts.</summary>
internal sealed class OneOrMoreTexts : JsonConverter<IReadOnlyList<string>>
{
    public override IReadOnlyList<string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            return [Text(ref reader)];
        var texts = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            texts.Add(Text(ref reader));
        return texts;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<string> value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var text in value)
            writer.WriteStringValue(text);
        writer.WriteEndArray();
    }

    private static string Text(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString()!,
        JsonTokenType.Number => System.Text.Encoding.UTF8.GetString(reader.ValueSpan),
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        _ => throw new JsonException("expected a text, or a list of texts"),
    };
}
