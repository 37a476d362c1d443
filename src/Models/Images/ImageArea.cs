namespace Temper.Models;

/// <summary>What a number that stands for a size counts.</summary>
public enum ResolutionUnit
{
    /// <summary>Pixels of the shorter edge.</summary>
    Pixel,

    /// <summary>Megapixels: 10⁶ pixels.</summary>
    Area,

    /// <summary>The edge of a square with as many pixels.</summary>
    PixelArea,
}

/// <summary>The one conversion between pixels, megapixels and edges; nothing else in the product converts them.</summary>
public static class ImageArea
{
    private const double Megapixel = 1_000_000;

    /// <summary>Pixels of a square image of a size: the edge squared, or the megapixels times 10⁶.</summary>
    /// <param name="size">Above 0.</param>
    /// <param name="unit">What it counts.</param>
    public static double Pixels(double size, ResolutionUnit unit) => unit == ResolutionUnit.Area ? size * Megapixel : size * size;

    /// <summary>The size of an image, so that it can be compared with another of the same unit.</summary>
    /// <param name="width">Pixels.</param>
    /// <param name="height">Pixels.</param>
    /// <param name="unit">What to count.</param>
    public static double Size(double width, double height, ResolutionUnit unit) => unit switch
    {
        ResolutionUnit.Pixel => Math.Min(width, height),
        ResolutionUnit.Area => width * height / Megapixel,
        _ => Math.Sqrt(width * height),
    };

    /// <summary>Width and height, not rounded, of an image of a size and an aspect.</summary>
    /// <param name="size">Above 0.</param>
    /// <param name="unit">What it counts.</param>
    /// <param name="aspect">Width by height, above 0.</param>
    public static (double Width, double Height) Edges(double size, ResolutionUnit unit, double aspect)
    {
        var edge = Math.Sqrt(Pixels(size, unit));
        if (unit == ResolutionUnit.Pixel) return aspect >= 1 ? (edge * aspect, edge) : (edge, edge / aspect);
        var root = Math.Sqrt(aspect);
        return (edge * root, edge / root);
    }
}
