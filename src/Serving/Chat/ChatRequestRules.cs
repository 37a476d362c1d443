using System.Globalization;
using Temper.Core.Errors;

namespace Temper.Serving;

/// <summary>What a request may ask for, whichever way it came in. All that is wrong is reported at once; paths are the names of the HTTP fields.</summary>
internal static class ChatRequestRules
{
    private const int MostStops = 4;
    private static readonly string[] Roles = ["system", "developer", "user", "assistant", "tool"];

    /// <exception cref="TemperException">Codes <c>invalid_value</c>, <c>missing_required_parameter</c>.</exception>
    public static void Check(ChatRequest request, int mostChoices)
    {
        var problems = Messages(request).Concat(Limits(request, mostChoices)).Concat(Sampling(request.Sampling)).ToList();
        if (problems.Count > 0)
            throw new TemperException(problems);
    }

    private static IEnumerable<Problem> Messages(ChatRequest request)
    {
        if (string.IsNullOrEmpty(request.Model))
            yield return new("missing_required_parameter", "You must name a model.") { Path = "model" };
        if (request.Messages.Count == 0)
            yield return Invalid("messages", "[]", "must hold at least one message");
        for (var i = 0; i < request.Messages.Count; i++)
            if (Role(i, request.Messages[i].Role) is { } stranger)
                yield return stranger;
    }

    /// <summary>What is wrong with the role of a message; null when nothing is.</summary>
    public static Problem? Role(int message, string role) =>
        Roles.Contains(role) ? null : Invalid($"messages[{message}].role", role, "must be system, developer, user, assistant or tool");

    private static IEnumerable<Problem> Limits(ChatRequest request, int mostChoices)
    {
        if (request.MaxTokens is < 1)
            yield return Invalid(request.MaxTokensField, request.MaxTokens, "must be at least 1");
        if (request.Choices < 1 || request.Choices > mostChoices)
            yield return Invalid("n", request.Choices, $"must be 1 to {mostChoices}");
        if (request.Stop.Count > MostStops)
            yield return Invalid("stop", $"{request.Stop.Count} strings", $"must hold at most {MostStops} strings");
        if (request.Stop.Any(string.IsNullOrEmpty))
            yield return Invalid("stop", "\"\"", "must not hold an empty string");
    }

    private static IEnumerable<Problem> Sampling(SamplingSettings sampling)
    {
        (string Name, double Value, double Low, double High)[] ranges =
        [
            ("temperature", sampling.Temperature ?? 1, 0, 2),
            ("top_p", sampling.TopP ?? 1, 0, 1),
            ("min_p", sampling.MinP, 0, 1),
            ("frequency_penalty", sampling.FrequencyPenalty, -2, 2),
            ("presence_penalty", sampling.PresencePenalty, -2, 2),
            ("repetition_penalty", sampling.RepetitionPenalty ?? 1, 0.01, 10),
        ];
        foreach (var (name, value, low, high) in ranges)
            if (!(value >= low && value <= high))
                yield return Invalid(name, value, string.Create(CultureInfo.InvariantCulture, $"must be {low} to {high}"));
        if (sampling.TopK < 0)
            yield return Invalid("top_k", sampling.TopK, "must be 0 (all) or more");
        foreach (var (id, bias) in sampling.LogitBias)
            if (!(bias is >= -100 and <= 100))
                yield return Invalid($"logit_bias.{id}", bias, "must be -100 to 100");
    }

    /// <summary>A value that a field cannot have.</summary>
    public static Problem Invalid(string path, object? value, string rule)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{value}");
        return new("invalid_value", $"Invalid '{path}': {rule}; got {text}.") { Path = path, Value = text };
    }
}
