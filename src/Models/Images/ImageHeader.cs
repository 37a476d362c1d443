namespace Temper.Models;

/// <summary>What an image file says of itself before a pixel is decoded.</summary>
/// <param name="Format">By its first bytes.</param>
/// <param name="Width">Pixels in a stored row.</param>
/// <param name="Height">Stored rows.</param>
/// <param name="Orientation">EXIF orientation, 1 to 8; 1 where none or a wrong one is given. 5 to 8 swap the sides.</param>
/// <param name="Kind">For people: grey, RGB, palette, CMYK…, bits a sample, and whether interlaced or progressive.</param>
/// <param name="Warnings">Codes of what is worth knowing: IMG_TRAILING_DATA, IMG_ANIMATED, IMG_COLOUR_PROFILE.</param>
public sealed record ImageHeader(ImageFormat Format, int Width, int Height, int Orientation, string Kind, IReadOnlyList<string> Warnings)
{
    /// <summary>Pixels in a row once the orientation is applied.</summary>
    public int UprightWidth => Orientation >= 5 ? Height : Width;

    /// <summary>Rows once the orientation is applied.</summary>
    public int UprightHeight => Orientation >= 5 ? Width : Height;
}
