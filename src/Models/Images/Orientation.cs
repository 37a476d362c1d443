using System.Buffers.Binary;

namespace Temper.Models;

/// <summary>EXIF orientation (tag 0x0112): how a camera was held.</summary>
internal static class Orientation
{
    private const ushort Tag = 0x0112, Short = 3;

    /// <summary>The orientation in an EXIF block (a TIFF header and its first directory); 1 where it says none or a wrong one.</summary>
    public static int Read(ReadOnlySpan<byte> tiff)
    {
        if (tiff.Length < 8) return 1;
        var little = tiff.StartsWith("II*\0"u8);
        if (!little && !tiff.StartsWith("MM\0*"u8)) return 1;
        var directory = Number32(tiff[4..], little);
        if (directory < 8 || directory > tiff.Length - 2) return 1;
        var entries = tiff[((int)directory + 2)..];
        for (var left = Number16(tiff[(int)directory..], little); left > 0 && entries.Length >= 12; left--, entries = entries[12..])
        {
            if (Number16(entries, little) != Tag) continue;
            var value = Number16(entries[8..], little);
            return Number16(entries[2..], little) == Short && value is >= 1 and <= 8 ? value : 1;
        }
        return 1;
    }

    /// <summary>The image as it is to be looked at: 2 mirrored, 3 turned by 180°, 4 upside down mirrored, 5 transposed, 6 turned right, 7 transversed, 8 turned left.</summary>
    public static RgbImage Apply(RgbImage stored, int orientation)
    {
        if (orientation == 1) return stored;
        var (w, h) = (stored.Width, stored.Height);
        // Where the stored pixel (0, 0) goes, and how far one step right or down in the stored image leads in the upright one.
        var wide = orientation >= 5 ? h : w;
        var (origin, right, down) = orientation switch
        {
            2 => (w - 1, -1, wide),
            3 => (w * h - 1, -1, -wide),
            4 => ((h - 1) * wide, 1, -wide),
            5 => (0, wide, 1),
            6 => (h - 1, wide, -1),
            7 => (w * h - 1, -wide, -1),
            _ => ((w - 1) * wide, -wide, 1),
        };
        var (from, to) = (stored.Pixels, new byte[stored.Pixels.Length]);
        for (var y = 0; y < h; y++)
            for (var (x, target) = (0, origin + y * down); x < w; x++, target += right)
                from.AsSpan((y * w + x) * 3, 3).CopyTo(to.AsSpan(target * 3));
        return orientation >= 5 ? new(h, w, to) : new(w, h, to);
    }

    private static ushort Number16(ReadOnlySpan<byte> at, bool little) => little ? BinaryPrimitives.ReadUInt16LittleEndian(at) : BinaryPrimitives.ReadUInt16BigEndian(at);

    private static uint Number32(ReadOnlySpan<byte> at, bool little) => little ? BinaryPrimitives.ReadUInt32LittleEndian(at) : BinaryPrimitives.ReadUInt32BigEndian(at);
}
