using static Temper.Ingest.KeyShape;

namespace Temper.Ingest;

/// <summary>Settings of SimpleTuner's trainer that people write beside its datasets.</summary>
internal static class TrainerKeys
{
    public static IEnumerable<ConfigKey> Of() =>
    [
        Recipe("data_backend_sampling", "data.sampling"),
        Recipe("dataloader_prefetch", "data.prefetch"),
        Recipe("dataloader_prefetch_qlen", "data.prefetch"),
        Ignored("override_dataset_config", "a changed configuration makes a new version; there is nothing to override"),
        Ignored("allow_dataset_oversubscription", "records are never repeated beyond `repeats`"),
        Ignored("compress_disk_cache", "vectors of floats do not shrink"),
    ];

    private static ConfigKey Recipe(string path, string recipe) => new(path, For.All, new Any(), "", "How datasets are drawn from") { Reader = KeyReader.Plan, Fate = KeyFate.Recipe, Reason = recipe };

    private static ConfigKey Ignored(string path, string reason) => new(path, For.All, new Any(), "", "Accepted for files written for SimpleTuner") { Reader = KeyReader.Plan, Fate = KeyFate.Ignored, Reason = reason };
}
