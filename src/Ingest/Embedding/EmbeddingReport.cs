using System.Runtime.InteropServices;
using Temper.Core.Ids;

namespace Temper.Ingest;

/// <summary>Where a version lies in the space of the model that embedded it. Section <c>embedding</c> of the report.</summary>
/// <param name="Space">Digest of model, transform and preprocessing: centroids of one space alone can be compared.</param>
/// <param name="Records">Vectors that were summed up: of sound records, or images, each once.</param>
/// <param name="Centroid">Mean of the vectors, each first brought to length 1: float32, little-endian; Base64 on the wire.</param>
public sealed record EmbeddingReport(Digest Space, long Records, byte[] Centroid)
{
    /// <summary>Name of the mark that keeps it until the version is sealed.</summary>
    internal const string Mark = "centroid.json";

    /// <summary>The centroid of vectors, summed in their order; null where there is none that is not zero.</summary>
    internal static EmbeddingReport? Of(Digest space, IReadOnlyList<float[]> vectors)
    {
        var (sum, count) = (new double[vectors.Count > 0 ? vectors[0].Length : 0], 0L);
        foreach (var vector in vectors)
        {
            var length = Length(vector);
            if (length == 0)
                continue;
            count++;
            for (var d = 0; d < sum.Length; d++)
                sum[d] += vector[d] / length;
        }
        return count == 0 ? null : new(space, count, MemoryMarshal.AsBytes<float>(Array.ConvertAll(sum, value => (float)(value / count))).ToArray());
    }

    /// <summary>1 less the cosine of two centroids, 0 (the same direction) to 1 (nothing in common, or less); null where one has no direction.</summary>
    internal static double? Distance(EmbeddingReport a, EmbeddingReport b)
    {
        var (x, y) = (MemoryMarshal.Cast<byte, float>(a.Centroid).ToArray(), MemoryMarshal.Cast<byte, float>(b.Centroid).ToArray());
        var dot = 0.0;
        for (var d = 0; d < x.Length && x.Length == y.Length; d++)
            dot += (double)x[d] * y[d];
        return Length(x) * Length(y) is > 0 and var lengths && x.Length == y.Length ? Math.Clamp(1 - dot / lengths, 0, 1) : null;
    }

    private static double Length(ReadOnlySpan<float> vector)
    {
        var square = 0.0;
        foreach (var value in vector)
            square += (double)value * value;
        return Math.Sqrt(square);
    }
}
