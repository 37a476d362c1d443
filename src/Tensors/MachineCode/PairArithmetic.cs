namespace Temper.Tensors;

/// <summary>What the processor's bf16 instructions compute, number by number, for checking the kernels: Intel's manual, volume 2, under VDPBF16PS and
/// TDPBF16PS. Subnormal numbers count as zero on the way in and on the way out, with their sign; rounding is to nearest even, once per multiply-add.</summary>
internal static class PairArithmetic
{
    private const float Smallest = 1.17549435e-38f, Up = 1L << 60;

    /// <summary>Steps of k that one tile instruction sums before it touches the accumulator; all k are padded to a multiple with zeros.</summary>
    public const int Block = 32;

    /// <summary>The chain of VDPBF16PS: per pair, ascending, the odd product first.</summary>
    public static float Avx512(float sum, ReadOnlySpan<ushort> a, ReadOnlySpan<ushort> b)
    {
        for (var k = 0; k < a.Length; k += 2)
        {
            sum = MultiplyAdd(a[k + 1], b[k + 1], sum);
            sum = MultiplyAdd(a[k], b[k], sum);
        }

        return sum;
    }

    /// <summary>The chain of TDPBF16PS: per block of 32, even and odd products are summed apart from zero, joined, and added.</summary>
    public static float Amx(float sum, ReadOnlySpan<ushort> a, ReadOnlySpan<ushort> b)
    {
        for (var start = 0; start < a.Length; start += Block)
        {
            var (even, odd) = (0f, 0f);
            for (var k = start; k < start + Block; k += 2)
            {
                even = MultiplyAdd(a[k], b[k], even);
                odd = MultiplyAdd(a[k + 1], b[k + 1], odd);
            }

            sum = Add(sum, Add(even, odd));
        }

        return sum;
    }

    private static float MultiplyAdd(ushort a, ushort b, float sum)
    {
        var (x, y, z) = (Flushed(Bf16.ToSingle(a)), Flushed(Bf16.ToSingle(b)), Flushed(sum));
        var result = MathF.FusedMultiplyAdd(x, y, z);
        // A result is subnormal when it would be so with any exponent at hand: one that only rounding to the subnormal grid lifts to the smallest
        // normal number is judged far above that grid. Sums need no such care: they are exact down there.
        var lifted = MathF.Abs(result) == Smallest && MathF.Abs(MathF.FusedMultiplyAdd(x * Up, y, z * Up)) < Smallest * Up;
        return lifted ? MathF.CopySign(0, result) : Flushed(result);
    }

    private static float Add(float a, float b) => Flushed(Flushed(a) + Flushed(b));

    private static float Flushed(float x) => MathF.Abs(x) < Smallest ? MathF.CopySign(0, x) : x;
}
