namespace Temper.Models;

/// <summary>Where a number stands in a table of a power of two places: multiplicative hashing, with a multiplier that no file can aim at, as it is another one in every process.</summary>
internal static class Scatter
{
    private static readonly ulong Multiplier = ((ulong)(uint)"upper".GetHashCode(StringComparison.Ordinal) << 32) | (uint)"lower".GetHashCode(StringComparison.Ordinal) | 1;

    /// <summary>The first place to look at, in a table of 2^(64 - <paramref name="shift"/>).</summary>
    public static int Place(ulong number, int shift) => (int)((number * Multiplier) >> shift);
}
