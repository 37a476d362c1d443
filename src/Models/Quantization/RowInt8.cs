namespace Temper.Models;

/// <summary>Eight-bit weights, one scale per row: q = round(127·x / max|x|), ties to even. Used for weights alone: activations stay as they are, so
/// the product is not LLM.int8's.</summary>
public static class RowInt8
{
    /// <summary>Quantises rows of <paramref name="columns"/>; a row of zeros has scale 0.</summary>
    public static void Quantize(ReadOnlySpan<float> source, int columns, Span<sbyte> codes, Span<float> scales)
    {
        for (var row = 0; row < scales.Length; row++)
        {
            var part = source.Slice(row * columns, columns);
            var largest = 0f;
            foreach (var value in part) largest = MathF.Max(largest, MathF.Abs(value));
            scales[row] = largest;
            for (var i = 0; i < columns; i++) codes[row * columns + i] = largest == 0 ? (sbyte)0 : (sbyte)MathF.Round(part[i] * 127 / largest);
        }
    }

    /// <summary>q · scale / 127: elements from <paramref name="first"/> on, whose <paramref name="codes"/> are given; scales begin with the first row.</summary>
    public static void Dequantize(ReadOnlySpan<byte> codes, ReadOnlySpan<float> scales, int columns, long first, Span<float> target)
    {
        for (var i = 0; i < target.Length; i++) target[i] = (sbyte)codes[i] * (scales[(int)((first + i) / columns)] / 127);
    }
}
