namespace Temper.Tensors;

/// <summary>Four 32-bit words: a Philox counter or its output.</summary>
public readonly record struct PhiloxBlock(uint X0, uint X1, uint X2, uint X3);

/// <summary>Philox4x32-10, the counter-based generator of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
/// Stateless: every number is a function of a <see cref="RandomKey"/> and an element index.</summary>
public static partial class Philox
{
    private const uint Multiplier0 = 0xD2511F53, Multiplier1 = 0xCD9E8D57, Weyl0 = 0x9E3779B9, Weyl1 = 0xBB67AE85;

    /// <summary>Ten rounds on one counter.</summary>
    public static PhiloxBlock Block(PhiloxBlock counter, uint key0, uint key1)
    {
        var (x0, x1, x2, x3) = counter;
        for (var round = 0; round < 10; round++)
        {
            var p0 = (ulong)Multiplier0 * x0;
            var p1 = (ulong)Multiplier1 * x2;
            x0 = (uint)(p1 >> 32) ^ x1 ^ key0;
            x1 = (uint)p1;
            x2 = (uint)(p0 >> 32) ^ x3 ^ key1;
            x3 = (uint)p0;
            key0 += Weyl0;
            key1 += Weyl1;
        }

        return new PhiloxBlock(x0, x1, x2, x3);
    }

    /// <summary>The counter's words: block number, site, update, stream (12 bits) over micro-batch (20 bits); the key is the seed.</summary>
    public static PhiloxBlock Block(RandomKey key, uint block)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(key.Stream, 4095u, nameof(key));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(key.MicroBatch, 0xFFFFFu, nameof(key));
        var counter = new PhiloxBlock(block, key.Site, key.Update, (key.Stream << 20) | key.MicroBatch);
        return Block(counter, (uint)key.Seed, (uint)(key.Seed >> 32));
    }

    /// <summary>32 random bits: word element mod 4 of block element / 4. Elements below 2³⁴.</summary>
    public static uint Bits32(RandomKey key, long element)
    {
        var block = Block(key, checked((uint)(element >> 2)));
        return (element & 3) switch { 0 => block.X0, 1 => block.X1, 2 => block.X2, _ => block.X3 };
    }

    /// <summary>64 random bits: half element mod 2 of block element / 2. Elements below 2³³.</summary>
    public static ulong Bits64(RandomKey key, long element)
    {
        var block = Block(key, checked((uint)(element >> 1)));
        return (element & 1) == 0 ? ((ulong)block.X1 << 32) | block.X0 : ((ulong)block.X3 << 32) | block.X2;
    }

    /// <summary>Uniform in [0, 1), a multiple of 2⁻⁵³.</summary>
    public static double Uniform(RandomKey key, long element) => (Bits64(key, element) >> 11) * (1.0 / (1L << 53));

    /// <summary>Uniform in [0, limit): the high word of a 64-bit product, bias below limit / 2⁶⁴. Limit 1 or more.</summary>
    public static long Below(RandomKey key, long element, long limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return (long)Math.BigMul(Bits64(key, element), (ulong)limit, out _);
    }

    /// <summary>Standard normal: the normal quantile of a uniform number. The same bits on every machine.</summary>
    public static double Normal(RandomKey key, long element) =>
        NormalQuantile.At(((Bits64(key, element) >> 11) + 0.5) * (1.0 / (1L << 53)));

    /// <summary>Fills with uniform numbers in [low, high): element i of the span is element <paramref name="first"/> + i of the key.</summary>
    public static void FillUniform(RandomKey key, Span<float> target, float low = 0, float high = 1, long first = 0)
    {
        var block = default(PhiloxBlock);
        for (var i = 0; i < target.Length; i++)
        {
            var element = first + i;
            if (i == 0 || (element & 3) == 0) block = Block(key, checked((uint)(element >> 2)));
            var bits = (element & 3) switch { 0 => block.X0, 1 => block.X1, 2 => block.X2, _ => block.X3 };
            target[i] = low + (float)((high - low) * ((bits >> 8) * (1.0 / (1 << 24))));
        }
    }

    /// <summary>Fills with normal numbers of this mean and deviation.</summary>
    public static void FillNormal(RandomKey key, Span<float> target, float mean = 0, float deviation = 1, long first = 0)
    {
        for (var i = 0; i < target.Length; i++) target[i] = (float)(mean + deviation * Normal(key, first + i));
    }
}
