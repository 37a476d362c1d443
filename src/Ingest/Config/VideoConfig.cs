namespace Temper.Ingest;

/// <summary>How films are sorted.</summary>
public enum VideoBuckets
{
    /// <summary>By aspect.</summary>
    AspectRatio,

    /// <summary>By width, height and number of frames.</summary>
    ResolutionFrames,
}

/// <summary>Which films are used, and how long.</summary>
public sealed record VideoConfig
{
    /// <summary>Frames that are trained on, 1 to 100,000. Default 125.</summary>
    public int NumFrames { get; init; } = 125;

    /// <summary>Least frames of a film, at most what it has; default <see cref="NumFrames"/>.</summary>
    public int MinFrames { get; init; } = 125;

    /// <summary>Most frames of a film; null for no limit.</summary>
    public int? MaxFrames { get; init; }

    /// <summary>Whether the first frame conditions the others. Default false.</summary>
    public bool IsI2v { get; init; }

    /// <summary>How films are sorted. Default aspect_ratio.</summary>
    public VideoBuckets BucketStrategy { get; init; }

    /// <summary>Frames are counted in steps of this many; null for 1.</summary>
    public int? FrameInterval { get; init; }
}
