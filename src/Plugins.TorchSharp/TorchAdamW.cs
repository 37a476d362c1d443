using Temper.Tensors;
using T = TorchSharp.torch.Tensor;

namespace Temper.Plugins.TorchSharp;

/// <summary>AdamW in place (Loshchilov &amp; Hutter 2019, arXiv:1711.05101).</summary>
internal sealed class TorchAdamW(TorchEngine engine, Scalars scalars, IReadOnlyList<ParameterGroup> groups, AdamWOptions options)
    : TorchOptimizer(engine, scalars, "adamw", 0x31_57_6D_61_64_41_54, 2, groups)
{
    /// <inheritdoc/>
    protected override void Update(Slot slot, T grad, double rate)
    {
        var (c1, c2) = (1 - Math.Pow(options.Beta1, Steps), 1 - Math.Pow(options.Beta2, Steps));
        var (m, v) = (slot.Moments[0].Value, slot.Moments[1].Value);
        m.mul_(Scalars[options.Beta1]).add_(grad, Scalars[1 - options.Beta1]);
        v.mul_(Scalars[options.Beta2]).addcmul_(grad, grad, Scalars[1 - options.Beta2]);
        var root = v.sqrt().mul(Scalars[1 / Math.Sqrt(c2)]).add(Scalars[options.Epsilon], Scalars[1]);
        slot.Parameter.mul_(Scalars[1 - rate * slot.Group.WeightDecay]).addcdiv_(m, root, Scalars[-rate / c1]);
    }
}
