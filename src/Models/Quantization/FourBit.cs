using Temper.Tensors;

namespace Temper.Models;

/// <summary>Kinds of four-bit numbers, with bitsandbytes' names in lower case.</summary>
public enum FourBitKind
{
    /// <summary>Quantiles of a normal distribution (Dettmers et al. 2023, arXiv:2305.14314).</summary>
    NF4,

    /// <summary>Sign, two bits of exponent, one of mantissa.</summary>
    FP4,
}

/// <summary>Four-bit numbers in blocks, as bitsandbytes defines them: every block of consecutive elements is divided by its largest absolute value and
/// each quotient becomes the number of its nearest table entry (ties to the lower one); the first of two elements is in the high half of a byte.</summary>
public static class FourBit
{
    /// <summary>Sizes of a block that bitsandbytes knows.</summary>
    public static readonly IReadOnlyList<int> BlockSizes = [32, 64, 128, 256, 512, 1024, 2048, 4096];

    private static readonly float[] Nf4 = [.. NormalFloat.Numbers];

    // The magnitudes by their three bits, which do not stand in order.
    private static readonly float[] Fp4 = [0f, 0.0052083333f, 0.6666667f, 1f, 0.33333334f, 0.5f, 0.16666667f, 0.25f];
    private static readonly int[] Fp4Order = [.. Enumerable.Range(0, 8).OrderBy(code => Fp4[code])];
    private static readonly float[] Fp4Middles = Middles([.. Fp4Order.Select(code => Fp4[code])]);

    /// <summary>The number that each code stands for.</summary>
    public static IReadOnlyList<float> Table(FourBitKind kind) => kind == FourBitKind.NF4 ? Nf4 : [.. Fp4, .. Fp4.Select(value => -value)];

    /// <summary>Packs <paramref name="source"/>: (count + 1) / 2 bytes into <paramref name="codes"/>, one scale per started block into <paramref name="scales"/>.</summary>
    public static void Quantize(FourBitKind kind, ReadOnlySpan<float> source, int blockSize, Span<byte> codes, Span<float> scales)
    {
        codes[..((source.Length + 1) / 2)].Clear();
        for (var block = 0; block * blockSize < source.Length; block++)
        {
            var part = source.Slice(block * blockSize, Math.Min(blockSize, source.Length - block * blockSize));
            var largest = 0f;
            foreach (var value in part) largest = MathF.Max(largest, MathF.Abs(value));
            scales[block] = largest;
            var inverse = 1 / MathF.Max(largest, 1e-38f);
            for (var i = 0; i < part.Length; i++)
            {
                var at = block * blockSize + i;
                var code = Code(kind, Math.Clamp(part[i] * inverse, -1, 1));
                codes[at / 2] |= (byte)(at % 2 == 0 ? code << 4 : code);
            }
        }

        if (source.Length % 2 == 1) codes[source.Length / 2] |= (byte)Code(kind, 0);
    }

    /// <summary>Elements from <paramref name="first"/> on: table[code] · scale of the block. <paramref name="codes"/> begin with element
    /// <paramref name="codesBegin"/>, an even one; scales with the first block.</summary>
    public static void Dequantize(FourBitKind kind, ReadOnlySpan<byte> codes, ReadOnlySpan<float> scales, int blockSize, long first, Span<float> target, long codesBegin = 0)
    {
        var table = Table(kind) as float[] ?? [.. Table(kind)];
        for (var i = 0; i < target.Length; i++)
        {
            var at = first + i;
            var pair = codes[(int)((at - codesBegin) / 2)];
            var code = at % 2 == 0 ? pair >> 4 : pair & 15;
            target[i] = table[code] * scales[(int)(at / blockSize)];
        }
    }

    private static int Code(FourBitKind kind, float x)
    {
        if (kind == FourBitKind.NF4) return NormalFloat.Code(x);
        return Fp4Order[Below(Fp4Middles, MathF.Abs(x))] | (x < 0 ? 8 : 0);
    }

    /// <summary>How many of the sorted numbers are below x.</summary>
    internal static int Below(float[] sorted, float x)
    {
        var (low, high) = (0, sorted.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (sorted[middle] < x) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    internal static float[] Middles(float[] table) => [.. table.Zip(table.Skip(1), (a, b) => (float)(((double)a + b) / 2))];
}
