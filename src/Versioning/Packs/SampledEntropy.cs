namespace Temper.Versioning.Packs;

/// <summary>How evenly the bytes of a body are spread, by a sample: tells at once that there is nothing to gain from coding them.</summary>
internal static class SampledEntropy
{
    private const int Slices = 16, SliceSize = 256;

    /// <summary>Bits per byte, 0 to 8, of 4 KiB taken from all over <paramref name="body"/> (all of it where it is shorter).</summary>
    public static double Of(ReadOnlySpan<byte> body)
    {
        Span<int> counts = stackalloc int[256];
        counts.Clear();
        if (body.Length <= Slices * SliceSize)
            Count(body, counts);
        else
            for (var i = 0; i < Slices; i++)
                Count(body.Slice((int)((long)(body.Length - SliceSize) * i / (Slices - 1)), SliceSize), counts);
        double total = Math.Min(body.Length, Slices * SliceSize), bits = 0;
        foreach (var count in counts)
            if (count > 0)
                bits -= count / total * Math.Log2(count / total);
        return bits;
    }

    private static void Count(ReadOnlySpan<byte> bytes, Span<int> counts)
    {
        foreach (var value in bytes)
            counts[value]++;
    }
}
