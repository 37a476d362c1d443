using System.Text.Json;
using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>The keys that one dataset's configuration has for its backend, variables already substituted. A key that is absent and one that is null are the same.</summary>
/// <param name="dataset">The dataset's id, for messages.</param>
/// <param name="values">Key to value.</param>
public sealed class BackendSettings(string dataset, IReadOnlyDictionary<string, JsonElement> values)
{
    /// <summary>The keys that are there.</summary>
    public IEnumerable<string> Keys => values.Keys;

    /// <summary>A text; null when absent.</summary>
    /// <exception cref="TemperException">Code <c>CFG_WRONG_TYPE</c>.</exception>
    public string? Text(string key) => Find(key, "text", JsonValueKind.String)?.GetString();

    /// <summary>A text that must be there and not empty.</summary>
    /// <exception cref="TemperException">Codes <c>CFG_MISSING_KEY</c>, <c>CFG_WRONG_TYPE</c>.</exception>
    public string Required(string key) => Text(key) is { Length: > 0 } text
        ? text
        : throw Fault("CFG_MISSING_KEY", key, $"Dataset '{dataset}' needs '{key}' for its type.");

    /// <summary>A whole number; null when absent.</summary>
    /// <exception cref="TemperException">Code <c>CFG_WRONG_TYPE</c>.</exception>
    public long? Number(string key)
    {
        var value = Find(key, "a whole number", JsonValueKind.Number);
        return value is null ? null : value.Value.TryGetInt64(out var number) ? number : throw WrongType(key, "a whole number");
    }

    /// <summary>true or false; null when absent.</summary>
    /// <exception cref="TemperException">Code <c>CFG_WRONG_TYPE</c>.</exception>
    public bool? Flag(string key) => Find(key, "true or false", JsonValueKind.True, JsonValueKind.False)?.GetBoolean();

    /// <summary>A value of any kind, for keys that take more than one; null when absent.</summary>
    public JsonElement? Json(string key) => values.TryGetValue(key, out var value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined) ? value : null;

    /// <summary>The secret that the key refers to as <c>{"secretRef": "name"}</c>; null when the key is absent.</summary>
    /// <exception cref="TemperException">Codes <c>CFG_WRONG_TYPE</c> (a secret in plain text above all; its value is not repeated), <c>CFG_SECRET_UNKNOWN</c>.</exception>
    public async Task<string?> SecretAsync(string key, SecretSource secrets, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        if (Find(key, "{\"secretRef\": \"name\"}", JsonValueKind.Object) is not { } reference)
            return null;
        if (!reference.TryGetProperty("secretRef", out var name) || name.ValueKind != JsonValueKind.String || reference.EnumerateObject().Count() != 1)
            throw WrongType(key, "{\"secretRef\": \"name\"}");
        return await secrets(name.GetString()!, ct)
            ?? throw Fault("CFG_SECRET_UNKNOWN", key, $"Dataset '{dataset}' refers to the secret '{name.GetString()}' in '{key}'; there is no secret of that name.");
    }

    private JsonElement? Find(string key, string expected, params ReadOnlySpan<JsonValueKind> kinds)
    {
        if (!values.TryGetValue(key, out var value) || value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined)
            return null;
        return kinds.Contains(value.ValueKind) ? value : throw WrongType(key, expected);
    }

    private TemperException WrongType(string key, string expected) => Fault("CFG_WRONG_TYPE", key, $"'{key}' of dataset '{dataset}' must be {expected}.");

    private static TemperException Fault(string code, string key, string message) => new([new Problem(code, message) { Path = "/" + key }]);
}
