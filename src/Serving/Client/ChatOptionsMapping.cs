using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Temper.Core.Datasets;
using Temper.Core.Errors;

namespace Temper.Serving;

/// <summary>Requests of Microsoft.Extensions.AI as ours. What cannot be done is refused, not ignored.</summary>
internal static class ChatOptionsMapping
{
    /// <exception cref="TemperException">Code <c>unsupported_parameter</c>.</exception>
    public static ChatRequest Map(string model, IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        var turns = messages.Select(message => new ChatTurn(message.Role.Value, Text(message))).ToList();
        if (options is null)
            return new(model, turns);
        if (options.Instructions is { } instructions)
            turns.Insert(0, new("system", instructions));
        Refuse(options);
        return new(options.ModelId ?? model, turns)
        {
            MaxTokens = options.MaxOutputTokens,
            Stop = [.. options.StopSequences ?? []],
            Sampling = new()
            {
                Temperature = Wide(options.Temperature),
                TopP = Wide(options.TopP),
                TopK = options.TopK,
                FrequencyPenalty = Wide(options.FrequencyPenalty) ?? 0,
                PresencePenalty = Wide(options.PresencePenalty) ?? 0,
                Seed = options.Seed,
                MinP = Additional(options, "min_p") ?? 0,
                RepetitionPenalty = Additional(options, "repetition_penalty"),
            },
        };
    }

    private static void Refuse(ChatOptions options)
    {
        var refused = new List<Problem>();
        if (options.Tools is { Count: > 0 })
            refused.Add(UnsupportedFields.Unsupported("tools"));
        if (options.ResponseFormat is not null and not ChatResponseFormatText)
            refused.Add(UnsupportedFields.Unsupported("response_format"));
        if (refused.Count > 0)
            throw new TemperException(refused);
    }

    private static string Text(ChatMessage message) => message.Contents.FirstOrDefault(content => content is not TextContent) is { } other
        ? throw new TemperException([UnsupportedFields.Unsupported($"messages.content of type {other.GetType().Name}")])
        : message.Text;

    /// <summary>The decimal that the caller wrote: 0.7f is 0.7 here and over HTTP alike.</summary>
    private static double? Wide(float? value) => value is { } number ? double.Parse(number.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : null;

    private static double? Additional(ChatOptions options, string name) => options.AdditionalProperties?.GetValueOrDefault(name) switch
    {
        null => null,
        JsonElement { ValueKind: JsonValueKind.Number } json => json.GetDouble(),
        IConvertible number => number.ToDouble(CultureInfo.InvariantCulture),
        _ => throw new TemperException("invalid_type", $"Invalid type for '{name}': expected a number."),
    };
}
