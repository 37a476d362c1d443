using Temper.Tensors;
using T = TorchSharp.torch.Tensor;

namespace Temper.Plugins.TorchSharp;

/// <summary>Gradient descent with momentum, in place; decay is added to the gradient.</summary>
internal sealed class TorchSgd(TorchEngine engine, Scalars scalars, IReadOnlyList<ParameterGroup> groups, SgdOptions options)
    : TorchOptimizer(engine, scalars, "sgd", 0x31_44_47_53_41_54, options.Momentum == 0 ? 0 : 1, groups)
{
    /// <inheritdoc/>
    protected override void Update(Slot slot, T grad, double rate)
    {
        var step = grad.add(slot.Parameter, Scalars[slot.Group.WeightDecay]);
        if (slot.Moments is [var moment])
        {
            var kept = moment.Value.mul_(Scalars[options.Momentum]).add_(step, Scalars[1]);
            step = options.Nesterov ? step.add(kept, Scalars[options.Momentum]) : kept;
        }
        slot.Parameter.add_(step, Scalars[-rate]);
    }
}
