namespace Temper.Training.Recipes.Keys;

/// <summary>A name of another tool that is no setting here, and what it means here. None is ignored: it becomes settings, does nothing for a reason, or is refused.</summary>
/// <param name="Path">Its name; <c>section.name</c> where it may stand in a section, too.</param>
/// <param name="Means">What becomes of it, for people.</param>
/// <param name="Remedy">What to write instead where its value is refused.</param>
/// <param name="Read">What a value means, given the whole file; null: it is refused.</param>
internal sealed record ForeignKey(string Path, string Means, string Remedy, Func<RecipeNode, RecipeNode.Map, ForeignValue?> Read)
{
    /// <summary>Whatever its value, it changes nothing here.</summary>
    public static ForeignKey Nothing(string path, string why) => new(path, why, "", (_, _) => ForeignValue.Nothing);

    /// <summary>At these values it changes nothing; <c>null</c>, <c>{}</c> and <c>[]</c> are always among them.</summary>
    public static ForeignKey Off(string path, string means, string remedy, params string[] off) =>
        new(path, means, remedy, (value, _) => IsEmpty(value) || off.Contains(value.Shown, StringComparer.OrdinalIgnoreCase) ? ForeignValue.Nothing : null);

    /// <summary>A word that becomes settings.</summary>
    public static ForeignKey Word(string path, string means, string remedy, params (string Value, ForeignValue Becomes)[] words) =>
        new(path, means, remedy, (value, _) => IsEmpty(value) ? ForeignValue.Nothing
            : words.Where(w => w.Value.Equals(value.Shown, StringComparison.OrdinalIgnoreCase)).Select(w => w.Becomes).FirstOrDefault());

    public static bool IsEmpty(RecipeNode value) => value is RecipeNode.Scalar { IsNull: true } or RecipeNode.Items { Values.Count: 0 } or RecipeNode.Map { Entries.Count: 0 };
}

/// <summary>What a value of a foreign key becomes.</summary>
/// <param name="Settings">Settings of a recipe and their values; a section without value is switched on.</param>
internal sealed record ForeignValue(params (string Setting, RecipeNode Value)[] Settings)
{
    public static readonly ForeignValue Nothing = new();

    /// <summary>Worth telling: what is meant here is not quite the same.</summary>
    public string? Note { get; init; }

    /// <summary>Settings with plain values; their lines are given by whoever reads them.</summary>
    public static ForeignValue Of(params (string Setting, string Value)[] settings) => new([.. settings.Select(s => (s.Setting, (RecipeNode)new RecipeNode.Scalar(s.Value, false, 0)))]);
}
