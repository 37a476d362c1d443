namespace Temper.Training.Recipes.Keys;

/// <summary>All names of other tools that are no settings here.</summary>
internal static class ForeignKeys
{
    /// <summary>Names by which a file is known to be another tool's: there, some settings have no meaning rather than a wrong one.</summary>
    private static readonly string[] Marks = ["base_model", "adapter", "micro_batch_size", "sequence_len", "stage", "finetuning_type", "cutoff_len", "lora_target", "dataset_dir", "lora_target_linear"];

    public static readonly ForeignKey[] All =
    [
        new("output_dir", "refused, because results go to the registry; in files of other tools it is only said", "Results go to the registry: name the model with `output`.",
            (_, root) => IsForeign(root) ? ForeignValue.Nothing with { Note = "output_dir is not used: results go to the registry, under the name that `output` says." } : null),
        .. AxolotlKeys.All, .. LlamaFactoryKeys.All, .. TrainerKeys.All,
    ];

    private static readonly Dictionary<string, ForeignKey> ByPath = All.ToDictionary(k => k.Path, StringComparer.Ordinal);
    private static readonly Dictionary<string, ForeignKey> ByLeaf = All.ToDictionary(k => k.Path[(k.Path.LastIndexOf('.') + 1)..], StringComparer.Ordinal);

    /// <summary>The key that a written path means, or null.</summary>
    public static ForeignKey? Find(string written) =>
        ByPath.GetValueOrDefault(written) ?? (written.Contains('.', StringComparison.Ordinal) ? null : ByLeaf.GetValueOrDefault(written));

    /// <summary>Whether a file was written for another tool.</summary>
    public static bool IsForeign(RecipeNode.Map root) => root.Entries.Any(e => Marks.Contains(e.Key));
}
