using System.Buffers.Binary;

namespace Temper.Models;

/// <summary>Turns unfiltered rows of a PNG into RGB bytes: bits to samples, palette to colours, 16 bits to 8, alpha over white.</summary>
internal sealed class PngRows(PngFile png, int wide)
{
    private readonly int _transparentGrey = png.Colour == PngColour.Grey && png.Transparent.Length > 0 ? BinaryPrimitives.ReadUInt16BigEndian(png.Transparent) : -1;
    private readonly byte[] _palette = png.Colour == PngColour.Palette ? Flattened(png) : [];

    /// <summary>Writes a row's pixels, <paramref name="step"/> bytes apart.</summary>
    public void Write(ReadOnlySpan<byte> row, byte[] target, int at, int step)
    {
        switch (png.Colour)
        {
            case PngColour.Palette:
                WritePalette(row, target, at, step);
                break;
            case PngColour.Grey:
                WriteGrey(row, target, at, step);
                break;
            case PngColour.GreyAlpha:
                for (var x = 0; x < wide; x++, at += step)
                {
                    var grey = Over(Sample8(row, 2 * x), Sample8(row, 2 * x + 1));
                    (target[at], target[at + 1], target[at + 2]) = (grey, grey, grey);
                }
                break;
            case PngColour.Rgb:
                WriteRgb(row, target, at, step);
                break;
            default:
                for (var x = 0; x < wide; x++, at += step)
                {
                    var alpha = Sample8(row, 4 * x + 3);
                    for (var c = 0; c < 3; c++) target[at + c] = Over(Sample8(row, 4 * x + c), alpha);
                }
                break;
        }
    }

    private void WritePalette(ReadOnlySpan<byte> row, byte[] target, int at, int step)
    {
        for (var x = 0; x < wide; x++, at += step)
        {
            var colour = Packed(row, x) * 3;
            if (colour >= _palette.Length) throw ImageFault.Corrupt(FormattableString.Invariant($"A pixel of the PNG names colour {colour / 3} of a palette of {_palette.Length / 3}."));
            _palette.AsSpan(colour, 3).CopyTo(target.AsSpan(at));
        }
    }

    private void WriteGrey(ReadOnlySpan<byte> row, byte[] target, int at, int step)
    {
        var most = (1 << png.Bits) - 1;
        for (var x = 0; x < wide; x++, at += step)
        {
            var sample = png.Bits == 16 ? BinaryPrimitives.ReadUInt16BigEndian(row[(2 * x)..]) : Packed(row, x);
            var grey = sample == _transparentGrey ? (byte)255 : png.Bits == 16 ? Narrow(sample) : (byte)(sample * 255 / most);
            (target[at], target[at + 1], target[at + 2]) = (grey, grey, grey);
        }
    }

    private void WriteRgb(ReadOnlySpan<byte> row, byte[] target, int at, int step)
    {
        var size = png.Bits / 8;
        for (var x = 0; x < wide; x++, at += step)
        {
            var pixel = row.Slice(x * 3 * size, 3 * size);
            if (png.Transparent.Length > 0 && IsTransparent(pixel)) target.AsSpan(at, 3).Fill(255);
            else if (size == 1) pixel.CopyTo(target.AsSpan(at));
            else for (var c = 0; c < 3; c++) target[at + c] = Narrow(BinaryPrimitives.ReadUInt16BigEndian(pixel[(2 * c)..]));
        }
    }

    private bool IsTransparent(ReadOnlySpan<byte> pixel) => pixel.Length == 6
        ? pixel.SequenceEqual(png.Transparent)
        : pixel[0] == BinaryPrimitives.ReadUInt16BigEndian(png.Transparent)
            && pixel[1] == BinaryPrimitives.ReadUInt16BigEndian(png.Transparent.AsSpan(2)) && pixel[2] == BinaryPrimitives.ReadUInt16BigEndian(png.Transparent.AsSpan(4));

    private int Packed(ReadOnlySpan<byte> row, int x) => png.Bits == 8
        ? row[x]
        : row[x * png.Bits >> 3] >> (8 - png.Bits - (x * png.Bits & 7)) & ((1 << png.Bits) - 1);

    private byte Sample8(ReadOnlySpan<byte> row, int index) => png.Bits == 8 ? row[index] : Narrow(BinaryPrimitives.ReadUInt16BigEndian(row[(2 * index)..]));

    private static byte[] Flattened(PngFile png)
    {
        var colours = (byte[])png.Palette.Clone();
        for (var i = 0; i < png.Transparent.Length * 3; i++) colours[i] = Over(colours[i], png.Transparent[i / 3]);
        return colours;
    }

    /// <summary>16 bits to 8, rounded: v · 255 / 65535.</summary>
    private static byte Narrow(int sample) => (byte)((sample * 255 + 32895) >> 16);

    /// <summary>A sample over white, rounded.</summary>
    private static byte Over(int sample, int alpha) => (byte)((sample * alpha + 255 * (255 - alpha) + 127) / 255);
}
