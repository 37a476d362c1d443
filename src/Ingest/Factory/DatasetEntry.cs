using System.Text.Json;

namespace Temper.Ingest;

/// <summary>Why one dataset must be built before another.</summary>
/// <param name="Key">The key that says so.</param>
/// <param name="To">Id of the one that is built before.</param>
public sealed record DatasetEdge(string Key, string To);

/// <summary>The kind of backend of a dataset, and the dataset's own values for it.</summary>
/// <param name="Type">local, azure, aws, csv, huggingface, memory, or a plug-in's name.</param>
/// <param name="Values">Every key of the dataset, variables substituted.</param>
public sealed record BackendChoice(string Type, IReadOnlyDictionary<string, JsonElement> Values);

/// <summary>A dataset of a configuration, checked by the rules that hold for all.</summary>
/// <param name="Id">Unique in the configuration.</param>
/// <param name="Type">What it is.</param>
/// <param name="Index">Place in the file, 0 and up.</param>
/// <param name="Line">Line in the file, 1 and up.</param>
public abstract record DatasetEntry(string Id, DatasetType Type, int Index, int Line)
{
    /// <summary>Whether it is left out.</summary>
    public bool Disabled { get; init; }

    /// <summary>Where its files are.</summary>
    public required BackendChoice Backend { get; init; }

    /// <summary>What must be built before, in the order of the keys.</summary>
    public IReadOnlyList<DatasetEdge> Edges { get; init; } = [];

    /// <summary>Whether it was not written, but made because others need it.</summary>
    public bool Generated { get; init; }
}

/// <summary>A dataset with records.</summary>
public abstract record DataEntry(string Id, DatasetType Type, int Index, int Line) : DatasetEntry(Id, Type, Index, Line)
{
    /// <summary>What its pipeline reads.</summary>
    public required DatasetConfig Config { get; init; }

    /// <summary>The same as a file that goes with the upload: every key that the pipeline reads, variables substituted, defaults filled in.</summary>
    public required JsonElement UploadConfig { get; init; }

    /// <summary>How and when it is drawn from.</summary>
    public SamplingConfig Sampling { get; init; } = new();

    /// <summary>Store of its embedded captions; null for none.</summary>
    public string? TextEmbeds { get; init; }

    /// <summary>Datasets whose records are dropped here.</summary>
    public IReadOnlyList<string> DedupAgainst { get; init; } = [];
}

/// <summary>Records of text.</summary>
public sealed record TextEntry(string Id, int Index, int Line) : DataEntry(Id, DatasetType.Text, Index, Line);

/// <summary>Pairs or labels of what is preferred.</summary>
public sealed record PreferenceEntry(string Id, int Index, int Line) : DataEntry(Id, DatasetType.Preference, Index, Line);

/// <summary>Captions without pictures.</summary>
public sealed record CaptionEntry(string Id, int Index, int Line) : DataEntry(Id, DatasetType.Caption, Index, Line);

/// <summary>A dataset with pictures or films.</summary>
public abstract record PictureEntry(string Id, DatasetType Type, int Index, int Line) : DataEntry(Id, Type, Index, Line)
{
    /// <summary>Datasets of pictures that go with these.</summary>
    public IReadOnlyList<string> ConditioningData { get; init; } = [];

    /// <summary>Store of its embedded pictures; null for none.</summary>
    public string? ImageEmbeds { get; init; }

    /// <summary>Store of its embedded conditioning pictures; null for none.</summary>
    public string? ConditioningImageEmbeds { get; init; }
}

/// <summary>Pictures with captions.</summary>
public sealed record ImageEntry(string Id, int Index, int Line) : PictureEntry(Id, DatasetType.Image, Index, Line);

/// <summary>Films with captions.</summary>
public sealed record VideoEntry(string Id, int Index, int Line) : PictureEntry(Id, DatasetType.Video, Index, Line);

/// <summary>What conditioning pictures say about their sources.</summary>
public enum ConditioningType
{
    /// <summary>Input of a control network.</summary>
    Controlnet,

    /// <summary>Where the loss counts.</summary>
    Mask,

    /// <summary>Which pixel belongs to what.</summary>
    Segmentation,

    /// <summary>A reference, cut exactly as its source.</summary>
    ReferenceStrict,

    /// <summary>A reference of any size.</summary>
    ReferenceLoose,
}

/// <summary>Pictures that go with those of another dataset.</summary>
public sealed record ConditioningEntry(string Id, int Index, int Line) : PictureEntry(Id, DatasetType.Conditioning, Index, Line)
{
    /// <summary>What they say. Default controlnet.</summary>
    public ConditioningType ConditioningType { get; init; }

    /// <summary>The dataset that they go with; null where that one names this one.</summary>
    public string? SourceDatasetId { get; init; }
}

/// <summary>Data that is never trained on.</summary>
public sealed record EvalEntry(string Id, int Index, int Line) : PictureEntry(Id, DatasetType.Eval, Index, Line)
{
    /// <summary>The dataset that it evaluates; null for all.</summary>
    public string? EvalOf { get; init; }
}

/// <summary>A store of embeddings.</summary>
public abstract record StoreEntry(string Id, DatasetType Type, int Index, int Line) : DatasetEntry(Id, Type, Index, Line)
{
    /// <summary>Whether datasets that name no store use it.</summary>
    public bool Default { get; init; }

    /// <summary>Reference of the model that embeds; null for the job's.</summary>
    public string? Model { get; init; }

    /// <summary>Type of the stored numbers: f32 or bf16.</summary>
    public string Dtype { get; init; } = "f32";
}

/// <summary>A store of embedded texts.</summary>
public sealed record TextStoreEntry(string Id, int Index, int Line) : StoreEntry(Id, DatasetType.TextEmbeds, Index, Line)
{
    /// <summary>What is taken out of captions.</summary>
    public CaptionFilter Filter { get; init; } = CaptionFilter.None;
}

/// <summary>A store of embedded pictures.</summary>
public sealed record ImageStoreEntry(string Id, int Index, int Line) : StoreEntry(Id, DatasetType.ImageEmbeds, Index, Line);

/// <summary>A store of embedded conditioning pictures.</summary>
public sealed record ConditioningStoreEntry(string Id, int Index, int Line) : StoreEntry(Id, DatasetType.ConditioningImageEmbeds, Index, Line);
