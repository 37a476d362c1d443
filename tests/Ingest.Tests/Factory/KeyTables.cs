using System.Text;

namespace Temper.Ingest.Tests;

/// <summary>The tables of keys as docs/formats/dataset-config.md has them.</summary>
internal static class KeyTables
{
    /// <summary>Markdown of all keys that are read, group by group, and of the others with their reasons.</summary>
    public static string Markdown()
    {
        var text = new StringBuilder();
        Group(text, "Every dataset", PlanKeys.Of());
        Group(text, "What the stages do", PipelineKeys.Of());
        Group(text, "Text", TextKeys.Of());
        Group(text, "Pictures", ImageKeys.Of());
        Group(text, "Captions", CaptionKeys.Of());
        Group(text, "Films", VideoKeys.Of());
        Group(text, "Backends", BackendKeys.Of());
        Group(text, "Stores of embeddings", StoreKeys.Of());
        text.Append("### Keys that do nothing, and keys that are refused\n\n| key | what | why |\n|---|---|---|\n");
        foreach (var key in ConfigKeys.All.Where(k => k.Fate != KeyFate.Read))
            text.Append(Line($"`{key.Path}`", key.Fate switch { KeyFate.Ignored => "ignored, with a warning", KeyFate.Recipe => "belongs into the recipe", _ => "refused" }, key.Fate == KeyFate.Recipe ? $"`{key.Reason}`" : key.Reason.TrimEnd('.')));
        return text.ToString();
    }

    private static void Group(StringBuilder text, string title, IEnumerable<ConfigKey> keys)
    {
        text.Append($"### {title}\n\n| key | value | default | what it does | for |\n|---|---|---|---|---|\n");
        foreach (var key in keys.Where(k => k.Fate == KeyFate.Read && k.Name != "*"))
        {
            var shown = DatasetKeys.All.First(k => k.Key == key.Path);
            text.Append(Line($"`{key.Path}`", shown.Value, key.Default, key.Meaning, Words(key, shown)));
        }
        text.Append('\n');
    }

    private static string Words(ConfigKey key, DatasetKey shown)
    {
        var types = key.For switch { For.All => "all", For.Data => "data", For.Stores => "stores", For.Pictures => "image, video, conditioning, eval", _ => string.Join(", ", shown.Types) };
        return shown.Backends.Count == 0 ? types : string.Join(", ", shown.Backends);
    }

    private static string Line(params string[] cells) => $"| {string.Join(" | ", cells.Select(c => c.Replace("|", "\\|", StringComparison.Ordinal)))} |\n";
}
