using System.Globalization;
using Temper.Core.Ids;
using Temper.Models;

namespace Temper.Ingest;

/// <summary>Rules of the configuration that leave images out, and how those that stay are brought to the sizes of their buckets.</summary>
public sealed class ImageRules
{
    private readonly ImageConfig _config;
    private readonly ResolutionUnit _unit;

    /// <summary>Rules of a configuration.</summary>
    public ImageRules(ImageConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        (_config, _unit) = (config, (ResolutionUnit)config.ResolutionType);
        Geometry = new()
        {
            Buckets = new()
            {
                Resolution = config.Resolution,
                Unit = _unit,
                Aspect = config.Crop ? (BucketAspect)config.CropAspect : BucketAspect.Preserve,
                Choices = [.. config.CropAspectBuckets.Select(choice => (choice.Aspect, choice.Weight))],
                Rounding = config.AspectBucketRounding,
                Alignment = config.AspectBucketAlignment,
                Map = config.AspectRatioMap ?? [],
            },
            Crop = config.Crop,
            Place = (CropPlace)config.CropStyle,
            DownsampleAbove = config.MaximumImageSize,
            DownsampleTo = config.TargetDownsampleSize,
        };
    }

    /// <summary>Codes of images that a rule leaves out.</summary>
    public static IReadOnlyList<string> Codes { get; } = ["IMG_TOO_SMALL", "IMG_ASPECT_RATIO", "IMG_UPSCALE"];

    /// <summary>Sizes and cuts.</summary>
    public ImageGeometry Geometry { get; }

    /// <summary>The first rule that leaves an image out, and why; null where it stays.</summary>
    /// <param name="width">Upright.</param>
    /// <param name="height">Upright.</param>
    /// <param name="image">Digest of the file.</param>
    internal RecordFault? Broken(int width, int height, Digest image)
    {
        var (size, aspect) = (ImageArea.Size(width, height, _unit), (double)width / height);
        if (size < _config.MinimumImageSize)
            return new("IMG_TOO_SMALL", Said($"minimum_image_size is {_config.MinimumImageSize} ({Unit()}); {width} × {height} counts {size:0.###}."));
        if (aspect < _config.MinimumAspectRatio)
            return new("IMG_ASPECT_RATIO", Said($"minimum_aspect_ratio is {_config.MinimumAspectRatio}; {width} × {height} is {aspect:0.###}."));
        if (aspect > _config.MaximumAspectRatio)
            return new("IMG_ASPECT_RATIO", Said($"maximum_aspect_ratio is {_config.MaximumAspectRatio}; {width} × {height} is {aspect:0.###}."));
        if (_config.MaxUpscaleThreshold is not { } most)
            return null;
        var bucket = Geometry.Buckets.Of(width, height, image);
        var grows = Math.Max((double)bucket.Width / width, (double)bucket.Height / height) - 1;
        return grows <= most ? null : new("IMG_UPSCALE", Said($"max_upscale_threshold is {most}; {width} × {height} would grow by {grows:0.###} to fill {bucket.Width} × {bucket.Height}."));
    }

    private string Unit() => _unit switch { ResolutionUnit.Pixel => "pixels of the shorter edge", ResolutionUnit.Area => "megapixels", _ => "edge of a square with as many pixels" };

    private static string Said(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
