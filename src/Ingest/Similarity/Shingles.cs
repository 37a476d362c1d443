using System.Runtime.InteropServices;
using System.Text;

namespace Temper.Ingest;

/// <summary>
/// What of a record is compared: hashes of every few characters in a row, of questions and of answers apart. Case, punctuation and spacing do not count;
/// a different system message makes everything different. Sorted, without repeats.
/// </summary>
internal sealed record Shingles(uint[] Asked, uint[] Answered)
{
    /// <summary>Bytes that it holds.</summary>
    public long Size => 64 + (4L * (Asked.Length + Answered.Length));

    /// <summary>Shingles of a record: runs of <paramref name="length"/> characters.</summary>
    public static Shingles Of(RecordText record, int length = 5)
    {
        var context = 0x9E3779B97F4A7C15;
        foreach (var text in record.Context)
            context = Mix(context, Hash(CollectionsMarshal.AsSpan(Normal(text)), 1));
        return new(Set(record.Asked, Mix(context, 1), length), Set(record.Answered, Mix(context, 2), length));
    }

    /// <summary>Text as it is compared: lower case, letters and digits, one space for all that stands between them.</summary>
    public static List<int> Normal(string text)
    {
        var runes = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune))
                runes.Add(Rune.ToLowerInvariant(rune).Value);
            else if (runes.Count > 0 && runes[^1] != ' ')
                runes.Add(' ');
        }
        if (runes.Count > 0 && runes[^1] == ' ')
            runes.RemoveAt(runes.Count - 1);
        // Text without letters or digits is compared as it is.
        return runes.Count > 0 ? runes : [.. text.EnumerateRunes().Where(r => !Rune.IsWhiteSpace(r)).Select(r => r.Value)];
    }

    /// <summary>
    /// The smaller of two Jaccard indexes, of the questions and of the answers: the same question with another answer is another record.
    /// </summary>
    public double Similarity(Shingles other) => Math.Min(Jaccard(Asked, other.Asked), Jaccard(Answered, other.Answered));

    private static double Jaccard(uint[] a, uint[] b)
    {
        int i = 0, j = 0, common = 0;
        while (i < a.Length && j < b.Length)
        {
            if (a[i] == b[j])
                (common, i, j) = (common + 1, i + 1, j + 1);
            else if (a[i] < b[j])
                i++;
            else
                j++;
        }
        var union = a.Length + b.Length - common;
        return union == 0 ? 1 : (double)common / union;
    }

    private static uint[] Set(IReadOnlyList<string> texts, ulong seed, int length)
    {
        var set = new List<uint>();
        foreach (var text in texts)
        {
            var runes = CollectionsMarshal.AsSpan(Normal(text));
            if (runes.Length <= length)
                set.Add((uint)(Hash(runes, seed) >> 32));
            for (var at = 0; runes.Length > length && at + length <= runes.Length; at++)
                set.Add((uint)(Hash(runes.Slice(at, length), seed) >> 32));
        }
        set.Sort();
        var distinct = 0;
        var all = CollectionsMarshal.AsSpan(set);
        for (var i = 0; i < all.Length; i++)
        {
            if (i == 0 || all[i] != all[i - 1])
                all[distinct++] = all[i];
        }
        return all[..distinct].ToArray();
    }

    private static ulong Hash(ReadOnlySpan<int> runes, ulong seed)
    {
        foreach (var rune in runes)
            seed = Mix(seed, (ulong)rune);
        return Mix(seed, (ulong)runes.Length);
    }

    /// <summary>One step of a hash: MurmurHash3's finaliser over the sum.</summary>
    private static ulong Mix(ulong state, ulong value)
    {
        unchecked
        {
            var x = (state ^ value) * 0xFF51AFD7ED558CCD;
            x ^= x >> 33;
            x *= 0xC4CEB9FE1A85EC53;
            return x ^ (x >> 29);
        }
    }
}
