using System.Globalization;
using Temper.Core.Errors;
using Temper.Training.Factories;
using Temper.Training.Recipes.Keys;

namespace Temper.Training.Recipes;

/// <summary>Settings of one recipe by path, and all problems met while they are read. A reading that fails gives the default, so that every error is found in one pass.</summary>
internal sealed partial class RecipeFields
{
    private readonly Dictionary<string, Found> _found = new(StringComparer.Ordinal);
    private readonly RecipeNode.Map _root;
    private readonly string? _file;

    public RecipeFields(RecipeNode.Map root, string? file, List<Problem> problems, IReadOnlyList<RecipeNode.Entry> changes, RunParts parts, Func<string, string?>? readFile = null)
    {
        (_root, _file, Problems, Parts, ReadFile) = (root, file, problems, parts, readFile);
        foreach (var entry in root.Entries)
            Add(entry.Key, entry);
        foreach (var entry in changes)
            Change(entry);
        if (ForeignKeys.IsForeign(root))
            ImplyStrategies();
    }

    /// <summary>What is worth telling about a recipe that is accepted.</summary>
    public List<RecipeNote> Notes { get; } = [];

    public List<Problem> Problems { get; }

    /// <summary>Text of a file that a setting names, or null where there is none; null where no files are read.</summary>
    public Func<string, string?>? ReadFile { get; }

    /// <summary>What names may stand for.</summary>
    public RunParts Parts { get; }

    /// <summary>Sections that are written as a map, so that <c>lora: {}</c> differs from its absence.</summary>
    public HashSet<string> SectionsPresent { get; } = new(StringComparer.Ordinal);

    public bool Has(string path) => _found.TryGetValue(path, out var f) && !f.IsNull;

    public bool HasAny(string section) => SectionsPresent.Contains(section) || _found.Keys.Any(k => k.StartsWith(section + ".", StringComparison.Ordinal) && Has(k));

    public RecipeNode? Node(string path) => Has(path) ? _found[path].Value : null;

    public string? Text(string path) => Scalar(path, "text")?.Text;

    public bool Bool(string path, bool fallback) => Scalar(path, "true or false") switch
    {
        null => fallback,
        { Text: "true" or "True" or "TRUE" } => true,
        { Text: "false" or "False" or "FALSE" } => false,
        _ => Wrong(path, "true or false", fallback),
    };

    /// <summary>A number inside the setting's range; quoted ones too, because YAML 1.1 tools write 1e-4 as text.</summary>
    public double? Number(string path)
    {
        var range = RecipeKeys.At(path).Range;
        if (Scalar(path, "a number") is not { } scalar)
            return null;
        if (!double.TryParse(scalar.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number))
            return Wrong<double?>(path, "a number", null);
        return range.Holds(number) ? number : Outside<double?>(path, range.ToString(), null);
    }

    public int? Whole(string path)
    {
        var (least, most) = ((int)RecipeKeys.At(path).Range.Low, (int)RecipeKeys.At(path).Range.High);
        if (Scalar(path, "a whole number") is not { } scalar)
            return null;
        if (!double.TryParse(scalar.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || number != Math.Floor(number))
            return Wrong<int?>(path, "a whole number", null);
        return number >= least && number <= most ? (int)number : Outside<int?>(path, most == int.MaxValue ? $"{least} and up" : $"{least} to {most}", null);
    }

    /// <summary>One of the words of an enumeration, in snake case.</summary>
    public T? Word<T>(string path) where T : struct, Enum
    {
        var words = Enum.GetValues<T>().ToDictionary(v => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(v.ToString()));
        var expected = "one of " + string.Join(", ", words.Keys);
        if (Scalar(path, expected) is not { } scalar)
            return null;
        if (words.TryGetValue(scalar.Text.Replace('-', '_'), out var value))
            return value;
        var near = RecipeKeys.Nearest(scalar.Text, words.Keys);
        return Fail<T?>("wrong_type", path, $"{Written(path)} is '{scalar.Text}', expected {expected}.", near is null ? $"Write {expected}." : $"Did you mean {near}?", null);
    }

    /// <summary>One text, or a list of them.</summary>
    public IReadOnlyList<string>? Texts(string path)
    {
        if (Node(path) is not RecipeNode.Items list)
            return Text(path) is { } one ? [one] : null;
        if (list.Values.Count == 0 || list.Values.Any(v => v is not RecipeNode.Scalar { IsNull: false }))
            return Wrong<IReadOnlyList<string>?>(path, "a name or a list of names", null);
        return [.. list.Values.Cast<RecipeNode.Scalar>().Select(s => s.Text)];
    }

    public T Wrong<T>(string path, string expected, T fallback) =>
        Fail("wrong_type", path, $"{Written(path)} is '{Node(path)?.Shown}', expected {expected}.", $"Write {expected}.", fallback);

    public T Outside<T>(string path, string expected, T fallback) =>
        Fail("out_of_range", path, $"{Written(path)} is {Node(path)?.Shown}, expected {expected}.", $"Choose a value: {expected}.", fallback);

    public T Fail<T>(string code, string path, string message, string remedy, T fallback)
    {
        var found = _found.GetValueOrDefault(path);
        Problems.Add(new(code, message) { File = found is { Changed: true } ? "--set" : _file, Line = found is null or { Changed: true } ? null : found.Line, Path = found?.Written ?? path, Value = found?.Value.Shown, Hint = remedy });
        return fallback;
    }

    /// <summary>A problem inside of a value: of one entry of a list. Line 0: it came from the command line.</summary>
    public void Refuse(string code, string path, long line, string? value, string message, string remedy) =>
        Problems.Add(new(code, message) { File = line == 0 ? "--set" : _file, Line = line == 0 ? null : line, Path = path, Value = value, Hint = remedy });

    public string Written(string path) => _found.TryGetValue(path, out var f) ? f.Written : path;

    private RecipeNode.Scalar? Scalar(string path, string expected) => Node(path) switch
    {
        null => null,
        RecipeNode.Scalar s => s,
        _ => Wrong<RecipeNode.Scalar?>(path, expected, null),
    };

    private sealed record Found(string Written, long Line, RecipeNode Value, bool Implied, bool Changed)
    {
        public bool IsNull => Value is RecipeNode.Scalar { IsNull: true };
    }
}
