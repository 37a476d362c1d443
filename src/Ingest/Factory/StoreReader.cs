namespace Temper.Ingest;

/// <summary>Reads a store of embeddings.</summary>
internal static class StoreReader
{
    /// <summary>Problems are collected.</summary>
    public static StoreEntry Read(ConfigSection section, FactoryContext context, string id, DatasetType type, int index, BackendChoice backend)
    {
        var line = section.Map.Line;
        StoreEntry entry = type switch
        {
            DatasetType.TextEmbeds => new TextStoreEntry(id, index, line)
            {
                Backend = backend,
                Filter = CaptionFilters.Read(section, "caption_filter_list", context.Root),
            },
            DatasetType.ImageEmbeds => new ImageStoreEntry(id, index, line) { Backend = backend },
            _ => new ConditioningStoreEntry(id, index, line) { Backend = backend },
        };
        var model = section.Section("model");
        if (model is not null && !model.Has("id"))
            model.Add("CFG_MISSING_KEY", "id", "'id' is missing.", "Write model: {id: NAME}.");
        return entry with
        {
            Default = section.Flag("default", false),
            Model = model?.Text("id") is { } name ? model.Text("revision") is { } revision ? $"{name}@{revision}" : name : null,
            Dtype = model?.Text("dtype") ?? "f32",
        };
    }
}
