using Temper.Tensors;
using TorchSharp;
using F = TorchSharp.torch.nn.functional;
using ScalarType = TorchSharp.torch.ScalarType;
using T = TorchSharp.torch.Tensor;

namespace Temper.Plugins.TorchSharp;

public sealed partial class TorchEngine
{
    /// <inheritdoc/>
    /// <remarks>The processor's engine rounds, so that the numbers are the same on both, some rows at a time: the wide numbers of a large weight need not fit into one
    /// array. Scales that are quantised themselves depend on the whole weight; they are kept as f32.</remarks>
    public Tensor Freeze(FrozenForm form, long outputs, long inputs, FillRows rows)
    {
        using var host = CpuEngine.Create();
        using var scope = torch.NewDisposeScope();
        using var still = torch.no_grad();
        var most = form == FrozenForm.NF4Nested ? Math.Max(1, outputs) : Math.Max(1, Piece / Math.Max(1, inputs));
        var (parts, table) = (new List<NarrowWeight>(), form is FrozenForm.NF4 or FrozenForm.NF4Nested ? Pairs() : null);
        for (var first = 0L; first == 0 || first < outputs; first += most)
        {
            var (at, count) = (first, Math.Min(most, outputs - first));
            parts.Add(Rounded(host, form, count, inputs, table, (row, target) => rows(at + row, target)));
        }
        // Numbers that the form cannot hold exactly stay as they are; then all do.
        if (parts.Exists(part => part.IsWide))
            return Wrap(torch.cat([.. parts.Select(part => part.Widen())], 0).MoveToOuterDisposeScope());
        return Keep(parts.Count == 1 ? parts[0] : NarrowWeight.Joined(parts));
    }

    private NarrowWeight Rounded(IEngine host, FrozenForm form, long outputs, long inputs, T? table, FillRows rows)
    {
        using var frozen = host.Freeze(form, outputs, inputs, rows);
        using var rounded = host.Cast(frozen, DType.F32);
        var numbers = host.ToFloats(rounded);
        if (form == FrozenForm.BF16)
            return new(Host<float>(numbers, ScalarType.Float32, outputs, inputs).to_type(ScalarType.BFloat16), null, null, inputs);
        if (Narrowing.Of(form, numbers, checked((int)inputs)) is not { } narrow)
            return new(Host<float>(numbers, ScalarType.Float32, outputs, inputs), null, null, inputs);
        var groups = narrow.Scales.Length / outputs;
        var (type, columns) = form == FrozenForm.Int8 ? (ScalarType.Int8, groups * Narrowing.GroupOf(form)) : (ScalarType.Byte, groups * Narrowing.GroupOf(form) / 2);
        return new(Host<byte>(narrow.Codes, type, outputs, columns), Host<float>(narrow.Scales, ScalarType.Float32, outputs, groups), table, inputs);
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
