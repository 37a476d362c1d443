namespace Temper.Tensors.Tests;

/// <summary>Cases worked out by hand from Intel's manual.</summary>
public sealed class PairArithmeticTests
{
    private static ushort B(double value) => Bf16.Round((float)value);

    [Fact]
    public void Avx512_adds_the_odd_product_first()
    {
        // 2^24 + 1 is not an f32: the odd product cancels it first, then the even one survives.
        Assert.Equal(1, PairArithmetic.Avx512(16777216, [B(1), B(1)], [B(1), B(-16777216)]));
        Assert.Equal(0, PairArithmetic.Avx512(16777216, [B(1), B(1)], [B(-16777216), B(1)]));
    }

    [Fact]
    public void Amx_sums_a_block_apart_from_the_accumulator()
    {
        ushort[] ones = [.. Enumerable.Repeat(B(1), 32)], a = [.. Enumerable.Range(0, 32).Select(i => B(i == 0 ? -16777216 : 1))];
        // Even products: -2^24 + 15, exact; odd: 16; joined and then added to 2^24.
        Assert.Equal(31, PairArithmetic.Amx(16777216, a, ones));
        // The 15 even ones are lost beside 2^25, each by itself; the 16 odd ones arrive together.
        Assert.Equal(-33554416, PairArithmetic.Amx(0, [B(-33554432), .. ones[1..]], ones));
    }

    [Fact]
    public void Subnormal_numbers_count_as_zero_and_keep_their_sign()
    {
        Assert.Equal(0, PairArithmetic.Avx512(0, [B(1e-39), 0], [B(1e30), 0]));
        Assert.Equal(0, PairArithmetic.Avx512(float.Epsilon, [0, 0], [0, 0]));
        Assert.True(float.IsNegative(PairArithmetic.Avx512(-0f, [B(-1e-20), 0], [B(1e-20), 0])));
        Assert.Equal(0, PairArithmetic.Avx512(0, [B(1e-20), 0], [B(1e-20), 0]));
    }

    [Fact]
    public void A_sum_that_only_the_subnormal_grid_lifts_to_the_smallest_normal_number_is_flushed()
    {
        // 2^-126 · (1 - 2^-25 - 2^-26) would round to 2^-126 among subnormals; with 24 bits of its own it stays below.
        var smallest = BitConverter.UInt32BitsToSingle(0x00800000);
        var below = PairArithmetic.Avx512(smallest, [B(-Math.ScaleB(1.5, -100)), 0], [B(Math.ScaleB(1, -51)), 0]);
        Assert.Equal(0, below);
        var above = PairArithmetic.Avx512(smallest, [B(-Math.ScaleB(1, -100)), 0], [B(Math.ScaleB(1, -52)), 0]);
        Assert.Equal(smallest, above);
    }

    [Fact]
    public void Infinities_and_what_is_not_a_number_go_through()
    {
        Assert.Equal(float.PositiveInfinity, PairArithmetic.Avx512(0, [B(double.PositiveInfinity), 0], [B(1), 0]));
        Assert.True(float.IsNaN(PairArithmetic.Avx512(0, [B(double.PositiveInfinity), 0], [0, 0])));
        Assert.Equal(float.NegativeInfinity, PairArithmetic.Amx(0, [B(double.NegativeInfinity), .. new ushort[31]], [.. Enumerable.Repeat(B(1), 32)]));
    }
}
