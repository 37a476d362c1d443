using TorchSharp;
using T = TorchSharp.torch.Tensor;

namespace Temper.Plugins.TorchSharp;

/// <summary>Activation checkpointing (Chen et al. 2016, arXiv:1604.06174) as a function of libtorch's graph.</summary>
internal sealed class Recompute : torch.autograd.SingleTensorFunction<Recompute>
{
    /// <inheritdoc/>
    public override string Name => nameof(Recompute);

    /// <inheritdoc/>
    /// <param name="ctx">Keeps what the backward pass needs.</param>
    /// <param name="vars">x, the body, and the engine's callbacks.</param>
    public override T forward(torch.autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, body) = ((T)vars[0], (Func<T, T>)vars[1]);
        ctx.save_for_backward([x]);
        ctx.save_data("body", body);
        ctx.save_data("callbacks", vars[2]);
        using var scope = torch.NewDisposeScope();
        return body(x).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override List<T> backward(torch.autograd.AutogradContext ctx, T grad_output)
    {
        var (body, callbacks) = ((Func<T, T>)ctx.get_data("body"), (Callbacks)ctx.get_data("callbacks"));
        using var scope = torch.NewDisposeScope();
        var x = ctx.get_saved_variables()[0].detach().requires_grad_(true);
        return [callbacks.Run(grad_output, Slope, () => x.zeros_like().detach()), null!, null!];

        T Slope(T slope)
        {
            using var recording = torch.enable_grad();
            torch.autograd.backward([body(x)], [slope]);
            return (x.grad ?? x.zeros_like()).detach();
        }
    }
}
