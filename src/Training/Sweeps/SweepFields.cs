using System.Globalization;
using System.Text.Json;
using Temper.Core.Errors;
using Temper.Training.Recipes;

namespace Temper.Training.Sweeps;

/// <summary>Settings of a sweep file by key, and all problems met while they are read.</summary>
internal sealed class SweepFields
{
    private readonly Dictionary<string, RecipeNode.Entry> _found = new(StringComparer.Ordinal);
    private readonly string? _file;

    public SweepFields(RecipeNode.Map root, string? file, List<Problem> problems)
    {
        (_file, Problems) = (file, problems);
        foreach (var entry in root.Entries)
            if (SweepKeys.All.Contains(entry.Key))
                _found[entry.Key] = entry;
            else
                problems.Add(SweepKeys.Unknown(entry.Key, entry.Key, "not a setting of a sweep", SweepKeys.All, file, entry.Line));
    }

    public List<Problem> Problems { get; }

    public bool Has(string key) => Node(key) is not null;

    public RecipeNode? Node(string key) => _found.TryGetValue(key, out var entry) && entry.Value is not RecipeNode.Scalar { IsNull: true } ? entry.Value : null;

    public string? Text(string key)
    {
        if (Node(key) is not { } node)
            return null;
        if (node is RecipeNode.Scalar scalar)
            return scalar.Text;
        Fail("wrong_type", key, $"{key} is '{node.Shown}', expected text.", "Write one value.");
        return null;
    }

    public int? Whole(string key, int least, int most)
    {
        if (Text(key) is not { } text)
            return null;
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || number != Math.Floor(number))
            Fail("wrong_type", key, $"{key} is '{text}', expected a whole number.", "Write a whole number.");
        else if (number < least || number > most)
            Fail("out_of_range", key, FormattableString.Invariant($"{key} is {text}, expected {least} to {most}."), FormattableString.Invariant($"Choose a value from {least} to {most}."));
        else
            return (int)number;
        return null;
    }

    /// <summary>One of the words of an enumeration, in snake case.</summary>
    public T? Word<T>(string key) where T : struct, Enum
    {
        if (Text(key) is not { } text)
            return null;
        var words = Enum.GetValues<T>().ToDictionary(v => JsonNamingPolicy.SnakeCaseLower.ConvertName(v.ToString()));
        if (words.TryGetValue(text, out var value))
            return value;
        var near = RecipeKeys.Nearest(text, words.Keys);
        Fail("wrong_type", key, $"{key} is '{text}', expected one of {string.Join(", ", words.Keys)}.", near is null ? $"Write one of {string.Join(", ", words.Keys)}." : $"Did you mean {near}?");
        return null;
    }

    /// <summary>Notes that a key is missing, or must not be there.</summary>
    public void Fail(string code, string key, string message, string hint)
    {
        var entry = _found.GetValueOrDefault(key);
        Problems.Add(new(code, message) { File = _file, Line = entry?.Line, Path = key, Value = entry?.Value.Shown, Hint = hint });
    }

    public void Require(string key, string message, string hint)
    {
        if (!Has(key) && !Problems.Any(p => p.Path == key))
            Fail("requires", key, message, hint);
    }

    public void Refuse(string key, string message)
    {
        if (Has(key))
            Fail("exclusive", key, message, $"Remove {key}.");
    }
}
