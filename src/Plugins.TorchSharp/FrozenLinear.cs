using TorchSharp;
using F = TorchSharp.torch.nn.functional;
using T = TorchSharp.torch.Tensor;

namespace Temper.Plugins.TorchSharp;

/// <summary>x·wᵀ for a weight in a narrow form. It is widened for the product and forgotten: the graph keeps the narrow one alone, or the wide weights of all
/// layers would live until the backward pass.</summary>
internal sealed class FrozenLinear : torch.autograd.SingleTensorFunction<FrozenLinear>
{
    /// <inheritdoc/>
    public override string Name => nameof(FrozenLinear);

    /// <inheritdoc/>
    public override T forward(torch.autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, weight) = ((T)vars[0], (NarrowWeight)vars[1]);
        ctx.save_data("weight", weight);
        using var scope = torch.NewDisposeScope();
        return F.linear(x, weight.Widen(), null).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override List<T> backward(torch.autograd.AutogradContext ctx, T grad_output)
    {
        using var scope = torch.NewDisposeScope();
        var weight = (NarrowWeight)ctx.get_data("weight");
        try
        {
            using var still = torch.no_grad();
            return [grad_output.mm(weight.Widen()).MoveToOuterDisposeScope(), null!];
        }
        catch (Exception e)
        {
            BackwardFailure.Keep(e);
            return [torch.zeros([grad_output.shape[0], weight.Inputs], grad_output.dtype, grad_output.device).MoveToOuterDisposeScope(), null!];
        }
    }
}
