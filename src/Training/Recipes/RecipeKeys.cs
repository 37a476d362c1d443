using Temper.Training.Recipes.Keys;

namespace Temper.Training.Recipes;

/// <summary>Every name that a recipe may use: settings and their other spellings.</summary>
internal static class RecipeKeys
{
    /// <summary>Sections: maps whose settings are written <c>section.name</c>.</summary>
    public static readonly string[] Sections = ["data", "lora", "quantization", "training", "export", "limits"];

    /// <summary>All settings, in the order of the documentation.</summary>
    public static readonly RecipeKey[] All = [.. RootKeys.All.Where(k => k.Section.Length == 0), .. DataKeys.All, .. LoraKeys.All, .. TrainingKeys.All, .. RootKeys.All.Where(k => k.Section.Length > 0)];

    private static readonly Dictionary<string, RecipeKey> ByPath = All.ToDictionary(k => k.Path, StringComparer.Ordinal);
    private static readonly Dictionary<string, RecipeKey> ByName = All.Where(k => k.Section.Length > 0).ToDictionary(k => k.Name, StringComparer.Ordinal);
    private static readonly Dictionary<string, RecipeKey> ByAlias = All.SelectMany(k => k.Aliases.Select(a => (a, k))).ToDictionary(x => x.a, x => x.k, StringComparer.Ordinal);

    /// <summary>The setting at a path.</summary>
    public static RecipeKey At(string path) => ByPath[path];

    /// <summary>The setting that a written path means, or null. Settings of a section may stand at the root, as in other tools' files.</summary>
    public static string? Resolve(string written)
    {
        if (ByPath.ContainsKey(written))
            return written;
        var cut = written.IndexOf('.', StringComparison.Ordinal);
        var (section, leaf) = (cut < 0 ? "" : written[..cut], written[(cut + 1)..]);
        if (ByAlias.TryGetValue(leaf, out var key) || (cut < 0 && ByName.TryGetValue(leaf, out key)))
            return section is "" or "model" || key.Section == section ? key.Path : null;
        return null;
    }

    /// <summary>Up to three known names near a written one, nearest first.</summary>
    public static IEnumerable<string> Near(string written)
    {
        var leaf = written[(written.LastIndexOf('.') + 1)..];
        return All.Select(k => k.Path).Concat(ByAlias.Keys).Concat(ForeignKeys.All.Select(k => k.Path))
            .Select(name => (Name: name, Distance: Distance(leaf, name[(name.LastIndexOf('.') + 1)..])))
            .Where(x => x.Distance <= Math.Max(2, leaf.Length / 3))
            .OrderBy(x => x.Distance).ThenBy(x => x.Name, StringComparer.Ordinal).Take(3).Select(x => x.Name);
    }

    /// <summary>The known name that a written one most likely means; null where none is near.</summary>
    public static string? Nearest(string written, IEnumerable<string> known) => known.Select(name => (Name: name, Distance: Distance(written, name)))
        .Where(x => x.Distance <= Math.Max(2, written.Length / 3)).OrderBy(x => x.Distance).ThenBy(x => x.Name, StringComparer.Ordinal).Select(x => x.Name).FirstOrDefault();

    /// <summary>Edits (insert, delete, replace, swap of neighbours) that turn one word into the other.</summary>
    private static int Distance(string a, string b)
    {
        if (Math.Abs(a.Length - b.Length) > Math.Max(2, a.Length / 3))
            return int.MaxValue;
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
            d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++)
            d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
            for (var j = 1; j <= b.Length; j++)
            {
                d[i, j] = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        return d[a.Length, b.Length];
    }
}
