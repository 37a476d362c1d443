using Temper.Tensors;
using TorchSharp;
using ScalarType = TorchSharp.torch.ScalarType;
using T = TorchSharp.torch.Tensor;

namespace Temper.Plugins.TorchSharp;

/// <summary>AdamW in place (Loshchilov &amp; Hutter 2019, arXiv:1711.05101); fused over many parameters where libtorch's own kernel can be reached. As in PyTorch,
/// corrections are those of a parameter's own count of updates.</summary>
internal sealed class TorchAdamW(TorchEngine engine, Scalars scalars, Scripts? scripts, IReadOnlyList<ParameterGroup> groups, AdamWOptions options)
    : TorchOptimizer(engine, scalars, "adamw", 0x31_57_6D_61_64_41_54, 2, groups)
{
    /// <inheritdoc/>
    protected override bool CountsUpdates => true;

    /// <inheritdoc/>
    protected override void Update(IReadOnlyList<Slot> slots, T[] grads, double learningRate)
    {
        if (scripts is null)
        {
            base.Update(slots, grads, learningRate);
            return;
        }
        foreach (var alike in Enumerable.Range(0, grads.Length).GroupBy(i => (slots[i].Group, slots[i].Missed)))
        {
            var chosen = alike.Select(i => slots[i]).ToArray();
            var updates = torch.full([], Scalars[Steps - alike.Key.Missed], ScalarType.Float32, grads[0].device);
            var (group, missed) = alike.Key;
            var constants = torch.tensor((double[])[learningRate * group.LearningRateScale, options.Beta1, options.Beta2, group.WeightDecay, options.Epsilon], ScalarType.Float64);
            scripts.AdamW([.. chosen.Select(slot => slot.Parameter)], [.. alike.Select(i => grads[i])], [.. chosen.Select(slot => slot.Moments[0].Value)],
                [.. chosen.Select(slot => slot.Moments[1].Value)], [.. chosen.Select(_ => updates)], constants);
        }
    }

    /// <inheritdoc/>
    protected override void Update(Slot slot, T grad, double rate)
    {
        var updates = Steps - slot.Missed;
        var (c1, c2) = (1 - Math.Pow(options.Beta1, updates), 1 - Math.Pow(options.Beta2, updates));
        var (m, v) = (slot.Moments[0].Value, slot.Moments[1].Value);
        m.mul_(Scalars[options.Beta1]).add_(grad, Scalars[1 - options.Beta1]);
        v.mul_(Scalars[options.Beta2]).addcmul_(grad, grad, Scalars[1 - options.Beta2]);
        var root = v.sqrt().mul(Scalars[1 / Math.Sqrt(c2)]).add(Scalars[options.Epsilon], Scalars[1]);
        slot.Parameter.mul_(Scalars[1 - rate * slot.Group.WeightDecay]).addcdiv_(m, root, Scalars[-rate / c1]);
    }
}
