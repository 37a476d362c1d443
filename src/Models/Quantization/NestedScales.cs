namespace Temper.Models;

/// <summary>Scales of blocks quantised once more (double quantisation, Dettmers et al. 2023, section 3): their mean is taken off, and what is left is kept in
/// eight bits by bitsandbytes' signed dynamic map, in blocks with a scale each.</summary>
/// <param name="Codes">One byte per scale.</param>
/// <param name="Scales">One f32 per block of scales.</param>
/// <param name="Offset">The mean.</param>
/// <param name="BlockSize">Scales per block.</param>
public sealed record NestedScales(byte[] Codes, float[] Scales, float Offset, int BlockSize)
{
    /// <summary>bitsandbytes' size of a block of scales.</summary>
    public const int UsualBlockSize = 256;

    private static readonly float[] Table = MakeTable();
    private static readonly float[] Middles = FourBit.Middles(Table);

    /// <summary>The 256 numbers: for i in 0 to 6 the middles of 2^i equal parts of [0.1, 1], with both signs, times 10^(i - 6); 0 and 1.</summary>
    public static IReadOnlyList<float> Map => Table;

    /// <summary>Quantises scales. The mean is summed in f64.</summary>
    public static NestedScales Of(ReadOnlySpan<float> scales, int blockSize = UsualBlockSize)
    {
        var sum = 0.0;
        foreach (var scale in scales) sum += scale;
        var offset = (float)(sum / Math.Max(1, scales.Length));
        var (codes, nested) = (new byte[scales.Length], new float[(scales.Length + blockSize - 1) / blockSize]);
        for (var block = 0; block < nested.Length; block++)
        {
            var (from, to) = (block * blockSize, Math.Min(scales.Length, (block + 1) * blockSize));
            for (var i = from; i < to; i++) nested[block] = MathF.Max(nested[block], MathF.Abs(scales[i] - offset));
            var inverse = 1 / MathF.Max(nested[block], 1e-38f);
            for (var i = from; i < to; i++) codes[i] = (byte)FourBit.Below(Middles, Math.Clamp((scales[i] - offset) * inverse, -1, 1));
        }

        return new NestedScales(codes, nested, offset, blockSize);
    }

    /// <summary>The scales: map[code] · scale of the block + mean.</summary>
    public float[] Restore(IReadOnlyList<float>? map = null)
    {
        var scales = new float[Codes.Length];
        for (var i = 0; i < scales.Length; i++) scales[i] = (map ?? Table)[Codes[i]] * Scales[i / BlockSize] + Offset;
        return scales;
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
