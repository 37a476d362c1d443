namespace Temper.Ingest;

/// <summary>Where the caption of a picture comes from.</summary>
public enum CaptionStrategy
{
    /// <summary>A file of the same name with the ending .txt.</summary>
    Textfile,

    /// <summary>The same text for all: <c>instance_prompt</c>.</summary>
    Instanceprompt,

    /// <summary>The file's own name, '_' read as a space.</summary>
    Filename,

    /// <summary>A column of a parquet or jsonl file: <c>parquet</c>.</summary>
    Parquet,

    /// <summary>A column of the hub's rows: <c>caption_column</c>.</summary>
    Huggingface,

    /// <summary>A column of the CSV file: <c>csv_caption_column</c>.</summary>
    Csv,

    /// <summary>The name of the folder that the picture is in: its class.</summary>
    Folder,

    /// <summary>There are none.</summary>
    None,
}

/// <summary>More captions from one by changing the order of its parts.</summary>
public sealed record CaptionShuffle
{
    /// <summary>Whether captions are shuffled. Default false.</summary>
    public bool Enable { get; init; }

    /// <summary>Shuffled captions a caption, 1 to 100. Default 1.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Key of the order; null for the job's.</summary>
    public long? Seed { get; init; }

    /// <summary>What separates the parts: <c>comma</c>, <c>space</c>, <c>period</c>, or any text of 1 to 8 characters. Default comma.</summary>
    public string SplitOn { get; init; } = "comma";

    /// <summary>Parts at the beginning that keep their place, 0 to 1000. Default 0.</summary>
    public int PositionStart { get; init; }

    /// <summary>Whether the caption itself is kept beside the shuffled ones. Default true.</summary>
    public bool IncludeOriginal { get; init; } = true;
}

/// <summary>Captions of a dataset of pictures.</summary>
public sealed record CaptionConfig
{
    /// <summary>Where they come from. Default textfile.</summary>
    public CaptionStrategy Strategy { get; init; }

    /// <summary>A text that stands for the subject; null for none.</summary>
    public string? InstancePrompt { get; init; }

    /// <summary>Whether the text stands before each caption. Default false; needs <see cref="InstancePrompt"/>.</summary>
    public bool PrependInstancePrompt { get; init; }

    /// <summary>Whether the text replaces each caption. Default false; needs <see cref="InstancePrompt"/>.</summary>
    public bool OnlyInstancePrompt { get; init; }

    /// <summary>Whether a caption file of several lines is one caption instead of one a line. Default false.</summary>
    public bool DisableMultilineSplit { get; init; }

    /// <summary>Shuffled captions.</summary>
    public CaptionShuffle Shuffle { get; init; } = new();

    /// <summary>Terms and expressions that are taken out of each caption, and replacements <c>s/old/new/</c>; see <see cref="CaptionFilter"/>.</summary>
    public IReadOnlyList<string> Filter { get; init; } = [];

    /// <summary>Share of the draws in which the caption is left out, 0 to 1; null for the job's.</summary>
    public double? DropoutProbability { get; init; }
}

/// <summary>A table of captions and sizes beside the pictures: <c>parquet</c>.</summary>
public sealed record CaptionTable
{
    /// <summary>Its path below the dataset's folder: .parquet or .jsonl.</summary>
    public string Path { get; init; } = "";

    /// <summary>Column of the pictures' names. Default id.</summary>
    public string FilenameColumn { get; init; } = "id";

    /// <summary>Columns of captions, in order; what is empty is left out. Default description.</summary>
    public IReadOnlyList<string> CaptionColumns { get; init; } = ["description"];

    /// <summary>Column that is used where the captions are empty; null for none.</summary>
    public string? FallbackCaptionColumn { get; init; }

    /// <summary>Column of the width; null for none.</summary>
    public string? WidthColumn { get; init; }

    /// <summary>Column of the height; null for none.</summary>
    public string? HeightColumn { get; init; }

    /// <summary>Whether the names carry their endings. Default false.</summary>
    public bool IdentifierIncludesExtension { get; init; }
}
