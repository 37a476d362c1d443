using System.Numerics;

namespace Temper.Models;

/// <summary>
/// 64 bits that look alike for images that look alike: the image in grey, resized to 9 × 8; a bit says whether a pixel is darker than the one to its right
/// (difference hash). Other sizes and compressions of a picture differ in few bits, other pictures in about half of them.
/// </summary>
public static class DifferenceHash
{
    /// <summary>The bits of an image, rows from the top, the first pixel's bit highest.</summary>
    public static ulong Of(RgbImage image)
    {
        var small = ImageResize.To(image, 9, 8, ResampleFilter.Bilinear).Pixels;
        var bits = 0ul;
        for (var y = 0; y < 8; y++)
            for (var x = 0; x < 8; x++)
                bits = bits << 1 | (Grey(small, y * 9 + x) < Grey(small, y * 9 + x + 1) ? 1ul : 0);
        return bits;
    }

    /// <summary>How many bits differ, 0 to 64.</summary>
    public static int Distance(ulong a, ulong b) => BitOperations.PopCount(a ^ b);

    /// <summary>1,000 times the luma of ITU-R BT.601.</summary>
    private static int Grey(byte[] pixels, int at) => 299 * pixels[3 * at] + 587 * pixels[3 * at + 1] + 114 * pixels[3 * at + 2];
}
