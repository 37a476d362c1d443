using System.Globalization;
using Temper.Training.Factories;
using Temper.Training.Recipes.Keys;

namespace Temper.Training.Recipes;

/// <summary>Reads names of parts and the settings that those parts have of their own.</summary>
internal static class RecipeParts
{
    /// <summary>The name as its table spells it; null when the recipe is silent. An unknown one lists all names and the nearest.</summary>
    public static string? Name<T>(RecipeFields f, string path, PartTable<T> table) where T : NamedPart
    {
        if (f.Text(path) is not { } text)
            return null;
        if ((table.Find(text) ?? table.Find(text.Replace('-', '_'))) is { } part)
            return part.Name;
        var unknown = table.Unknown(text);
        return f.Fail<string?>(unknown.Code, path, unknown.Message, unknown.Hint!, null);
    }

    /// <summary>Settings of a part, each of them checked; null for none.</summary>
    /// <param name="f">The recipe.</param>
    /// <param name="path">Where they stand.</param>
    /// <param name="kind">What the part is called in messages.</param>
    /// <param name="part">Whose they are; null where its name was refused.</param>
    public static IReadOnlyDictionary<string, object>? Options(RecipeFields f, string path, string kind, NamedPart? part)
    {
        if (f.Node(path) is not { } node || ForeignKey.IsEmpty(node))
            return null;
        var map = node is RecipeNode.Scalar text ? Pairs(text) : node as RecipeNode.Map;
        if (map is null)
            return f.Wrong<IReadOnlyDictionary<string, object>?>(path, "settings by name", null);
        if (part is null)
            return null;
        var values = new SortedDictionary<string, object>(StringComparer.Ordinal);
        foreach (var entry in map.Entries)
            if (part.Options.FirstOrDefault(option => option.Name == entry.Key) is not { } option)
                Unknown(f, $"{f.Written(path)}.{entry.Key}", kind, part, entry);
            else if (Value(option, entry.Value) is { } value)
                values[entry.Key] = value;
            else
                f.Refuse(entry.Value is RecipeNode.Scalar s && IsNumber(s) && option.Kind is OptionKind.Number or OptionKind.Whole ? "out_of_range" : "wrong_type", $"{f.Written(path)}.{entry.Key}", entry.Line, entry.Value.Shown,
                    $"{f.Written(path)}.{entry.Key} is '{entry.Value.Shown}', expected {option.Expected}.", $"Write {option.Expected}.");
        return values.Count == 0 ? null : values;
    }

    private static void Unknown(RecipeFields f, string path, string kind, NamedPart part, RecipeNode.Entry entry)
    {
        var near = RecipeKeys.Nearest(entry.Key, part.Options.Select(o => o.Name));
        f.Refuse("unknown_key", path, entry.Line, entry.Value.Shown, $"The {kind} {part.Name} has no setting '{entry.Key}'{(part.Options.Count == 0 ? "" : $"; it has {string.Join(", ", part.Options.Select(o => o.Name))}")}.",
            near is null ? "Remove it." : $"Did you mean {near}?");
    }

    private static object? Value(PartOption option, RecipeNode node) => node is not RecipeNode.Scalar { IsNull: false } s ? null : option.Kind switch
    {
        OptionKind.Flag => s.Text switch { "true" or "True" or "TRUE" => true, "false" or "False" or "FALSE" => false, _ => null },
        OptionKind.Word => option.Words.Contains(s.Text) ? s.Text : null,
        OptionKind.Whole => IsNumber(s, out var whole) && whole == Math.Floor(whole) && option.Range.Holds(whole) ? (long)whole : null,
        _ => IsNumber(s, out var number) && option.Range.Holds(number) ? number : null,
    };

    /// <summary>Hugging Face's spelling of <c>optim_args</c>: <c>a=1,b=2</c>.</summary>
    private static RecipeNode.Map? Pairs(RecipeNode.Scalar text)
    {
        var parts = text.Text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2, StringSplitOptions.TrimEntries)).ToArray();
        return parts.Length > 0 && parts.All(pair => pair is [{ Length: > 0 }, { Length: > 0 }]) ? new([.. parts.Select(pair => new RecipeNode.Entry(pair[0], text.Line, new RecipeNode.Scalar(pair[1], false, text.Line)))], text.Line) : null;
    }

    private static bool IsNumber(RecipeNode.Scalar s) => IsNumber(s, out _);

    private static bool IsNumber(RecipeNode.Scalar s, out double number) => double.TryParse(s.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);
}
