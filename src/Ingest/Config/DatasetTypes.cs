namespace Temper.Ingest;

/// <summary>Types of datasets as they are written: in any case, with white space around them.</summary>
internal static class DatasetTypes
{
    private static readonly string[] Names = [.. Enum.GetValues<DatasetType>().Select(KeyCheck.Word)];

    /// <summary>Types that SimpleTuner has and we have not, and why.</summary>
    private static readonly Dictionary<string, string> Others = new(StringComparer.Ordinal)
    {
        ["audio"] = "Audio is not read by this version.",
        ["distillation_cache"] = "No trainer of this version distils.",
        ["grounding"] = "Boxes are not read by this version.",
    };

    /// <summary>The type of a dataset; <paramref name="otherwise"/> when absent or wrong, null meaning that it is required.</summary>
    public static DatasetType Read(ConfigSection section, DatasetType? otherwise)
    {
        var text = section.Text("dataset_type")?.Trim().ToLowerInvariant();
        if (text is null && otherwise is null && !section.Has("dataset_type"))
            section.Add("CFG_MISSING_KEY", "dataset_type", "'dataset_type' is missing.", $"Write one of {string.Join(", ", Names)}.");
        if (text is null)
            return otherwise ?? DatasetType.Text;
        if (Array.IndexOf(Names, text) is >= 0 and var index)
            return (DatasetType)index;
        if (Others.TryGetValue(text, out var reason))
            section.Add("CFG_UNSUPPORTED", "dataset_type", $"the dataset_type '{text}' is not supported.", reason);
        else
            section.Add("CFG_BAD_VALUE", "dataset_type", $"'dataset_type' must be one of {string.Join(", ", Names)}; found '{text}'.", Nearest.Hint(text, Names));
        return otherwise ?? DatasetType.Text;
    }

    /// <summary>What the records of a dataset are made of.</summary>
    public static Modality ModalityOf(ConfigSection section, DatasetType type, bool bare) => type switch
    {
        DatasetType.Image => Modality.Image,
        DatasetType.Video => Modality.Video,
        DatasetType.Conditioning => section.Word("modality", Modality.Image),
        DatasetType.Eval => section.Word("modality", bare ? Modality.Image : Modality.Text),
        _ => Modality.Text,
    };
}
