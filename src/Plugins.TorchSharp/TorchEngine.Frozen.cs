using Temper.Tensors;
using TorchSharp;
using F = TorchSharp.torch.nn.functional;
using ScalarType = TorchSharp.torch.ScalarType;
using T = TorchSharp.torch.Tensor;

namespace Temper.Plugins.TorchSharp;

public sealed partial class TorchEngine
{
    /// <inheritdoc/>
    /// <remarks>The processor's engine rounds, so that the numbers are the same on both. Scales that are quantised themselves are kept as f32.</remarks>
    public Tensor Freeze(FrozenForm form, long outputs, long inputs, FillRows rows)
    {
        using var host = CpuEngine.Create();
        using var rounded = host.Cast(host.Freeze(form, outputs, inputs, rows), DType.F32);
        var numbers = host.ToFloats(rounded);
        using var scope = torch.NewDisposeScope();
        using var still = torch.no_grad();
        if (form == FrozenForm.BF16)
            return Keep(new(Host<float>(numbers, ScalarType.Float32, outputs, inputs).to_type(ScalarType.BFloat16), null, null, inputs));
        if (inputs == 0 || Narrowing.Of(form, numbers, checked((int)inputs)) is not { } narrow)
            return Wrap(Host<float>(numbers, ScalarType.Float32, outputs, inputs).MoveToOuterDisposeScope());
        var groups = outputs == 0 ? 0 : narrow.Scales.Length / outputs;
        var scales = Host<float>(narrow.Scales, ScalarType.Float32, outputs, groups);
        return form == FrozenForm.Int8
            ? Keep(new(Host<byte>(narrow.Codes, ScalarType.Int8, outputs, groups * Narrowing.GroupOf(form)), scales, null, inputs))
            : Keep(new(Host<byte>(narrow.Codes, ScalarType.Byte, outputs, groups * Narrowing.GroupOf(form) / 2), scales, Pairs(), inputs));
    }

    /// <summary>x·wᵀ + bias, whatever form the weight has: the same numbers give the same bits, because the same product with the same bias is asked for.</summary>
    private T Product(T x, Tensor weight, Tensor? bias, string operation)
    {
        var add = bias is null ? null : Of(bias, operation);
        if (NarrowOf(weight, operation) is not { } narrow)
            return F.linear(x, Of(weight, operation), add);
        var inside = add is { requires_grad: false } && _products == ScalarType.Float32;
        var product = FrozenLinear.apply(x, narrow, _products, _callbacks, inside ? add! : null!);
        return inside || add is null ? product : Sum(product, add);
    }

    private TorchFrozen Keep(NarrowWeight weight)
    {
        foreach (var part in weight.Parts)
            _handles.Add(part.MoveToOuterDisposeScope());
        return new(this, weight);
    }

    /// <summary>The two numbers behind each byte of NF4.</summary>
    private T Pairs()
    {
        var pairs = new float[512];
        for (var code = 0; code < 256; code++)
            (pairs[2 * code], pairs[(2 * code) + 1]) = (NormalFloat.Numbers[code >> 4], NormalFloat.Numbers[code & 15]);
        return Host<float>(pairs, ScalarType.Float32, 256, 2);
    }
}
