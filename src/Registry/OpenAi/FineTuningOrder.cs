using System.Text.Json;
using Temper.Core.Errors;

namespace Temper.Registry.OpenAi;

/// <summary>The body of <c>POST /v1/fine_tuning/jobs</c>, checked. What may be <c>auto</c> is null then.</summary>
/// <param name="Model">Reference of the base.</param>
/// <param name="TrainingFile">Id of a file.</param>
/// <param name="Suffix">1 to 64 characters, for the result's name.</param>
/// <param name="Seed">0 to 2³¹ - 1; null: the recipe's default.</param>
/// <param name="Method">supervised or dpo.</param>
/// <param name="BatchSize">1 to 256 examples a step.</param>
/// <param name="LearningRateMultiplier">Above 0.</param>
/// <param name="Epochs">1 to 50.</param>
/// <param name="Beta">dpo: above 0, at most 2.</param>
/// <param name="Metadata">Free pairs, given back as they came.</param>
/// <param name="ValidationFile">Id of a file whose records are measured; null for none.</param>
internal sealed record FineTuningOrder(string Model, string TrainingFile, string? Suffix, int? Seed, string Method, int? BatchSize, double? LearningRateMultiplier, int? Epochs,
    double? Beta, SortedDictionary<string, string>? Metadata, string? ValidationFile = null);

/// <summary>Reads that body: everything that is wrong is said at once.</summary>
internal sealed class FineTuningOrderReader
{
    private static readonly string[] Known = ["model", "training_file", "validation_file", "suffix", "seed", "method", "hyperparameters", "integrations", "metadata"];
    private readonly List<Problem> _problems = [];

    /// <exception cref="TemperException">Codes <c>missing_required_parameter</c>, <c>invalid_type</c>, <c>invalid_value</c>, <c>unsupported_parameter</c>, each with its <c>param</c>.</exception>
    public static FineTuningOrder Read(JsonElement body)
    {
        var reader = new FineTuningOrderReader();
        var order = body.ValueKind == JsonValueKind.Object ? reader.Take(body) : throw new TemperException("invalid_type", $"The body is a JSON {body.ValueKind.ToString().ToLowerInvariant()}, expected an object.");
        return reader._problems.Count == 0 ? order : throw new TemperException(reader._problems);
    }

    private FineTuningOrder Take(JsonElement body)
    {
        foreach (var member in body.EnumerateObject().Where(member => !Known.Contains(member.Name)))
            Fail("unsupported_parameter", member.Name, $"'{member.Name}' is not a field of a fine-tuning job.");
        Refuse(body, "integrations", "Integrations are not offered; GET /api/v1/events tells everything.");
        var (method, given) = Method(body);
        return new(Text(body, "model", required: true) ?? "", Text(body, "training_file", required: true) ?? "", Suffix(body), (int?)Number(body, "seed", "seed", 0, int.MaxValue, whole: true),
            method, (int?)Number(given, "batch_size", "batch_size", 1, 256, whole: true), Number(given, "learning_rate_multiplier", "learning_rate_multiplier", double.Epsilon, 1000, whole: false),
            (int?)Number(given, "n_epochs", "n_epochs", 1, 50, whole: true), method == "dpo" ? Number(given, "beta", "beta", double.Epsilon, 2, whole: false) : null, Metadata(body), Text(body, "validation_file", required: false));
    }

    /// <summary>The method and where its hyperparameters stand; old clients write them at the top.</summary>
    private (string Method, JsonElement Given) Method(JsonElement body)
    {
        var old = Has(body, "hyperparameters") ? body.GetProperty("hyperparameters") : default;
        if (!Has(body, "method"))
            return ("supervised", old);
        var method = body.GetProperty("method");
        var type = method.ValueKind == JsonValueKind.Object ? Text(method, "type", required: true, "method.type") : null;
        if (method.ValueKind != JsonValueKind.Object)
            Fail("invalid_type", "method", "'method' is no object.");
        if (type is not (null or "supervised" or "dpo"))
            Fail("invalid_value", "method.type", $"The method '{type}' is not offered; supervised and dpo are.");
        if (type is null || !Has(method, type) || method.GetProperty(type).ValueKind != JsonValueKind.Object || !Has(method.GetProperty(type), "hyperparameters"))
            return (type ?? "supervised", old);
        if (old.ValueKind == JsonValueKind.Object)
            Fail("invalid_value", "hyperparameters", $"Hyperparameters stand in method.{type} and at the top; write them once.");
        return (type, method.GetProperty(type).GetProperty("hyperparameters"));
    }

    private string? Suffix(JsonElement body)
    {
        var suffix = Text(body, "suffix", required: false);
        if (suffix is not null && (suffix.Length is 0 or > 64 || !suffix.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ' ')))
            Fail("invalid_value", "suffix", "A suffix has 1 to 64 letters, digits, spaces, '.', '_' and '-'.");
        return suffix;
    }

    private SortedDictionary<string, string>? Metadata(JsonElement body)
    {
        if (!Has(body, "metadata"))
            return null;
        var given = body.GetProperty("metadata");
        if (given.ValueKind == JsonValueKind.Object && given.EnumerateObject().Count() <= 16 && given.EnumerateObject().All(pair => pair.Value.ValueKind == JsonValueKind.String && pair.Name.Length <= 64 && pair.Value.GetString()!.Length <= 512))
            return new(given.EnumerateObject().ToDictionary(pair => pair.Name, pair => pair.Value.GetString()!), StringComparer.Ordinal);
        Fail("invalid_value", "metadata", "Metadata are at most 16 pairs of texts: names up to 64 characters, values up to 512.");
        return null;
    }

    private string? Text(JsonElement from, string name, bool required, string? path = null)
    {
        if (Has(from, name) && from.GetProperty(name).ValueKind == JsonValueKind.String && from.GetProperty(name).GetString() is { Length: > 0 } text)
            return text;
        if (Has(from, name))
            Fail("invalid_type", path ?? name, $"'{path ?? name}' is a text that is not empty.");
        else if (required)
            Fail("missing_required_parameter", path ?? name, $"'{path ?? name}' is missing.");
        return null;
    }

    private double? Number(JsonElement from, string name, string path, double least, double most, bool whole)
    {
        if (from.ValueKind != JsonValueKind.Object || !Has(from, name) || (from.GetProperty(name).ValueKind == JsonValueKind.String && from.GetProperty(name).GetString() == "auto"))
            return null;
        var given = from.GetProperty(name);
        if (given.ValueKind == JsonValueKind.Number && given.TryGetDouble(out var number) && number >= least && number <= most && (!whole || number == Math.Floor(number)))
            return number;
        Fail(given.ValueKind == JsonValueKind.Number ? "invalid_value" : "invalid_type", path,
            FormattableString.Invariant($"'{path}' is {given.GetRawText()[..Math.Min(40, given.GetRawText().Length)]}, expected {(name == "seed" ? "" : "auto or ")}{(whole ? "a whole number" : "a number")} {(least <= double.Epsilon && !whole ? "above 0" : FormattableString.Invariant($"from {least}"))} to {most}."));
        return null;
    }

    private void Refuse(JsonElement body, string name, string why)
    {
        if (Has(body, name) && !(body.GetProperty(name) is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() == 0))
            Fail("unsupported_parameter", name, why);
    }

    private static bool Has(JsonElement from, string name) => from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    private void Fail(string code, string path, string message) => _problems.Add(new(code, message) { Path = path });
}
