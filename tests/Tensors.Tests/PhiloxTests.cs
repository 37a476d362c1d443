namespace Temper.Tensors.Tests;

public sealed class PhiloxTests
{
    /// <summary>Known answers of philox4x32 with ten rounds, from the authors' Random123 distribution (kat_vectors).</summary>
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Blocks_match_the_published_answers(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint r0, uint r1, uint r2, uint r3) =>
        Assert.Equal(new PhiloxBlock(r0, r1, r2, r3), Philox.Block(new PhiloxBlock(c0, c1, c2, c3), k0, k1));

    [Fact]
    public void Every_field_of_the_key_changes_the_numbers()
    {
        var key = new RandomKey(1, 2, 3, 4, 5);
        ulong[] draws =
        [
            Philox.Bits64(key, 0), Philox.Bits64(key, 1), Philox.Bits64(key with { Seed = 1UL << 40 }, 0), Philox.Bits64(key with { Stream = 9 }, 0),
            Philox.Bits64(key with { Update = 9 }, 0), Philox.Bits64(key with { MicroBatch = 9 }, 0), Philox.Bits64(key.At(9), 0),
        ];
        Assert.Equal(draws.Length, draws.Distinct().Count());
        Assert.Throws<ArgumentOutOfRangeException>(() => Philox.Bits32(key with { Stream = 4096 }, 0));
    }

    [Fact]
    public void Uniform_and_normal_numbers_have_their_moments()
    {
        var key = new RandomKey(42, 1);
        var uniform = Enumerable.Range(0, 20_000).Select(i => Philox.Uniform(key, i)).ToArray();
        Assert.InRange(uniform.Average(), 0.49, 0.51);
        Assert.All(uniform, u => Assert.True(u is >= 0 and < 1));
        var normal = Enumerable.Range(0, 20_000).Select(i => Philox.Normal(key, i)).ToArray();
        Assert.InRange(normal.Average(), -0.03, 0.03);
        Assert.InRange(normal.Average(x => x * x), 0.96, 1.04);
        Assert.InRange(normal.Average(x => x * x * x * x), 2.8, 3.2);
    }

    [Theory]
    [InlineData(0.5, 0)]
    [InlineData(0.975, 1.959963984540054)]
    [InlineData(0.0013498980316300933, -3)]
    [InlineData(1e-20, -9.262340089798408)]
    public void Quantiles_match_the_tables(double p, double x) => Assert.Equal(x, NormalQuantile.At(p), 1e-12);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(1000)]
    public void A_permutation_visits_every_index_once(long count)
    {
        var permutation = new KeyedPermutation(new RandomKey(7, 0, Update: 3), count);
        var visited = Enumerable.Range(0, (int)count).Select(i => permutation[i]).ToArray();
        Assert.Equal(Enumerable.Range(0, (int)count).Select(i => (long)i), visited.Order());
        if (count < 64) return;
        Assert.NotEqual(visited, visited.Order());
        var other = new KeyedPermutation(new RandomKey(7, 0, Update: 4), count);
        Assert.True(Enumerable.Range(0, (int)count).Count(i => other[i] == visited[i]) < count / 4);
    }

    [Fact]
    public void Numbers_below_a_limit_are_spread_evenly()
    {
        var counts = new int[7];
        for (var i = 0; i < 7000; i++) counts[Philox.Below(new RandomKey(3, 3), i, 7)]++;
        Assert.All(counts, c => Assert.InRange(c, 880, 1120));
    }

    [Fact]
    public void Filling_in_parts_equals_filling_at_once()
    {
        var key = new RandomKey(9, 9);
        var (whole, parts) = (new float[10], new float[10]);
        Philox.FillUniform(key, whole, -2, 3);
        Philox.FillUniform(key, parts.AsSpan(0, 3), -2, 3);
        Philox.FillUniform(key, parts.AsSpan(3), -2, 3, first: 3);
        Assert.Equal(whole, parts);
        Assert.All(whole, v => Assert.InRange(v, -2, 3));
    }
}
