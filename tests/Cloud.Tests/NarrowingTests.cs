using Temper.Plugins.TorchSharp;
using Temper.Tensors;
using Temper.Tensors.Tests;

namespace Temper.Cloud.Tests;

/// <summary>What the processor's engine froze is found again in codes and scales, bit for bit.</summary>
public sealed class NarrowingTests
{
    [Theory]
    [InlineData(FrozenForm.Int8, 64)]
    [InlineData(FrozenForm.Int8, 97)]
    [InlineData(FrozenForm.NF4, 64)]
    [InlineData(FrozenForm.NF4, 97)]
    [InlineData(FrozenForm.NF4Nested, 515)]
    public void Frozen_numbers_come_back(FrozenForm form, int inputs)
    {
        const int Outputs = 70;
        var given = Array.ConvertAll(Numbers.Normal(Outputs * inputs, 9), value => (float)value);
        using var engine = CpuEngine.Create(1);
        using var wide = engine.Cast(engine.Freeze(form, Outputs, inputs, (first, rows) => given.AsSpan((int)first * inputs, rows.Length).CopyTo(rows)), DType.F32);
        var numbers = engine.ToFloats(wide);
        var (codes, scales) = Narrowing.Of(form, numbers, inputs)!.Value;
        Assert.Equal(numbers, Decode(form, codes, scales, Outputs, inputs));
    }

    [Fact]
    public void Numbers_of_no_form_have_none() => Assert.Null(Narrowing.Of(FrozenForm.NF4, [0.1f, 0.2f, 0.3f, 1f], 4));

    [Fact]
    public void Zeros_are_zeros() => Assert.Equal(new float[40], Decode(FrozenForm.Int8, Narrowing.Of(FrozenForm.Int8, new float[40], 40)!.Value.Codes, new float[2], 1, 40));

    private static float[] Decode(FrozenForm form, byte[] codes, float[] scales, int outputs, int inputs)
    {
        var (group, groups) = (Narrowing.GroupOf(form), scales.Length / outputs);
        var numbers = new float[outputs * inputs];
        for (var row = 0; row < outputs; row++)
            for (var column = 0; column < inputs; column++)
            {
                var at = (row * groups * group) + column;
                var code = form == FrozenForm.Int8 ? (sbyte)codes[at] : NormalFloat.Numbers[at % 2 == 0 ? codes[at / 2] >> 4 : codes[at / 2] & 15];
                numbers[(row * inputs) + column] = code * scales[(row * groups) + (column / group)];
            }
        return numbers;
    }
}
