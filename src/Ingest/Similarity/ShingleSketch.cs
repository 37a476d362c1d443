using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Temper.Ingest;

/// <summary>
/// In 56 bytes what of a record's shingles is enough to say of most pairs, and for certain, that they are not alike: how many there are of the question and of
/// the answer, and how they fall into 32 and 64 buckets, up to 15 in each. Two sets have no more in common than the smaller share of every bucket.
/// </summary>
internal static class ShingleSketch
{
    /// <summary>Bytes of a sketch.</summary>
    public const int Width = Sizes + AskedBytes + AnsweredBytes;

    private const int Sizes = 8, AskedBytes = 16, AnsweredBytes = 32, Full = 15;

    /// <summary>Writes the sketch of two sets, sorted or not, without repeats.</summary>
    public static void Write(Span<byte> into, ReadOnlySpan<uint> asked, ReadOnlySpan<uint> answered)
    {
        BinaryPrimitives.WriteInt32LittleEndian(into, asked.Length);
        BinaryPrimitives.WriteInt32LittleEndian(into[4..], answered.Length);
        Spread(asked, into.Slice(Sizes, AskedBytes));
        Spread(answered, into.Slice(Sizes + AskedBytes, AnsweredBytes));
    }

    /// <summary>Shingles of a record.</summary>
    public static long Count(ReadOnlySpan<byte> sketch) => (long)BinaryPrimitives.ReadInt32LittleEndian(sketch) + BinaryPrimitives.ReadInt32LittleEndian(sketch[4..]);

    /// <summary>Whether the similarity of two records could reach <paramref name="least"/>; false is certain.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool CanReach(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, double least)
    {
        var (askedA, askedB) = (BinaryPrimitives.ReadInt32LittleEndian(a), BinaryPrimitives.ReadInt32LittleEndian(b));
        var (answeredA, answeredB) = (BinaryPrimitives.ReadInt32LittleEndian(a[4..]), BinaryPrimitives.ReadInt32LittleEndian(b[4..]));
        if (Shingles.Share(Math.Min(askedA, askedB), askedA, askedB) < least || Shingles.Share(Math.Min(answeredA, answeredB), answeredA, answeredB) < least)
            return false;
        const int First = Sizes, Second = Sizes + AskedBytes, Third = Second + 16;
        var asked = Shared(a, b, First);
        if (Shingles.Share(Most(asked, askedA, askedB), askedA, askedB) < least)
            return false;
        var (low, high) = (Shared(a, b, Second), Shared(a, b, Third));
        return Shingles.Share(Most((low.Common + high.Common, low.A + high.A, low.B + high.B), answeredA, answeredB), answeredA, answeredB) >= least;
    }

    /// <summary>Most elements in common: what the buckets allow, and of what they had no room for the smaller rest.</summary>
    private static int Most((int Common, int A, int B) buckets, int a, int b) =>
        Math.Min(Math.Min(a, b), buckets.Common + Math.Min(a - buckets.A, b - buckets.B));

    /// <summary>Sums over 32 buckets: of the smaller counts, of the one's, of the other's.</summary>
    private static (int Common, int A, int B) Shared(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, int at)
    {
        var (x, y, half) = (Vector128.Create(a.Slice(at, 16)), Vector128.Create(b.Slice(at, 16)), Vector128.Create((byte)Full));
        var (lowX, highX, lowY, highY) = (x & half, x >>> 4, y & half, y >>> 4);
        return (Sum(Vector128.Min(lowX, lowY) + Vector128.Min(highX, highY)), Sum(lowX + highX), Sum(lowY + highY));
    }

    private static int Sum(Vector128<byte> bytes)
    {
        var (low, high) = Vector128.Widen(bytes);
        return Vector128.Sum(low + high);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Spread(ReadOnlySpan<uint> set, Span<byte> into)
    {
        Span<byte> counts = stackalloc byte[2 * AnsweredBytes];
        counts.Clear();
        var mask = (uint)(2 * into.Length) - 1;
        foreach (var value in set)
        {
            ref var count = ref counts[(int)(value & mask)];
            count += count < Full ? (byte)1 : (byte)0;
        }
        for (var i = 0; i < into.Length; i++)
            into[i] = (byte)(counts[2 * i] | (counts[(2 * i) + 1] << 4));
    }
}
