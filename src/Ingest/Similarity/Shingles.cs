using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace Temper.Ingest;

/// <summary>
/// What of a record is compared: hashes of every few characters in a row, of questions and of answers apart. Case, punctuation and spacing do not count;
/// a different system message makes everything different. Sorted, without repeats.
/// </summary>
internal sealed record Shingles(uint[] Asked, uint[] Answered)
{
    /// <summary>Bytes that it holds.</summary>
    public long Size => 96 + (4L * (Asked.Length + Answered.Length));

    /// <summary>Shingles of a record: runs of <paramref name="length"/> characters.</summary>
    public static Shingles Of(RecordText record, int length = 5)
    {
        var reader = new ShingleReader(length);
        reader.Read(record);
        return reader.ToShingles();
    }

    /// <summary>Text as it is compared; see <see cref="NormalText"/>.</summary>
    public static List<int> Normal(string text)
    {
        var normal = new NormalText();
        normal.Read(Encoding.UTF8.GetBytes(text));
        var runes = new List<int>(normal.Count);
        foreach (var rune in normal.Runes)
            runes.Add((int)rune);
        return runes;
    }

    /// <summary>
    /// The smaller of two Jaccard indexes, of the questions and of the answers: the same question with another answer is another record.
    /// -1 where it is below <paramref name="least"/>, which most often shows before all is compared.
    /// </summary>
    public double Similarity(Shingles other, double least = 0)
    {
        var asked = Jaccard(Asked, other.Asked, least);
        return asked < 0 ? -1 : Jaccard(Answered, other.Answered, least) is >= 0 and var answered ? Math.Min(asked, answered) : -1;
    }

    /// <summary>The share of a union of sets that <paramref name="common"/> elements are; of two empty sets 1.</summary>
    public static double Share(int common, int a, int b) => a + b - common is > 0 and var union ? (double)common / union : 1;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Jaccard(ReadOnlySpan<uint> a, ReadOnlySpan<uint> b, double least)
    {
        var needed = Needed(least, a.Length, b.Length);
        int i = 0, j = 0, common = 0;
        // Blocks of eight, each of the one with each of the other; what ends with the smaller value has been seen by all that it could equal.
        while (i + 8 <= a.Length && j + 8 <= b.Length)
        {
            if (common + Math.Min(a.Length - i, b.Length - j) < needed)
                return -1;
            common += Common(Vector256.LoadUnsafe(in a[i]), Vector256.LoadUnsafe(in b[j]));
            var (lastA, lastB) = (a[i + 7], b[j + 7]);
            i += lastA <= lastB ? 8 : 0;
            j += lastB <= lastA ? 8 : 0;
        }
        while (i < a.Length && j < b.Length)
        {
            var (x, y) = (a[i], b[j]);
            common += x == y ? 1 : 0;
            i += x <= y ? 1 : 0;
            j += y <= x ? 1 : 0;
        }
        return common < needed ? -1 : Share(common, a.Length, b.Length);
    }

    /// <summary>The fewest common elements of sets of <paramref name="a"/> and <paramref name="b"/> whose share is not below <paramref name="least"/>; one more than there can be where none suffice.</summary>
    private static int Needed(double least, int a, int b)
    {
        var most = Math.Min(a, b);
        var needed = Math.Clamp((int)(least / (1 + least) * ((double)a + b)) - 1, 0, most + 1);
        while (needed <= most && Share(needed, a, b) < least)
            needed++;
        return needed;
    }

    /// <summary>How many of eight values, all different, are among eight others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Common(Vector256<uint> a, Vector256<uint> b)
    {
        var turn = Vector256.Create(1u, 2, 3, 4, 5, 6, 7, 0);
        var found = Vector256.Equals(a, b);
        for (var i = 1; i < 8; i++)
        {
            b = Vector256.Shuffle(b, turn);
            found |= Vector256.Equals(a, b);
        }
        return System.Numerics.BitOperations.PopCount(found.ExtractMostSignificantBits());
    }
}
