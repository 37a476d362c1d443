namespace Temper.Ingest;

/// <summary>Which part of a picture is cut out.</summary>
public enum CropStyle
{
    /// <summary>A place that follows from the record's own digest.</summary>
    Random,

    /// <summary>The middle.</summary>
    Center,

    /// <summary>The upper left corner.</summary>
    Corner,
}

/// <summary>The aspect that a cut-out has.</summary>
public enum CropAspect
{
    /// <summary>1.</summary>
    Square,

    /// <summary>The picture's own.</summary>
    Preserve,

    /// <summary>The nearest of <c>crop_aspect_buckets</c>.</summary>
    Closest,

    /// <summary>One of <c>crop_aspect_buckets</c>, by weight.</summary>
    Random,
}

/// <summary>What <c>resolution</c> and the limits of size count.</summary>
public enum ResolutionType
{
    /// <summary>Pixels of the shorter edge.</summary>
    Pixel,

    /// <summary>Megapixels (10^6 pixels).</summary>
    Area,

    /// <summary>The edge of a square with as many pixels.</summary>
    PixelArea,
}

/// <summary>Where the list of pictures and their sizes comes from.</summary>
public enum MetadataBackend
{
    /// <summary>The files themselves.</summary>
    Discovery,

    /// <summary>The table <c>parquet</c>.</summary>
    Parquet,

    /// <summary>The hub's rows.</summary>
    Huggingface,
}

/// <summary>An aspect that pictures are cut to.</summary>
/// <param name="Aspect">Width by height, 0.1 to 10.</param>
/// <param name="Weight">Share among the others, above 0. Default 1.</param>
public sealed record AspectChoice(double Aspect, double Weight = 1);

/// <summary>How pictures are read, sorted by size and cut. Names and meanings are those of SimpleTuner's dataset keys.</summary>
public sealed record ImageConfig
{
    /// <summary>Whether pictures are cut to the aspect of <see cref="CropAspect"/>. Default false.</summary>
    public bool Crop { get; init; }

    /// <summary>Which part is cut out. Default random.</summary>
    public CropStyle CropStyle { get; init; }

    /// <summary>The aspect of what is cut out. Default square.</summary>
    public CropAspect CropAspect { get; init; }

    /// <summary>Aspects for closest and random.</summary>
    public IReadOnlyList<AspectChoice> CropAspectBuckets { get; init; } = [];

    /// <summary>Size of the prepared pictures in the unit of <see cref="ResolutionType"/>. Default 1024, or 1 where the unit is area.</summary>
    public double Resolution { get; init; } = 1024;

    /// <summary>Unit of <see cref="Resolution"/> and the limits. Default pixel_area.</summary>
    public ResolutionType ResolutionType { get; init; } = ResolutionType.PixelArea;

    /// <summary>Smaller pictures are left out; null for no limit.</summary>
    public double? MinimumImageSize { get; init; }

    /// <summary>Larger pictures are made smaller before they are cut; null for no limit.</summary>
    public double? MaximumImageSize { get; init; }

    /// <summary>The size that larger pictures are made; set with <see cref="MaximumImageSize"/> or not at all.</summary>
    public double? TargetDownsampleSize { get; init; }

    /// <summary>Least width by height; null for no limit.</summary>
    public double? MinimumAspectRatio { get; init; }

    /// <summary>Largest width by height; null for no limit.</summary>
    public double? MaximumAspectRatio { get; init; }

    /// <summary>Largest share by which a picture may have to grow to fill its bucket, 0 to 1; null for no limit.</summary>
    public double? MaxUpscaleThreshold { get; init; }

    /// <summary>Decimals of the buckets' aspects, 1 to 9. Default 2.</summary>
    public int AspectBucketRounding { get; init; } = 2;

    /// <summary>Edges of prepared pictures are multiples of this many pixels: 8, 16, 24, 32 or 64. Default 64.</summary>
    public int AspectBucketAlignment { get; init; } = 64;

    /// <summary>Width and height by rounded aspect, from the upload's <c>aspect_ratio_map-{resolution}.json</c>; null where it brings none.</summary>
    public SortedDictionary<string, IReadOnlyList<int>>? AspectRatioMap { get; init; }

    /// <summary>Where sizes and names come from. Default discovery.</summary>
    public MetadataBackend MetadataBackend { get; init; }

    /// <summary>The table of captions and sizes; null for none.</summary>
    public CaptionTable? Table { get; init; }

    /// <summary>Captions.</summary>
    public CaptionConfig Captions { get; init; } = new();
}
