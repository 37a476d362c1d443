namespace Temper.Tensors;

/// <summary>Rounds 32 rows of a weight into a panel.</summary>
internal static unsafe class FrozenWriter
{
    /// <summary>Writes <paramref name="panel"/> from its rows, each of the weight's inputs; missing rows of the last panel are zero.</summary>
    public static void Write(FrozenPanels weight, int panel, ReadOnlySpan<float> rows)
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
                else if (weight.Form == FrozenForm.Int8) WriteBytes(group, row, part);
                else WriteNibbles(group, row, part);
            }
        }
    }

    private static void WritePair(ushort* target, ReadOnlySpan<float> part)
    {
        for (var i = 0; i < part.Length; i++) target[i] = Bf16.Round(part[i]);
    }

    private static void WriteBytes(byte* group, int row, ReadOnlySpan<float> part)
    {
        var scale = Largest(part) / 127;
        var inverse = scale == 0 ? 0 : 1 / scale;
        ((float*)group)[row] = (float)(Half)scale;
        var codes = (sbyte*)FrozenPanels.Codes(group) + row;
        for (var i = 0; i < part.Length; i++) codes[i * FrozenPanels.Width] = (sbyte)MathF.Round(part[i] * inverse, MidpointRounding.AwayFromZero);
    }

    private static void WriteNibbles(byte* group, int row, ReadOnlySpan<float> part)
    {
        var scale = Largest(part);
        var inverse = 1 / MathF.Max(scale, 1e-38f);
        ((float*)group)[row] = scale;
        var codes = FrozenPanels.Codes(group) + row % 16;
        for (var i = 0; i < part.Length; i++)
        {
            var code = NormalFloat.Code(Math.Clamp(part[i] * inverse, -1, 1));
            codes[i * 16] |= (byte)(row < 16 ? code : code << 4);
        }
    }

    private static float Largest(ReadOnlySpan<float> part)
    {
        var largest = 0f;
        foreach (var value in part) largest = MathF.Max(largest, MathF.Abs(value));
        return largest;
    }
}
