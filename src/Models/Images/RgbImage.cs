namespace Temper.Models;

/// <summary>An image in memory: 8-bit red, green and blue, rows from the top, no padding: [Height, Width, 3].</summary>
public sealed class RgbImage
{
    /// <summary>An image of pixels that exist; the array is not copied.</summary>
    /// <param name="width">1 and up.</param>
    /// <param name="height">1 and up.</param>
    /// <param name="pixels">Height · Width · 3 bytes.</param>
    public RgbImage(int width, int height, byte[] pixels)
    {
        if (width < 1 || height < 1 || pixels.LongLength != 3L * width * height)
            throw new ArgumentException($"{pixels.LongLength} bytes are not {width} × {height} pixels of 3", nameof(pixels));
        (Width, Height, Pixels) = (width, height, pixels);
    }

    /// <summary>Pixels in a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>The bytes: red, green, blue of the first pixel first.</summary>
    public byte[] Pixels { get; }

    /// <summary>The bytes of a row.</summary>
    public ReadOnlySpan<byte> Row(int y) => Pixels.AsSpan(y * Width * 3, Width * 3);

    /// <summary>A part as an image of its own.</summary>
    /// <param name="x">First column.</param>
    /// <param name="y">First row.</param>
    /// <param name="width">Columns; the part lies inside the image.</param>
    /// <param name="height">Rows.</param>
    public RgbImage Crop(int x, int y, int width, int height)
    {
        if (x < 0 || y < 0 || width < 1 || height < 1 || x > Width - width || y > Height - height)
            throw new ArgumentOutOfRangeException(nameof(x), $"{width} × {height} at ({x}, {y}) is not inside {Width} × {Height}");
        if (width == Width && height == Height) return this;
        var part = new byte[3 * width * height];
        for (var row = 0; row < height; row++)
            Pixels.AsSpan(((y + row) * Width + x) * 3, width * 3).CopyTo(part.AsSpan(row * width * 3));
        return new(width, height, part);
    }
}
