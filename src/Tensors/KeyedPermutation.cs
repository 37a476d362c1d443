using System.Numerics;

namespace Temper.Tensors;

/// <summary>A keyed permutation of [0, n) that needs no memory: a balanced Feistel network over the next even power of two,
/// walked until it lands inside (Black &amp; Rogaway 2002, "Ciphers with arbitrary finite domains"). Shuffling an epoch is
/// reading index 0, 1, 2, … through it.</summary>
public readonly struct KeyedPermutation
{
    private const int Rounds = 6;
    private readonly RandomKey key;
    private readonly int halfBits;

    /// <summary>The permutation of [0, <paramref name="count"/>) named by <paramref name="key"/>. Count up to 2⁶⁰.</summary>
    public KeyedPermutation(RandomKey key, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, 1L << 60);
        this.key = key;
        Count = count;
        halfBits = Math.Max(1, (65 - BitOperations.LeadingZeroCount((ulong)Math.Max(1, count - 1))) / 2);
    }

    /// <summary>Size of the domain.</summary>
    public long Count { get; }

    /// <summary>Where <paramref name="index"/> goes.</summary>
    public long this[long index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            do index = Feistel(index);
            while (index >= Count);
            return index;
        }
    }

    private long Feistel(long index)
    {
        var mask = (1u << halfBits) - 1;
        var (left, right) = ((uint)(index >> halfBits), (uint)index & mask);
        for (var round = 0u; round < Rounds; round++)
        {
            var counter = new PhiloxBlock(right, key.Site ^ (round << 28), key.Update, (key.Stream << 20) | key.MicroBatch);
            var mixed = Philox.Block(counter, (uint)key.Seed, (uint)(key.Seed >> 32)).X0;
            (left, right) = (right, left ^ (mixed & mask));
        }

        return ((long)left << halfBits) | right;
    }
}
