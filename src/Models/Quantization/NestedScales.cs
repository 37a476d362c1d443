using Temper.Tensors;

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
    public const int UsualBlockSize = DynamicMap.UsualBlockSize;

    private static readonly float[] Table = [.. DynamicMap.Numbers];

    /// <summary>The 256 numbers of <see cref="DynamicMap"/>.</summary>
    public static IReadOnlyList<float> Map => Table;

    /// <summary>Quantises scales. The mean is summed in f64.</summary>
    public static NestedScales Of(ReadOnlySpan<float> scales, int blockSize = UsualBlockSize)
    {
        var (codes, nested) = (new byte[scales.Length], new float[(scales.Length + blockSize - 1) / blockSize]);
        return new NestedScales(codes, nested, DynamicMap.Quantize(scales, blockSize, codes, nested), blockSize);
    }

    /// <summary>The scales: map[code] · scale of the block + mean.</summary>
    public float[] Restore(IReadOnlyList<float>? map = null)
    {
        var scales = new float[Codes.Length];
        for (var i = 0; i < scales.Length; i++) scales[i] = (map ?? Table)[Codes[i]] * Scales[i / BlockSize] + Offset;
        return scales;
    }
}
