using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Temper.Core.Errors;

namespace Temper.Serving;

/// <summary>Reads the body of <c>POST /v1/chat/completions</c>: types here, ranges in <see cref="ChatRequestRules"/>.</summary>
internal static class ChatRequestReader
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <exception cref="TemperException">Codes <c>invalid_json</c>, <c>invalid_type</c>, <c>invalid_value</c>, <c>missing_required_parameter</c>, <c>unsupported_parameter</c>.</exception>
    public static async Task<ChatCall> ReadAsync(Stream body, CancellationToken ct)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(body, Strict, ct).ConfigureAwait(false);
            JsonTexts.Check(document.RootElement, "");
            return document.RootElement.ValueKind == JsonValueKind.Object ? Read(new(document.RootElement)) : throw JsonFields.WrongType("body", "an object", document.RootElement);
        }
        // The search for doubled names reads them, and throws this for a name that is no text.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new TemperException("invalid_json", $"The body is not a JSON document: {e.Message}", inner: e);
        }
    }

    private static ChatCall Read(JsonFields body)
    {
        UnsupportedFields.Refuse(body);
        var stream = body.Flag("stream") ?? false;
        var streaming = body.Object("stream_options");
        if (streaming is not null && !stream)
            throw new TemperException([new Problem("invalid_value", "The 'stream_options' parameter is only allowed when 'stream' is enabled.") { Path = "stream_options" }]);
        var request = new ChatRequest(body.Require("model") is { ValueKind: JsonValueKind.String } model ? model.GetString()! : throw JsonFields.WrongType("model", "a string", body.Require("model")),
            MessageReader.Turns(body.Require("messages")))
        {
            Sampling = Sampling(body),
            MaxTokens = MaxTokens(body),
            MaxTokensField = body.Find("max_completion_tokens") is null ? "max_tokens" : "max_completion_tokens",
            Stop = Stops(body.Find("stop")),
            Choices = body.Whole("n") ?? 1,
            TemplateVariables = Variables(body.Find("chat_template_kwargs")),
        };
        return new(request, stream, streaming?.Flag("include_usage") ?? false, body.Unasked);
    }

    private static SamplingSettings Sampling(JsonFields body) => new()
    {
        Temperature = body.Number("temperature"),
        TopP = body.Number("top_p"),
        TopK = body.Whole("top_k") is -1 ? 0 : body.Whole("top_k"),
        MinP = body.Number("min_p") ?? 0,
        FrequencyPenalty = body.Number("frequency_penalty") ?? 0,
        PresencePenalty = body.Number("presence_penalty") ?? 0,
        RepetitionPenalty = body.Number("repetition_penalty"),
        LogitBias = Bias(body.Find("logit_bias")),
        Seed = body.Long("seed"),
    };

    private static int? MaxTokens(JsonFields body) => (body.Whole("max_completion_tokens"), body.Whole("max_tokens")) switch
    {
        ({ } newer, { } older) when newer != older =>
            throw new TemperException([new Problem("invalid_value", "Setting 'max_tokens' and 'max_completion_tokens' to different values at the same time is not supported.") { Path = "max_tokens" }]),
        var (newer, older) => newer ?? older,
    };

    private static IReadOnlyList<string> Stops(JsonElement? value) => value switch
    {
        null => [],
        { ValueKind: JsonValueKind.String } one => [one.GetString()!],
        { ValueKind: JsonValueKind.Array } many => [.. many.EnumerateArray().Select((item, i) => item.ValueKind == JsonValueKind.String
            ? item.GetString()! : throw JsonFields.WrongType($"stop[{i}]", "a string", item))],
        { } other => throw JsonFields.WrongType("stop", "a string or an array of strings", other),
    };

    private static Dictionary<int, double> Bias(JsonElement? value)
    {
        var biases = new Dictionary<int, double>();
        if (value is not { } found)
            return biases;
        if (found.ValueKind != JsonValueKind.Object)
            throw JsonFields.WrongType("logit_bias", "an object", found);
        foreach (var entry in found.EnumerateObject())
        {
            if (!int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                throw new TemperException([ChatRequestRules.Invalid("logit_bias", entry.Name, "keys must be token ids")]);
            biases[id] = entry.Value.ValueKind == JsonValueKind.Number ? entry.Value.GetDouble() : throw JsonFields.WrongType($"logit_bias.{id}", "a number", entry.Value);
        }
        return biases;
    }

    private static Dictionary<string, JsonNode?>? Variables(JsonElement? value) => value switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } found => found.EnumerateObject().ToDictionary(entry => entry.Name, entry => JsonNode.Parse(entry.Value.GetRawText())),
        { } other => throw JsonFields.WrongType("chat_template_kwargs", "an object", other),
    };
}
