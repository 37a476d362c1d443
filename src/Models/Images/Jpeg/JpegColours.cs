namespace Temper.Models;

/// <summary>Makes RGB of a JPEG's planes. Luma and chroma by JFIF (ITU T.871) in 16-bit fixed point; inks are multiplied: red = (255 − cyan) · (255 − black) / 255.</summary>
internal static class JpegColours
{
    private const int Half = 1 << 15, RedOfCr = 91881, BlueOfCb = 116130, GreenOfCb = 22554, GreenOfCr = 46802;

    /// <summary>Every pixel.</summary>
    public static RgbImage ToRgb(JpegFile jpeg, CancellationToken ct)
    {
        var (width, height) = (jpeg.Width, jpeg.Height);
        var pixels = new byte[3L * width * height];
        var rows = jpeg.Components.Select(_ => new byte[width]).ToArray();
        var planes = jpeg.Components.Select(c => new JpegUpsample(c, jpeg.MaxH, jpeg.MaxV)).ToArray();
        for (var y = 0; y < height; y++)
        {
            ct.ThrowIfCancellationRequested();
            for (var c = 0; c < planes.Length; c++) planes[c].Write(y, rows[c]);
            Convert(jpeg.Model, rows, pixels.AsSpan(3 * width * y, 3 * width));
        }
        return new(width, height, pixels);
    }

    private static void Convert(JpegModel model, byte[][] rows, Span<byte> target)
    {
        switch (model)
        {
            case JpegModel.Grey:
                for (var x = 0; x < rows[0].Length; x++) target.Slice(3 * x, 3).Fill(rows[0][x]);
                break;
            case JpegModel.Rgb:
                for (var x = 0; x < rows[0].Length; x++) (target[3 * x], target[3 * x + 1], target[3 * x + 2]) = (rows[0][x], rows[1][x], rows[2][x]);
                break;
            case JpegModel.Ycc:
                Chroma(rows, target);
                break;
            case JpegModel.Cmyk:
                for (var x = 0; x < rows[0].Length; x++) Ink(target.Slice(3 * x, 3), rows[0][x], rows[1][x], rows[2][x], rows[3][x]);
                break;
            default:
                Chroma(rows, target);
                // The chroma of YCCK is that of the inks turned to light; what it gives is 255 − light.
                for (var x = 0; x < rows[0].Length; x++) Ink(target.Slice(3 * x, 3), 255 - target[3 * x], 255 - target[3 * x + 1], 255 - target[3 * x + 2], rows[3][x]);
                break;
        }
    }

    private static void Chroma(byte[][] rows, Span<byte> target)
    {
        var (luma, blue, red) = (rows[0], rows[1], rows[2]);
        for (int x = 0, at = 0; x < luma.Length; x++, at += 3)
        {
            var (y, cb, cr) = (luma[x], blue[x] - 128, red[x] - 128);
            target[at] = Clamped(y + (RedOfCr * cr + Half >> 16));
            target[at + 1] = Clamped(y + (Half - GreenOfCb * cb - GreenOfCr * cr >> 16));
            target[at + 2] = Clamped(y + (BlueOfCb * cb + Half >> 16));
        }
    }

    /// <summary>Adobe stores 255 − ink, so that multiplying is all.</summary>
    private static void Ink(Span<byte> pixel, int cyan, int magenta, int yellow, int black)
    {
        pixel[0] = (byte)((cyan * black + 127) / 255);
        pixel[1] = (byte)((magenta * black + 127) / 255);
        pixel[2] = (byte)((yellow * black + 127) / 255);
    }

    private static byte Clamped(int value) => (byte)Math.Clamp(value, 0, 255);
}

/// <summary>What a JPEG's components mean.</summary>
internal enum JpegModel
{
    Grey,
    Ycc,
    Rgb,
    Cmyk,
    Ycck,
}
