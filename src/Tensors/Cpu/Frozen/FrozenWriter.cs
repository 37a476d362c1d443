namespace Temper.Tensors;

/// <summary>Rounds 32 rows of a weight into a panel.</summary>
internal static unsafe class FrozenWriter
{
    /// <summary>Writes <paramref name="panel"/> from its rows, each of the weight's inputs; missing rows of the last panel are zero.</summary>
    /// <param name="weight">Whose panel it is.</param>
    /// <param name="panel">Which.</param>
    /// <param name="rows">Up to 32.</param>
    /// <param name="scales">Takes the scales of all outputs, where they are quantised afterwards by <see cref="Nest"/>.</param>
    public static void Write(FrozenPanels weight, int panel, ReadOnlySpan<float> rows, float[]? scales)
    {
        var size = FrozenPanels.GroupOf(weight.Form);
        new Span<byte>(weight.Group(panel, 0), checked((int)weight.PanelBytes)).Clear();
        for (var row = 0; row < rows.Length / weight.Inputs; row++)
        {
            var values = rows.Slice(row * weight.Inputs, weight.Inputs);
            for (var first = 0; first < values.Length; first += size)
            {
                var part = values.Slice(first, Math.Min(size, values.Length - first));
                var group = weight.Group(panel, first / size);
                if (weight.Form == FrozenForm.BF16) WritePair((ushort*)group + 2 * row, part);
                else if (weight.Form == FrozenForm.Int8) ((float*)group)[row] = WriteBytes((sbyte*)weight.Codes(group) + row, part);
                else
                {
                    var scale = WriteNibbles(weight.Codes(group) + row % 16, row < 16, part);
                    if (scales is null) ((float*)group)[row] = scale;
                    else scales[((panel * FrozenPanels.Width + row) * weight.Groups) + first / size] = scale;
                }
            }
        }
    }

    /// <summary>Quantises the scales of all outputs.</summary>
    public static void Nest(FrozenPanels weight, float[] scales)
    {
        var codes = new byte[scales.Length];
        weight.Nested = new float[(scales.Length + DynamicMap.UsualBlockSize - 1) / DynamicMap.UsualBlockSize];
        weight.Offset = DynamicMap.Quantize(scales, DynamicMap.UsualBlockSize, codes, weight.Nested);
        for (var output = 0; output < weight.Outputs; output++)
            for (var group = 0; group < weight.Groups; group++)
                weight.Group(output / FrozenPanels.Width, group)[output % FrozenPanels.Width] = codes[output * weight.Groups + group];
    }

    private static void WritePair(ushort* target, ReadOnlySpan<float> part)
    {
        for (var i = 0; i < part.Length; i++) target[i] = Bf16.Round(part[i]);
    }

    private static float WriteBytes(sbyte* codes, ReadOnlySpan<float> part)
    {
        var scale = Largest(part) / 127;
        var inverse = scale == 0 ? 0 : 1 / scale;
        for (var i = 0; i < part.Length; i++) codes[i * FrozenPanels.Width] = (sbyte)MathF.Round(part[i] * inverse, MidpointRounding.AwayFromZero);
        return (float)(Half)scale;
    }

    private static float WriteNibbles(byte* codes, bool low, ReadOnlySpan<float> part)
    {
        var scale = Largest(part);
        var inverse = 1 / MathF.Max(scale, 1e-38f);
        for (var i = 0; i < part.Length; i++)
        {
            var code = NormalFloat.Code(Math.Clamp(part[i] * inverse, -1, 1));
            codes[i * 16] |= (byte)(low ? code : code << 4);
        }

        return scale;
    }

    private static float Largest(ReadOnlySpan<float> part)
    {
        var largest = 0f;
        foreach (var value in part) largest = MathF.Max(largest, MathF.Abs(value));
        return largest;
    }
}
