using Temper.Tensors;

namespace Temper.Plugins.TorchSharp;

/// <summary>Finds codes and scales behind numbers that were rounded to a form already: the largest of a group tells its scale. Whether the numbers come back bit
/// for bit is checked; where they do not, there is no narrow form.</summary>
internal static class Narrowing
{
    /// <summary>Inputs that share a scale.</summary>
    public static int GroupOf(FrozenForm form) => form == FrozenForm.Int8 ? 32 : 64;

    /// <summary>Codes and scales of rows; inputs are filled up with zeros to whole groups. Null: the form cannot hold exactly these numbers.</summary>
    /// <param name="form">Int8 or one of NF4.</param>
    /// <param name="numbers">[rows, inputs].</param>
    /// <param name="inputs">Columns.</param>
    public static (byte[] Codes, float[] Scales)? Of(FrozenForm form, ReadOnlySpan<float> numbers, int inputs)
    {
        var (group, rows) = (GroupOf(form), inputs == 0 ? 0 : numbers.Length / inputs);
        var groups = (inputs + group - 1) / group;
        var (codes, scales) = (new byte[(long)rows * groups * group / (form == FrozenForm.Int8 ? 1 : 2)], new float[rows * groups]);
        Span<float> block = stackalloc float[group];
        for (var at = 0; at < scales.Length; at++)
        {
            var (row, first) = (at / groups, at % groups * group);
            block.Clear();
            numbers.Slice((row * inputs) + first, Math.Min(group, inputs - first)).CopyTo(block);
            if (!(form == FrozenForm.Int8 ? Bytes(block, codes.AsSpan(at * group, group), out scales[at]) : Halves(block, codes.AsSpan(at * group / 2, group / 2), out scales[at])))
                return null;
        }
        return (codes, scales);
    }

    private static bool Bytes(ReadOnlySpan<float> block, Span<byte> codes, out float scale)
    {
        scale = (float)(Half)(Largest(block) / 127);
        for (var i = 0; i < block.Length; i++)
        {
            var code = scale == 0 ? 0 : (int)MathF.Round(block[i] / scale);
            if (code is < -128 or > 127 || code * scale != block[i])
                return false;
            codes[i] = (byte)(sbyte)code;
        }
        return true;
    }

    private static bool Halves(ReadOnlySpan<float> block, Span<byte> codes, out float scale)
    {
        scale = Largest(block);
        for (var i = 0; i < block.Length; i++)
        {
            var code = NormalFloat.Code(scale == 0 ? 0 : block[i] / scale);
            if (NormalFloat.Numbers[code] * scale != block[i])
                return false;
            codes[i / 2] |= (byte)(i % 2 == 0 ? code << 4 : code);
        }
        return true;
    }

    private static float Largest(ReadOnlySpan<float> block)
    {
        var largest = 0f;
        foreach (var number in block)
            largest = MathF.Max(largest, MathF.Abs(number));
        return largest;
    }
}
