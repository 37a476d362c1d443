using Temper.Tensors;

namespace Temper.Models;

/// <summary>NEFTune's noise (Jain et al. 2023, arXiv:2310.05914), from counters. The buffer is used again.</summary>
internal sealed class EmbeddingNoise(IEngine engine, int width)
{
    private float[] values = [];

    /// <summary>Uniform in ±alpha / √(L·d) for every document of L tokens: [tokens, d].</summary>
    public Tensor On(PackedBatch batch, RandomKey key, double alpha)
    {
        var count = checked(batch.Tokens.Length * width);
        if (values.Length < count) values = new float[count];
        var first = 0;
        foreach (var length in batch.Lengths)
        {
            var (size, bound) = (length * width, (float)(alpha / Math.Sqrt(Math.Max(1.0, (double)length * width))));
            Philox.FillUniform(key, values.AsSpan(first, size), -bound, bound, first);
            first += size;
        }

        return engine.FromFloats(values.AsSpan(0, count), batch.Tokens.Length, width);
    }
}
