namespace Temper.Models;

/// <summary>Tells formats of images apart by their first bytes.</summary>
public static class ImageSignature
{
    /// <summary>First bytes of every PNG.</summary>
    internal static ReadOnlySpan<byte> Png => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    private static readonly Dictionary<string, ImageFormat> ByExtension = new(StringComparer.OrdinalIgnoreCase)
    {
        [".png"] = ImageFormat.Png,
        [".apng"] = ImageFormat.Png,
        [".jpg"] = ImageFormat.Jpeg,
        [".jpeg"] = ImageFormat.Jpeg,
        [".jpe"] = ImageFormat.Jpeg,
        [".jfif"] = ImageFormat.Jpeg,
        [".gif"] = ImageFormat.Gif,
        [".webp"] = ImageFormat.WebP,
        [".bmp"] = ImageFormat.Bmp,
        [".tif"] = ImageFormat.Tiff,
        [".tiff"] = ImageFormat.Tiff,
        [".svg"] = ImageFormat.Svg,
        [".heic"] = ImageFormat.Heif,
        [".heif"] = ImageFormat.Heif,
        [".avif"] = ImageFormat.Heif,
        [".jxl"] = ImageFormat.OtherJpeg,
        [".jp2"] = ImageFormat.OtherJpeg,
    };

    /// <summary>The format that a file's name promises; Unknown when its extension is not one of images.</summary>
    /// <param name="path">Name or path; the part behind the last dot counts.</param>
    public static ImageFormat OfName(string path) => path.LastIndexOf('.') is >= 0 and var dot ? ByExtension.GetValueOrDefault(path[dot..]) : ImageFormat.Unknown;

    /// <summary>The format that a file's bytes show.</summary>
    /// <param name="begin">The first bytes; 512 are enough.</param>
    public static ImageFormat Of(ReadOnlySpan<byte> begin)
    {
        if (begin.StartsWith(Png)) return ImageFormat.Png;
        if (begin.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF])) return ImageFormat.Jpeg;
        if (begin.StartsWith("GIF87a"u8) || begin.StartsWith("GIF89a"u8)) return ImageFormat.Gif;
        if (begin.StartsWith("RIFF"u8) && At(begin, 8, "WEBP"u8)) return ImageFormat.WebP;
        if (begin.StartsWith("BM"u8)) return ImageFormat.Bmp;
        if (begin.StartsWith("II*\0"u8) || begin.StartsWith("MM\0*"u8) || begin.StartsWith("II+\0"u8) || begin.StartsWith("MM\0+"u8)) return ImageFormat.Tiff;
        if (At(begin, 4, "ftyp"u8)) return ImageFormat.Heif;
        if (begin.StartsWith((ReadOnlySpan<byte>)[0xFF, 0x0A]) || At(begin, 4, "JXL "u8) || At(begin, 4, "jP  "u8)) return ImageFormat.OtherJpeg;
        return IsMarkup(begin) ? ImageFormat.Svg : ImageFormat.Unknown;
    }

    /// <summary>A name for people: PNG, JPEG, GIF….</summary>
    public static string Shown(ImageFormat format) => format switch
    {
        ImageFormat.Png => "PNG",
        ImageFormat.Jpeg => "JPEG",
        ImageFormat.Gif => "GIF",
        ImageFormat.WebP => "WebP",
        ImageFormat.Bmp => "BMP",
        ImageFormat.Tiff => "TIFF",
        ImageFormat.Svg => "SVG or other XML",
        ImageFormat.Heif => "HEIF or AVIF",
        ImageFormat.OtherJpeg => "JPEG XL or JPEG 2000",
        _ => "no image format",
    };

    /// <summary>Whether so few bytes are the begin of a format that is decoded.</summary>
    internal static bool IsBeginning(ReadOnlySpan<byte> file) =>
        Png.StartsWith(file) || ((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]).StartsWith(file);

    private static bool At(ReadOnlySpan<byte> begin, int at, ReadOnlySpan<byte> magic) => begin.Length >= at + magic.Length && begin.Slice(at, magic.Length).SequenceEqual(magic);

    private static bool IsMarkup(ReadOnlySpan<byte> begin)
    {
        if (begin.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF])) begin = begin[3..];
        begin = begin.TrimStart(" \t\r\n"u8);
        return begin.StartsWith("<?xml"u8) || begin.StartsWith("<svg"u8) || begin.StartsWith("<!DOCTYPE"u8) || begin.StartsWith("<!--"u8);
    }
}
