using System.Runtime.Intrinsics;

namespace Temper.Ingest;

/// <summary>Products of vectors, summed over 16 lanes in a fixed order: the same bits on every machine.</summary>
internal static class UnitVectors
{
    /// <summary>Σ a·b in f32; lengths are equal.</summary>
    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var (sum, i) = (Vector512<float>.Zero, 0);
        for (; i + 16 <= a.Length; i += 16)
            sum += Vector512.Create(a.Slice(i, 16)) * Vector512.Create(b.Slice(i, 16));
        var half = sum.GetLower() + sum.GetUpper();
        var quarter = half.GetLower() + half.GetUpper();
        var total = quarter[0] + quarter[1] + (quarter[2] + quarter[3]);
        for (; i < a.Length; i++)
            total += a[i] * b[i];
        return total;
    }

    /// <summary>A vector of length 1; zero stays zero.</summary>
    public static float[] Unit(ReadOnlySpan<float> vector)
    {
        var square = 0.0;
        foreach (var value in vector)
            square += (double)value * value;
        var (unit, length) = (vector.ToArray(), Math.Sqrt(square));
        for (var d = 0; d < unit.Length && length > 0; d++)
            unit[d] = (float)(unit[d] / length);
        return unit;
    }
}
