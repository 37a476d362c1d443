namespace Temper.Ingest;

/// <summary>Reads the keys of captions, and checks them with the backend and the source of metadata.</summary>
internal sealed class CaptionConfigReader(ConfigSection section)
{
    /// <summary>Problems are collected.</summary>
    public CaptionConfig Read()
    {
        if (section.Text("caption_strategy") is "webshart")
            section.Add("CFG_UNSUPPORTED", "caption_strategy", "caption_strategy: webshart is not supported.", "Upload the tar archives themselves; their entries are read.");
        var shuffle = section.Section("caption_shuffle");
        var defaults = new CaptionShuffle();
        var read = new CaptionConfig
        {
            Strategy = section.Word("caption_strategy", CaptionStrategy.Textfile),
            InstancePrompt = section.Text("instance_prompt"),
            PrependInstancePrompt = section.Flag("prepend_instance_prompt", false),
            OnlyInstancePrompt = section.Flag("only_instance_prompt", false),
            DisableMultilineSplit = section.Flag("disable_multiline_split", false),
            Shuffle = shuffle is null ? defaults : new()
            {
                Enable = shuffle.Flag("enable", defaults.Enable),
                Count = shuffle.Small("count") ?? defaults.Count,
                Seed = shuffle.Whole("seed"),
                SplitOn = shuffle.Text("split_on") ?? defaults.SplitOn,
                PositionStart = shuffle.Small("position_start") ?? defaults.PositionStart,
                IncludeOriginal = shuffle.Flag("include_original", defaults.IncludeOriginal),
            },
            Filter = CaptionFilters.Read(section, "caption_filter", root: null).Rules,
            DropoutProbability = section.Number("caption_dropout_probability"),
        };
        Prompts(read);
        Sources(read);
        return read;
    }

    private void Prompts(CaptionConfig read)
    {
        var needs = read.Strategy == CaptionStrategy.Instanceprompt ? "caption_strategy" : read.PrependInstancePrompt ? "prepend_instance_prompt" : read.OnlyInstancePrompt ? "only_instance_prompt" : null;
        if (needs is not null && string.IsNullOrWhiteSpace(read.InstancePrompt))
            section.Add("CFG_MISSING_KEY", needs, $"'{needs}' needs 'instance_prompt'.", "Add instance_prompt: a photo of sks dog.");
        if (read.PrependInstancePrompt && read.OnlyInstancePrompt)
            section.Add("CFG_INCOMPATIBLE", "only_instance_prompt", "prepend_instance_prompt and only_instance_prompt exclude each other.", "Keep one of them.");
    }

    private void Sources(CaptionConfig read)
    {
        var type = section.Text("type");
        var metadata = section.Text("metadata_backend");
        if (read.Strategy == CaptionStrategy.Parquet && (metadata != "parquet" || !section.Has("parquet")))
            section.Add("CFG_INCOMPATIBLE", "caption_strategy", "caption_strategy: parquet needs metadata_backend: parquet and the section 'parquet'.", "Add both, or use textfile.");
        if (read.Strategy == CaptionStrategy.Huggingface && type is not (null or "huggingface"))
            section.Add("CFG_INCOMPATIBLE", "caption_strategy", "caption_strategy: huggingface needs type: huggingface.", "Use textfile, filename or instanceprompt.");
        if (read.Strategy == CaptionStrategy.Csv && type is not (null or "csv"))
            section.Add("CFG_INCOMPATIBLE", "caption_strategy", "caption_strategy: csv needs type: csv.", "Use textfile, filename or instanceprompt.");
        if (type is "csv" && read.Strategy != CaptionStrategy.Csv)
            section.Add("CFG_INCOMPATIBLE", "type", "type: csv needs caption_strategy: csv.", "Add caption_strategy: csv and csv_caption_column.");
        if (metadata is "huggingface" && type is not "huggingface")
            section.Add("CFG_INCOMPATIBLE", "metadata_backend", "metadata_backend: huggingface needs type: huggingface.", "Use discovery.");
        if (type is "huggingface" && metadata is "parquet")
            section.Add("CFG_INCOMPATIBLE", "metadata_backend", "metadata_backend: parquet reads a table beside files; type: huggingface has its own rows.", "Use huggingface.");
        if (metadata is "parquet" && !section.Has("parquet") && read.Strategy != CaptionStrategy.Parquet)
            section.Add("CFG_MISSING_KEY", "metadata_backend", "metadata_backend: parquet needs the section 'parquet'.", "Add parquet: {path: captions.parquet}.");
    }
}
