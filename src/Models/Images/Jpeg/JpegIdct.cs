namespace Temper.Models;

/// <summary>
/// The inverse cosine transform of a block, in whole numbers: the method of Loeffler, Ligtenberg and Moschytz (ICASSP 1989) with 12 products a row,
/// constants of 13 bits, two bits more between the passes. These are the numbers of the Independent JPEG Group's accurate method, bit for bit.
/// </summary>
internal static class JpegIdct
{
    private const int Bits = 13, Between = 2;
    private const int C0298 = 2446, C0390 = 3196, C0541 = 4433, C0765 = 6270, C0899 = 7373, C1175 = 9633, C1501 = 12299, C1847 = 15137, C1961 = 16069, C2053 = 16819,
        C2562 = 20995, C3072 = 25172;

    /// <summary>Writes a block's 8 × 8 samples.</summary>
    /// <param name="block">64 coefficients in natural order; overwritten.</param>
    /// <param name="quantizers">Their steps.</param>
    /// <param name="target">Begins at the block's first sample.</param>
    /// <param name="stride">Bytes in a row of the target.</param>
    public static void Write(Span<int> block, ReadOnlySpan<ushort> quantizers, Span<byte> target, int stride)
    {
        block = block[..64];
        var flat = true;
        for (var i = 0; i < 64; i++)
        {
            if (block[i] == 0) continue;
            block[i] *= quantizers[i];
            flat &= i == 0;
        }
        if (flat)
        {
            // Both passes give this number for all 64.
            var value = Sample((block[0] << Between) + (1 << (Between + 2)) >> (Between + 3));
            for (var y = 0; y < 8; y++) target.Slice(y * stride, 8).Fill(value);
            return;
        }
        for (var x = 0; x < 8; x++) Pass(block, x, 8, Bits - Between);
        for (var y = 0; y < 8; y++)
        {
            Pass(block, 8 * y, 1, Bits + Between + 3);
            for (var x = 0; x < 8; x++) target[y * stride + x] = Sample(block[8 * y + x]);
        }
    }

    /// <summary>Eight numbers, <paramref name="step"/> apart, replaced by their transform, divided by 2 to the power of <paramref name="shift"/> and rounded.</summary>
    private static void Pass(Span<int> v, int at, int step, int shift)
    {
        // The even half: a rotation of 2 and 6, and the sum and difference of 0 and 4.
        var (even2, even6) = (v[at + 2 * step], v[at + 6 * step]);
        var turned = (even2 + even6) * C0541;
        var (low, high) = (turned - even6 * C1847, turned + even2 * C0765);
        var (sum, difference) = ((v[at] + v[at + 4 * step]) << Bits, (v[at] - v[at + 4 * step]) << Bits);
        var (e0, e1, e2, e3) = (sum + high, difference + low, difference - low, sum - high);

        // The odd half: 7, 5, 3 and 1.
        var (o7, o5, o3, o1) = (v[at + 7 * step], v[at + 5 * step], v[at + 3 * step], v[at + step]);
        var (outer, inner, odd, even) = (-(o7 + o1) * C0899, -(o5 + o3) * C2562, o7 + o3, o5 + o1);
        var all = (odd + even) * C1175;
        (odd, even) = (all - odd * C1961, all - even * C0390);
        var (q0, q1, q2, q3) = (o1 * C1501 + outer + even, o3 * C3072 + inner + odd, o5 * C2053 + inner + even, o7 * C0298 + outer + odd);

        var half = 1 << (shift - 1);
        v[at] = e0 + q0 + half >> shift;
        v[at + 7 * step] = e0 - q0 + half >> shift;
        v[at + step] = e1 + q1 + half >> shift;
        v[at + 6 * step] = e1 - q1 + half >> shift;
        v[at + 2 * step] = e2 + q2 + half >> shift;
        v[at + 5 * step] = e2 - q2 + half >> shift;
        v[at + 3 * step] = e3 + q3 + half >> shift;
        v[at + 4 * step] = e3 - q3 + half >> shift;
    }

    private static byte Sample(int value) => (byte)Math.Clamp(value + 128, 0, 255);
}
