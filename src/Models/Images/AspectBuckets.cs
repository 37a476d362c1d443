using System.Globalization;
using Temper.Core.Ids;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>A group of images that are trained together, because they are prepared to one size.</summary>
/// <param name="Width">Pixels of a prepared row.</param>
/// <param name="Height">Prepared rows.</param>
public readonly record struct AspectBucket(int Width, int Height);

/// <summary>Which aspect an image is prepared to.</summary>
public enum BucketAspect
{
    /// <summary>1.</summary>
    Square,

    /// <summary>The image's own, rounded.</summary>
    Preserve,

    /// <summary>The nearest of the choices, by ratio.</summary>
    Closest,

    /// <summary>One of the choices, by weight, as the record's digest says.</summary>
    Random,
}

/// <summary>
/// How images are sorted into buckets: an image's aspect is rounded to so many decimals, an edge to a multiple of the alignment. Sizes of single aspects
/// can be fixed by a map, as <c>aspect_ratio_map-{resolution}.json</c> does.
/// </summary>
public sealed record AspectBuckets
{
    private const uint ChoiceStream = 71;

    /// <summary>Size of prepared images.</summary>
    public double Resolution { get; init; } = 1024;

    /// <summary>What <see cref="Resolution"/> counts.</summary>
    public ResolutionUnit Unit { get; init; } = ResolutionUnit.PixelArea;

    /// <summary>The aspect that images get.</summary>
    public BucketAspect Aspect { get; init; } = BucketAspect.Preserve;

    /// <summary>Aspects (width by height, above 0) and their weights (above 0), for closest and random.</summary>
    public IReadOnlyList<(double Aspect, double Weight)> Choices { get; init; } = [];

    /// <summary>Decimals of an aspect, 1 to 9. Default 2.</summary>
    public int Rounding { get; init; } = 2;

    /// <summary>Edges are multiples of it: 8 to 64. Default 64.</summary>
    public int Alignment { get; init; } = 64;

    /// <summary>Width and height of rounded aspects ("1.78"); aspects that are not in it are computed.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<int>> Map { get; init; } = new Dictionary<string, IReadOnlyList<int>>();

    /// <summary>The bucket of an image.</summary>
    /// <param name="width">Upright.</param>
    /// <param name="height">Upright.</param>
    /// <param name="record">Decides where chance does.</param>
    public AspectBucket Of(int width, int height, Digest record) => OfAspect(Aspect switch
    {
        BucketAspect.Square => 1,
        BucketAspect.Preserve => (double)width / height,
        BucketAspect.Closest => Choices.MinBy(choice => Math.Abs(Math.Log(choice.Aspect * height / width))).Aspect,
        _ => Drawn(record),
    });

    /// <summary>The bucket of an aspect.</summary>
    /// <param name="aspect">Width by height, above 0.</param>
    public AspectBucket OfAspect(double aspect)
    {
        var rounded = Rounded(aspect);
        if (Mapped(rounded) is [var width, var height]) return new(width, height);
        var (across, down) = ImageArea.Edges(Resolution, Unit, rounded);
        return new(Aligned(across), Aligned(down));
    }

    /// <summary>An aspect to the decimals of <see cref="Rounding"/>; never 0.</summary>
    public double Rounded(double aspect) => Math.Max(Math.Round(aspect, Rounding, MidpointRounding.AwayFromZero), Math.Pow(10, -Rounding));

    private IReadOnlyList<int>? Mapped(double aspect) => Map.Count == 0 ? null
        : Map.FirstOrDefault(entry => double.TryParse(entry.Key, CultureInfo.InvariantCulture, out var key) && Rounded(key) == aspect).Value;

    private int Aligned(double edge) => Math.Max(1, (int)Math.Round(edge / Alignment, MidpointRounding.AwayFromZero)) * Alignment;

    private double Drawn(Digest record)
    {
        var draw = Philox.Uniform(new RandomKey(ImageGeometry.SeedOf(record), ChoiceStream), 0) * Choices.Sum(choice => choice.Weight);
        foreach (var (aspect, weight) in Choices)
        {
            if ((draw -= weight) < 0) return aspect;
        }
        return Choices[^1].Aspect;
    }
}
