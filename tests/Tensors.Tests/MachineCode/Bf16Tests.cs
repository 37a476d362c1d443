namespace Temper.Tensors.Tests;

public sealed unsafe class Bf16Tests
{
    [Theory]
    [InlineData(0x3F800000u, 0x3F80)]
    [InlineData(0x3F808000u, 0x3F80)]
    [InlineData(0x3F808001u, 0x3F81)]
    [InlineData(0x3F818000u, 0x3F82)]
    [InlineData(0xBF818000u, 0xBF82)]
    [InlineData(0x7F7FFFFFu, 0x7F80)]
    [InlineData(0xFF800000u, 0xFF80)]
    [InlineData(0x7F800001u, 0x7FC0)]
    [InlineData(0xFFFFFFFFu, 0xFFFF)]
    [InlineData(0x00018000u, 0x0002)]
    [InlineData(0x80000000u, 0x8000)]
    public void Rounding_goes_to_the_nearest_and_ties_to_even(uint bits, int expected) =>
        Assert.Equal((ushort)expected, Bf16.Round(BitConverter.UInt32BitsToSingle(bits)));

    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(64)]
    [InlineData(75)]
    public void A_row_is_rounded_number_by_number_and_padded_with_zeros(int count)
    {
        var source = Enumerable.Range(0, count).Select(i => BitConverter.UInt32BitsToSingle((uint)Philox.Below(new RandomKey(5, 1), i, int.MaxValue) << 1 | (uint)i & 1)).ToArray();
        source[0] = float.NaN;
        source[count - 1] = float.NegativeInfinity;
        var target = new ushort[96];
        Array.Fill(target, (ushort)7);
        fixed (float* from = source)
        fixed (ushort* to = target) Bf16.RoundRow(from, to, count, (count + 31) / 32 * 32);
        Assert.Equal(source.Select(Bf16.Round), target.Take(count));
        Assert.All(target[count..((count + 31) / 32 * 32)], v => Assert.Equal(0, v));
        Assert.All(target[((count + 31) / 32 * 32)..], v => Assert.Equal(7, v));
    }
}
