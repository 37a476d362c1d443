namespace Temper.Models;

/// <summary>How a resized pixel weighs its neighbours. The numbers are those of preprocessor_config.json's <c>resample</c>.</summary>
public enum ResampleFilter
{
    /// <summary>A triangle over two pixels, wider where the image shrinks.</summary>
    Bilinear = 2,

    /// <summary>Cubic convolution with a = −0.5 over four pixels, wider where the image shrinks.</summary>
    Bicubic = 3,
}

/// <summary>
/// Resizes with anti-aliasing as Pillow does, bit for bit: the filter is widened by the ratio where the image shrinks, weights are rounded to 22 bits, rows
/// are resized first and rounded to 8 bits, then columns.
/// </summary>
public static class ImageResize
{
    private const int Bits = 22;

    /// <summary>The image at another size.</summary>
    /// <param name="image">The source.</param>
    /// <param name="width">1 and up.</param>
    /// <param name="height">1 and up.</param>
    /// <param name="filter">Weights.</param>
    /// <param name="ct">Asked once a row.</param>
    public static RgbImage To(RgbImage image, int width, int height, ResampleFilter filter, CancellationToken ct = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (width != image.Width) image = Across(image, Weights.Of(image.Width, width, filter), ct);
        return height == image.Height ? image : Down(image, Weights.Of(image.Height, height, filter), ct);
    }

    private static RgbImage Across(RgbImage image, Weights weights, CancellationToken ct)
    {
        var target = new byte[3L * weights.Count * image.Height];
        for (int y = 0, at = 0; y < image.Height; y++)
        {
            ct.ThrowIfCancellationRequested();
            var row = image.Row(y);
            for (var x = 0; x < weights.Count; x++, at += 3)
            {
                var kernel = weights.Kernel(x);
                int red = 1 << (Bits - 1), green = red, blue = red;
                for (int i = 0, from = 3 * weights.First(x); i < kernel.Length; i++, from += 3)
                {
                    red += row[from] * kernel[i];
                    green += row[from + 1] * kernel[i];
                    blue += row[from + 2] * kernel[i];
                }
                (target[at], target[at + 1], target[at + 2]) = (Sample(red), Sample(green), Sample(blue));
            }
        }
        return new(weights.Count, image.Height, target);
    }

    private static RgbImage Down(RgbImage image, Weights weights, CancellationToken ct)
    {
        var (stride, target) = (3 * image.Width, new byte[3L * image.Width * weights.Count]);
        var sums = new int[stride];
        for (var y = 0; y < weights.Count; y++)
        {
            ct.ThrowIfCancellationRequested();
            var kernel = weights.Kernel(y);
            Array.Fill(sums, 1 << (Bits - 1));
            for (var i = 0; i < kernel.Length; i++)
            {
                var row = image.Row(weights.First(y) + i);
                for (var x = 0; x < sums.Length; x++) sums[x] += row[x] * kernel[i];
            }
            for (var x = 0; x < sums.Length; x++) target[y * stride + x] = Sample(sums[x]);
        }
        return new(image.Width, weights.Count, target);
    }

    private static byte Sample(int sum) => (byte)Math.Clamp(sum >> Bits, 0, 255);

    /// <summary>For each target pixel, which source pixels count and how much.</summary>
    private sealed class Weights(int count, int most)
    {
        private readonly int[] _kernels = new int[(long)count * most];
        private readonly (int First, int Length)[] _places = new (int, int)[count];

        public int Count => count;

        public int First(int index) => _places[index].First;

        public ReadOnlySpan<int> Kernel(int index) => _kernels.AsSpan(index * most, _places[index].Length);

        public static Weights Of(int from, int to, ResampleFilter filter)
        {
            var scale = (double)from / to;
            var wider = Math.Max(scale, 1);
            var support = (filter == ResampleFilter.Bilinear ? 1.0 : 2.0) * wider;
            var most = (int)Math.Ceiling(support) * 2 + 1;
            var (weights, values) = (new Weights(to, most), new double[most]);
            for (var x = 0; x < to; x++)
            {
                var centre = (x + 0.5) * scale;
                var first = Math.Max(0, (int)(centre - support + 0.5));
                var length = Math.Min(from, (int)(centre + support + 0.5)) - first;
                var sum = 0.0;
                for (var i = 0; i < length; i++) sum += values[i] = Weight(filter, (i + first - centre + 0.5) / wider);
                for (var i = 0; i < length; i++)
                {
                    var share = (sum == 0 ? values[i] : values[i] / sum) * (1 << Bits);
                    weights._kernels[x * most + i] = (int)(share < 0 ? share - 0.5 : share + 0.5);
                }
                weights._places[x] = (first, length);
            }
            return weights;
        }

        private static double Weight(ResampleFilter filter, double x)
        {
            x = Math.Abs(x);
            if (filter == ResampleFilter.Bilinear) return Math.Max(0, 1 - x);
            const double a = -0.5;
            return x < 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
        }
    }
}
