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
                TextEncoderBatchSize = section.Small("text_encoder_batch_size") ?? 1,
                OnDemand = section.Flag("text_cache_ondemand", false) || section.Flag("text_cache_disable", false),
                CacheDisabled = section.Flag("text_cache_disable", false),
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
            CacheDir = section.Text("cache_dir"),
            WriteBatchSize = section.Small("write_batch_size") ?? 128,
            Model = model?.Text("id") is { } name ? model.Text("revision") is { } revision ? $"{name}@{revision}" : name : null,
            Dtype = model?.Text("dtype") ?? "f32",
        };
    }
}
