using System.Globalization;
using Temper.Training.Recipes.Keys;

namespace Temper.Training.Recipes;

/// <summary>Values that hold several values.</summary>
internal sealed partial class RecipeFields
{
    public bool Flag(string path) => Bool(path, false);

    /// <summary>One of the words that the table names, or null.</summary>
    public string? OneOf(string path)
    {
        var words = RecipeKeys.At(path).Words;
        return Text(path) is not { } text ? null : words.Contains(text) ? text : Wrong<string?>(path, "one of " + string.Join(", ", words), null);
    }

    /// <summary>Numbers by name; null when absent or empty.</summary>
    public IReadOnlyDictionary<string, double>? Numbers(string path, NumberRange range)
    {
        if (Node(path) is not { } node || ForeignKey.IsEmpty(node))
            return null;
        if (node is not RecipeNode.Map map)
            return Wrong<IReadOnlyDictionary<string, double>?>(path, "numbers by name", null);
        var numbers = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var entry in map.Entries)
        {
            if (entry.Value is RecipeNode.Scalar s && double.TryParse(s.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && range.Holds(number))
                numbers[entry.Key] = number;
            else
                Refuse("out_of_range", $"{Written(path)}.{entry.Key}", entry.Line, entry.Value.Shown, $"{Written(path)}.{entry.Key} is {entry.Value.Shown}, expected a number {range}.", $"Write a number {range}.");
        }
        return numbers;
    }

    /// <summary>One whole number, or a list of them, each 0 and up; null when absent or empty.</summary>
    public IReadOnlyList<int>? Wholes(string path)
    {
        if (Node(path) is not { } node || ForeignKey.IsEmpty(node))
            return null;
        var values = node is RecipeNode.Items list ? list.Values : [node];
        var numbers = values.Select(v => v is RecipeNode.Scalar s && int.TryParse(s.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : -1).ToArray();
        return numbers.Any(n => n < 0) ? Wrong<IReadOnlyList<int>?>(path, "a whole number or a list of them, each 0 and up", null) : numbers;
    }

    /// <summary>As <see cref="Texts"/>; an empty list is none.</summary>
    public IReadOnlyList<string>? SomeTexts(string path) => Node(path) is { } node && !ForeignKey.IsEmpty(node) ? Texts(path) : null;
}
