namespace Temper.Models;

/// <summary>Formats of image files, told apart by their first bytes and never by their names. PNG and JPEG are decoded.</summary>
public enum ImageFormat
{
    /// <summary>None of the others.</summary>
    Unknown,

    /// <summary>Portable Network Graphics (RFC 2083, W3C third edition); decoded.</summary>
    Png,

    /// <summary>JPEG (ITU T.81); decoded.</summary>
    Jpeg,

    /// <summary>GIF.</summary>
    Gif,

    /// <summary>WebP.</summary>
    WebP,

    /// <summary>Windows bitmap.</summary>
    Bmp,

    /// <summary>TIFF, little or big.</summary>
    Tiff,

    /// <summary>Scalable Vector Graphics, or any other XML.</summary>
    Svg,

    /// <summary>HEIF and AVIF.</summary>
    Heif,

    /// <summary>JPEG XL or JPEG 2000.</summary>
    OtherJpeg,
}
