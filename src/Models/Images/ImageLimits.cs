namespace Temper.Models;

/// <summary>
/// What a decoder may spend on one image. Every limit is checked from the header, before memory is taken; the work that is left is bounded by them,
/// so that no clock is needed and the same file is judged alike on every machine.
/// </summary>
public sealed record ImageLimits
{
    /// <summary>The defaults of the product.</summary>
    public static readonly ImageLimits Default = new();

    /// <summary>Most pixels. Default 100,000,000.</summary>
    public long MaxPixels { get; init; } = 100_000_000;

    /// <summary>Longest side in pixels. Default 30,000.</summary>
    public int MaxSide { get; init; } = 30_000;

    /// <summary>Most bytes of a file. Default 256 MiB.</summary>
    public long MaxFileBytes { get; init; } = 256L << 20;

    /// <summary>Most bytes that decoding may take, the result included. Default 1 GiB.</summary>
    public long MaxMemory { get; init; } = 1L << 30;

    /// <summary>Most scans of a JPEG; writers of progressive ones make about ten. Default 100.</summary>
    public int MaxScans { get; init; } = 100;

    /// <summary>Fewest file bytes per pixel of images above <see cref="FloorFrom"/> pixels. Default 1/2000: a blank page of 100 megapixels has 50 kB.</summary>
    public double MinBytesPerPixel { get; init; } = 0.0005;

    /// <summary>Pixels up to which there is no floor. Default 4,000,000.</summary>
    public long FloorFrom { get; init; } = 4_000_000;

    /// <summary>Checks a size that a header says.</summary>
    /// <exception cref="Core.Errors.TemperException">IMG_NO_PIXELS, IMG_TOO_LARGE or IMG_BOMB.</exception>
    internal void Check(long width, long height, long fileBytes)
    {
        if (width == 0 || height == 0) throw ImageFault.Of("IMG_NO_PIXELS", $"The header says {width} × {height} pixels.");
        if (width > MaxSide || height > MaxSide) throw ImageFault.Of("IMG_TOO_LARGE", $"The header says {width} × {height} pixels; a side may have {MaxSide}.");
        if (width * height > MaxPixels) throw ImageFault.Of("IMG_TOO_LARGE", $"The header says {width} × {height} = {width * height} pixels; {MaxPixels} are allowed.");
        if (width * height > FloorFrom && fileBytes < width * height * MinBytesPerPixel)
            throw ImageFault.Of("IMG_BOMB", $"The header says {width} × {height} pixels, but the file has {fileBytes} bytes: less than any picture of that size.");
    }

    /// <summary>Checks what decoding will take.</summary>
    /// <exception cref="Core.Errors.TemperException">IMG_TOO_LARGE.</exception>
    internal void CheckMemory(long bytes)
    {
        if (bytes > MaxMemory) throw ImageFault.Of("IMG_TOO_LARGE", $"Decoding would take {bytes} bytes of memory; {MaxMemory} are allowed.");
    }
}
