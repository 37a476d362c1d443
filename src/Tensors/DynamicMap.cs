namespace Temper.Tensors;

/// <summary>bitsandbytes' signed dynamic map of eight bits, and how it keeps the scales of blocks (double quantisation, Dettmers et al. 2023,
/// arXiv:2305.14314, section 3): their mean is taken off, and what is left is kept in blocks with a scale each.</summary>
public static class DynamicMap
{
    /// <summary>Scales that share a scale.</summary>
    public const int UsualBlockSize = 256;

    private static readonly Codebook Book = new(MakeTable());

    /// <summary>The 256 numbers, ascending: for i in 0 to 6 the middles of 2^i equal parts of [0.1, 1], with both signs, times 10^(i - 6); 0 and 1.</summary>
    public static ReadOnlySpan<float> Numbers => Book.Numbers;

    /// <summary>Number of the entry nearest to <paramref name="x"/> in [-1, 1]; between two, the lower one.</summary>
    public static int Code(float x) => Book.Code(x);

    /// <summary>Quantises scales: a code each, and one f32 per started block of <paramref name="blockSize"/>. Gives their mean, which is summed in f64.</summary>
    public static float Quantize(ReadOnlySpan<float> scales, int blockSize, Span<byte> codes, Span<float> nested)
    {
        var sum = 0.0;
        foreach (var scale in scales) sum += scale;
        var offset = (float)(sum / Math.Max(1, scales.Length));
        for (var block = 0; block * (long)blockSize < scales.Length; block++)
        {
            var (from, to) = (block * blockSize, (int)Math.Min(scales.Length, (block + 1L) * blockSize));
            var largest = 0f;
            for (var i = from; i < to; i++) largest = MathF.Max(largest, MathF.Abs(scales[i] - offset));
            nested[block] = largest;
            var inverse = 1 / MathF.Max(largest, 1e-38f);
            for (var i = from; i < to; i++) codes[i] = (byte)Code(Math.Clamp((scales[i] - offset) * inverse, -1, 1));
        }

        return offset;
    }

    /// <summary>In f64, rounded once: bitsandbytes' own last bits depend on the machine that makes them, so files carry their map.</summary>
    private static float[] MakeTable()
    {
        var values = new List<float> { 0, 1 };
        for (var i = 0; i < 7; i++)
        {
            var (parts, power) = (1 << i, Math.Pow(10, i - 6));
            for (var part = 0; part < parts; part++)
            {
                var middle = (float)((0.1 + 0.9 * (part + 0.5) / parts) * power);
                values.Add(middle);
                values.Add(-middle);
            }
        }

        return [.. values.Order()];
    }
}
