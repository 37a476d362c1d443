using System.Globalization;
using Temper.Core.Errors;

namespace Temper.Training.Recipes;

/// <summary>Settings of one recipe by path, and all problems met while they are read. A reading that fails gives the default, so that every error is found in one pass.</summary>
internal sealed class RecipeFields
{
    private readonly Dictionary<string, (string Written, long Line, RecipeNode Value)> _found = new(StringComparer.Ordinal);
    private readonly string? _file;

    public RecipeFields(RecipeNode.Map root, string? file, List<Problem> problems)
    {
        (_file, Problems) = (file, problems);
        foreach (var entry in root.Entries)
            Add(entry.Key, entry);
    }

    public List<Problem> Problems { get; }

    /// <summary>Sections that are written as a map, so that <c>lora: {}</c> differs from its absence.</summary>
    public HashSet<string> SectionsPresent { get; } = new(StringComparer.Ordinal);

    public bool Has(string path) => _found.TryGetValue(path, out var f) && f.Value is not RecipeNode.Scalar { IsNull: true };

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

    /// <summary>A number inside <paramref name="range"/>; quoted ones too, because YAML 1.1 tools write 1e-4 as text.</summary>
    public double? Number(string path, NumberRange range)
    {
        if (Scalar(path, "a number") is not { } scalar)
            return null;
        if (!double.TryParse(scalar.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number))
            return Wrong<double?>(path, "a number", null);
        return range.Holds(number) ? number : Outside<double?>(path, range.ToString(), null);
    }

    public int? Whole(string path, int least, int most = int.MaxValue)
    {
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
        return words.TryGetValue(scalar.Text.Replace('-', '_'), out var value) ? value : Wrong<T?>(path, expected, null);
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
        Problems.Add(new(code, message) { File = _file, Line = found.Value is null ? null : found.Line, Path = found.Written ?? path, Value = found.Value?.Shown, Hint = remedy });
        return fallback;
    }

    /// <summary>A problem inside of a value: of one entry of a list.</summary>
    public void Refuse(string code, string path, long line, string? value, string message, string remedy) =>
        Problems.Add(new(code, message) { File = _file, Line = line, Path = path, Value = value, Hint = remedy });

    public string Written(string path) => _found.TryGetValue(path, out var f) ? f.Written : path;

    private RecipeNode.Scalar? Scalar(string path, string expected) => Node(path) switch
    {
        null => null,
        RecipeNode.Scalar s => s,
        _ => Wrong<RecipeNode.Scalar?>(path, expected, null),
    };

    private void Add(string written, RecipeNode.Entry entry)
    {
        var unbuilt = RecipeKeys.FindUnbuilt(written);
        if (unbuilt is null && !written.Contains('.', StringComparison.Ordinal) && AddSection(entry))
            return;
        if (RecipeKeys.Resolve(written) is not { } setting)
        {
            Refuse(written, entry, unbuilt);
            return;
        }
        if (_found.TryGetValue(setting, out var first))
            Problems.Add(new("alias_conflict", $"'{written}' and '{first.Written}' (line {first.Line}) are two spellings of {setting}.") { File = _file, Line = entry.Line, Path = written, Value = entry.Value.Shown, Hint = "Keep one of the two." });
        else
            _found.Add(setting, (written, entry.Line, entry.Value));
    }

    private bool AddSection(RecipeNode.Entry entry)
    {
        var isModel = entry is { Key: "model", Value: RecipeNode.Map };
        if (!isModel && !RecipeKeys.Sections.Contains(entry.Key))
            return false;
        if (entry.Value is RecipeNode.Map map)
        {
            SectionsPresent.Add(entry.Key);
            foreach (var inner in map.Entries)
                Add($"{entry.Key}.{inner.Key}", inner);
        }
        else if (entry.Value is not RecipeNode.Scalar { IsNull: true })
        {
            Problems.Add(new("wrong_type", $"{entry.Key} is '{entry.Value.Shown}', expected settings of its own.") { File = _file, Line = entry.Line, Path = entry.Key, Value = entry.Value.Shown, Hint = $"Write the settings of {entry.Key} indented below it." });
        }
        return true;
    }

    private void Refuse(string written, RecipeNode.Entry entry, Unbuilt? unbuilt)
    {
        var shown = entry.Value switch { RecipeNode.Items { Values.Count: 0 } => "[]", RecipeNode.Map { Entries.Count: 0 } => "{}", _ => entry.Value.Shown };
        if (unbuilt is not null)
        {
            if (!unbuilt.Off.Contains(shown, StringComparer.OrdinalIgnoreCase))
                Problems.Add(new("not_supported_yet", $"{written} is known, but not built yet.") { File = _file, Line = entry.Line, Path = written, Value = shown, Hint = unbuilt.Remedy });
            return;
        }
        var near = RecipeKeys.Near(written).ToArray();
        Problems.Add(new("unknown_key", $"'{written}' is not a setting of a recipe.")
        {
            File = _file,
            Line = entry.Line,
            Path = written,
            Value = shown,
            Hint = near.Length == 0 ? "Remove it." : $"Did you mean {string.Join(" or ", near)}?",
        });
    }
}

/// <summary>Numbers from one bound to another, each bound in or out.</summary>
internal readonly record struct NumberRange(double Low, bool LowIn, double High, bool HighIn)
{
    public bool Holds(double x) => (x > Low || (LowIn && x == Low)) && (x < High || (HighIn && x == High));

    public override string ToString() => double.IsPositiveInfinity(High)
        ? FormattableString.Invariant($"{(LowIn ? "at least" : "above")} {Low}")
        : FormattableString.Invariant($"in {(LowIn ? '[' : '(')}{Low}, {High}{(HighIn ? ']' : ')')}");
}
