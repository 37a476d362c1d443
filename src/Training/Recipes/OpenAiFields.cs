using System.Text.Json;
using Temper.Core.Errors;

namespace Temper.Training.Recipes;

/// <summary>Parameters of one object of a request. What is wrong is collected, and reading goes on.</summary>
internal sealed class OpenAiFields(JsonElement of, string path, List<Problem> problems)
{
    public bool IsEmpty => !of.EnumerateObject().Any();

    public bool Has(string name) => of.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;

    public OpenAiFields? Inner(string name)
    {
        if (!Has(name))
            return null;
        if (of.GetProperty(name) is { ValueKind: JsonValueKind.Object } inner)
            return new(inner, Path(name), problems);
        Fail("wrong_type", name, "is an object");
        return null;
    }

    public string? Text(string name, bool needed = false)
    {
        if (!Has(name))
        {
            if (needed)
                problems.Add(new("requires", $"The parameter {Path(name)} is missing.") { Path = Path(name), Hint = $"Send `{name}`." });
            return null;
        }
        if (of.GetProperty(name) is { ValueKind: JsonValueKind.String } text)
            return text.GetString();
        Fail("wrong_type", name, "is a text");
        return null;
    }

    /// <summary>A whole number, or null for <c>auto</c>.</summary>
    public int? Whole(string name, int least, int most)
    {
        if (!Has(name) || IsAuto(name))
            return null;
        if (of.GetProperty(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetDouble(out var value) && value == Math.Floor(value))
        {
            if (value >= least && value <= most)
                return (int)value;
            Fail("out_of_range", name, $"is {least} to {most}");
            return null;
        }
        Fail("wrong_type", name, $"is a whole number, {least} to {most}");
        return null;
    }

    /// <summary>A number above 0, or null for <c>auto</c>.</summary>
    public double? Number(string name, double most)
    {
        if (!Has(name) || IsAuto(name))
            return null;
        var kind = of.GetProperty(name);
        if (kind.ValueKind == JsonValueKind.Number && kind.TryGetDouble(out var value) && value > 0 && value <= most)
            return value;
        Fail(kind.ValueKind == JsonValueKind.Number ? "out_of_range" : "wrong_type", name, FormattableString.Invariant($"is auto or a number above 0, {most} at most"));
        return null;
    }

    public void Only(params string[] known)
    {
        foreach (var property in of.EnumerateObject())
            if (!known.Contains(property.Name))
                problems.Add(new("unknown_key", $"There is no parameter {Path(property.Name)}.") { Path = Path(property.Name), Hint = $"There are {string.Join(", ", known)}." });
    }

    public void Fail(string code, string name, string expected)
    {
        var shown = of.TryGetProperty(name, out var value) ? value.GetRawText() : "";
        problems.Add(new(code, $"{Path(name)} {expected}.") { Path = Path(name), Value = shown.Length > 60 ? shown[..60] + "…" : shown, Hint = "Correct it." });
    }

    private bool IsAuto(string name) => of.GetProperty(name) is { ValueKind: JsonValueKind.String } text && text.ValueEquals("auto");

    private string Path(string name) => path.Length == 0 ? name : $"{path}.{name}";
}
