namespace Temper.Ingest;

/// <summary>What becomes of a key.</summary>
internal enum KeyFate
{
    /// <summary>It does what it says.</summary>
    Read,

    /// <summary>It is accepted with the warning CFG_IGNORED, for files that were written for SimpleTuner.</summary>
    Ignored,

    /// <summary>It belongs into a training recipe.</summary>
    Recipe,

    /// <summary>It is refused: what it asks for cannot be done.</summary>
    Refused,
}

/// <summary>Which reader a key is for.</summary>
internal enum KeyReader
{
    /// <summary>The pipeline of one dataset: also in the dataset.yaml of an upload.</summary>
    Pipeline,

    /// <summary>The plan of many datasets: where data comes from, how it is drawn, what goes with what.</summary>
    Plan,
}

/// <summary>One key that a dataset's mapping may hold: the one place that says what it may be.</summary>
/// <param name="Path">Its name; below a section the section's path, a dot and the name. '*' stands for any name.</param>
/// <param name="For">Dataset types that have it, as bits of <see cref="For"/>.</param>
/// <param name="Shape">What its value may be.</param>
/// <param name="Default">The value when it is absent, as documented.</param>
/// <param name="Meaning">What it does, in one sentence without a final stop.</param>
internal sealed record ConfigKey(string Path, int For, KeyShape Shape, string Default, string Meaning)
{
    public KeyFate Fate { get; init; }

    public KeyReader Reader { get; init; }

    /// <summary>Why it is ignored or refused, or the recipe's name for it.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Dataset types that accept the key, but only warn that it does nothing there; bits of <see cref="For"/>.</summary>
    public int IgnoredFor { get; init; }

    /// <summary>Backend types that have it, as bits of <see cref="Backend"/>; all when 0.</summary>
    public int Backends { get; init; }

    /// <summary>The last part of the path.</summary>
    public string Name => Path[(Path.LastIndexOf('.') + 1)..];
}

/// <summary>Sets of dataset types as bits.</summary>
internal static class For
{
    public const int Text = 1 << (int)DatasetType.Text;
    public const int Preference = 1 << (int)DatasetType.Preference;
    public const int Image = 1 << (int)DatasetType.Image;
    public const int Video = 1 << (int)DatasetType.Video;
    public const int Conditioning = 1 << (int)DatasetType.Conditioning;
    public const int Eval = 1 << (int)DatasetType.Eval;
    public const int Caption = 1 << (int)DatasetType.Caption;
    public const int TextEmbeds = 1 << (int)DatasetType.TextEmbeds;
    public const int ImageEmbeds = 1 << (int)DatasetType.ImageEmbeds;
    public const int ConditioningEmbeds = 1 << (int)DatasetType.ConditioningImageEmbeds;
    public const int Words = Text | Preference | Eval | Caption;
    public const int Pictures = Image | Video | Conditioning | Eval;
    public const int Data = Words | Pictures;
    public const int Stores = TextEmbeds | ImageEmbeds | ConditioningEmbeds;
    public const int All = Data | Stores;

    public static int Of(DatasetType type) => 1 << (int)type;
}

/// <summary>Sets of backend types as bits.</summary>
internal static class Backend
{
    public const int Local = 1;
    public const int Azure = 2;
    public const int Aws = 4;
    public const int Csv = 8;
    public const int Hub = 16;
    public const int Memory = 32;
    public const int Plugin = 64;

    /// <summary>Where the kind is unknown, and reported as such, every key may be meant.</summary>
    public const int Any = 127;

    /// <summary>Names as they are written, in the order of the bits.</summary>
    public static readonly string[] Names = ["local", "azure", "aws", "csv", "huggingface", "memory"];

    public static int Of(string type) => Array.IndexOf(Names, type == "s3" ? "aws" : type) is >= 0 and var index ? 1 << index : Plugin;
}
