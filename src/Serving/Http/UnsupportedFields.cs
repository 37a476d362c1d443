using System.Text.Json;
using Temper.Core.Errors;

namespace Temper.Serving;

/// <summary>Fields of OpenAI's API that this server knows and does not do: their default is accepted, anything else refused rather than ignored.</summary>
internal static class UnsupportedFields
{
    private static readonly (string Name, Func<JsonElement, bool> IsDefault)[] Known =
    [
        ("audio", _ => false),
        ("modalities", value => value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 1 && IsText(value[0], "text")),
        ("prediction", _ => false),
        ("logprobs", value => value.ValueKind == JsonValueKind.False),
        ("top_logprobs", value => value.ValueKind == JsonValueKind.Number && value.GetDouble() == 0),
        ("response_format", value => value.ValueKind == JsonValueKind.Object && value.TryGetProperty("type", out var type) && IsText(type, "text")),
        ("tools", value => value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0),
        ("tool_choice", value => IsText(value, "none", "auto")),
        ("functions", value => value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0),
        ("function_call", value => IsText(value, "none", "auto")),
        ("web_search_options", _ => false),
        ("reasoning_effort", value => IsText(value, "none")),
        ("service_tier", value => IsText(value, "auto", "default")),
        ("store", value => value.ValueKind == JsonValueKind.False),
        ("best_of", value => value.ValueKind == JsonValueKind.Number && value.GetDouble() == 1),
        ("use_beam_search", value => value.ValueKind == JsonValueKind.False),
    ];

    /// <summary>Fields that change nothing in the answer and are accepted with any value.</summary>
    private static readonly string[] Harmless = ["user", "metadata", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "parallel_tool_calls", "verbosity"];

    /// <exception cref="TemperException">Code <c>unsupported_parameter</c>, one problem a field.</exception>
    public static void Refuse(JsonFields body)
    {
        foreach (var name in Harmless)
            _ = body.Find(name);
        var refused = (from field in Known
                       let value = body.Find(field.Name)
                       where value is not null && !field.IsDefault(value.Value)
                       select Unsupported(field.Name)).ToList();
        if (refused.Count > 0)
            throw new TemperException(refused);
    }

    /// <summary>The problem of one field.</summary>
    public static Problem Unsupported(string path) => new("unsupported_parameter", $"Unsupported parameter: '{path}' is not supported by this server.") { Path = path };

    private static bool IsText(JsonElement value, params ReadOnlySpan<string> texts) => value.ValueKind == JsonValueKind.String && texts.Contains(value.GetString()!);
}
