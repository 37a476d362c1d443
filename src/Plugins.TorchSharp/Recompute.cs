using TorchSharp;
using T = TorchSharp.torch.Tensor;

namespace Temper.Plugins.TorchSharp;

/// <summary>Activation checkpointing (Chen et al. 2016, arXiv:1604.06174) as a function of libtorch's graph. The backward pass runs on a thread of libtorch
/// where the device is a GPU: it opens its own scope, and no exception may leave it, so a failure waits until the engine asks.</summary>
internal sealed class Recompute : torch.autograd.SingleTensorFunction<Recompute>
{
    /// <inheritdoc/>
    public override string Name => nameof(Recompute);

    /// <inheritdoc/>
    public override T forward(torch.autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, body) = ((T)vars[0], (Func<T, T>)vars[1]);
        ctx.save_for_backward([x]);
        ctx.save_data("body", body);
        using var scope = torch.NewDisposeScope();
        return body(x).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override List<T> backward(torch.autograd.AutogradContext ctx, T grad_output)
    {
        using var scope = torch.NewDisposeScope();
        var x = ctx.get_saved_variables()[0].detach().requires_grad_(true);
        try
        {
            using var recording = torch.enable_grad();
            var y = ((Func<T, T>)ctx.get_data("body"))(x);
            torch.autograd.backward([y], [grad_output]);
            return [(x.grad ?? x.zeros_like()).detach().MoveToOuterDisposeScope(), null!];
        }
        catch (Exception e)
        {
            BackwardFailure.Keep(e);
            return [x.zeros_like().detach().MoveToOuterDisposeScope(), null!];
        }
    }
}
