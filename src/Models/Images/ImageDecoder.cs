using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>A decoded image.</summary>
/// <param name="Image">Upright: the orientation is applied.</param>
/// <param name="Header">What the file said.</param>
public sealed record DecodedImage(RgbImage Image, ImageHeader Header);

/// <summary>
/// Decodes PNG and JPEG files to 8-bit RGB. Files are taken for hostile: whatever the bytes are, the outcome is an image or a
/// <see cref="TemperException"/> with a code IMG_…, within the limits; a part of an image is never returned. Colour profiles and gamma are not applied;
/// transparency is laid over white; 16-bit samples are rounded to 8.
/// </summary>
public static class ImageDecoder
{
    /// <summary>Reads header and structure of a file; no pixel is decoded.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="limits">Null for the defaults.</param>
    /// <exception cref="TemperException">IMG_UNSUPPORTED, IMG_TRUNCATED, IMG_CORRUPT, IMG_NO_PIXELS, IMG_TOO_LARGE or IMG_BOMB.</exception>
    public static ImageHeader ReadHeader(byte[] file, ImageLimits? limits = null)
    {
        limits ??= ImageLimits.Default;
        return Supported(file, limits) == ImageFormat.Png ? PngFile.Read(file, limits).Header() : JpegFile.Read(file, limits, decode: false).Header();
    }

    /// <summary>Decodes a file.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="limits">Null for the defaults.</param>
    /// <param name="ct">Asked at least once per row or scan.</param>
    /// <exception cref="TemperException">As of <see cref="ReadHeader"/>.</exception>
    public static DecodedImage Decode(byte[] file, ImageLimits? limits = null, CancellationToken ct = default)
    {
        limits ??= ImageLimits.Default;
        var (image, header) = Supported(file, limits) == ImageFormat.Png ? DecodePng(file, limits, ct) : DecodeJpeg(file, limits, ct);
        if (header.Orientation != 1) limits.CheckMemory(6L * header.Width * header.Height);
        return new(Orientation.Apply(image, header.Orientation), header);
    }

    private static (RgbImage, ImageHeader) DecodePng(byte[] file, ImageLimits limits, CancellationToken ct)
    {
        var png = PngFile.Read(file, limits);
        return (PngPixels.Decode(png, ct), png.Header());
    }

    private static (RgbImage, ImageHeader) DecodeJpeg(byte[] file, ImageLimits limits, CancellationToken ct)
    {
        var jpeg = JpegFile.Read(file, limits, decode: true, ct);
        return (JpegColours.ToRgb(jpeg, ct), jpeg.Header());
    }

    private static ImageFormat Supported(byte[] file, ImageLimits limits)
    {
        if (file.LongLength > limits.MaxFileBytes) throw ImageFault.Of("IMG_TOO_LARGE", $"The file has {file.LongLength} bytes; an image may have {limits.MaxFileBytes}.");
        var format = ImageSignature.Of(file.AsSpan(0, Math.Min(file.Length, 512)));
        if (format is ImageFormat.Png or ImageFormat.Jpeg) return format;
        if (ImageSignature.IsBeginning(file)) throw ImageFault.Of("IMG_TRUNCATED", $"The file has {file.Length} bytes.");
        throw ImageFault.Of("IMG_UNSUPPORTED", $"By its first bytes the file is {ImageSignature.Shown(format)}; PNG and JPEG are decoded.");
    }
}
