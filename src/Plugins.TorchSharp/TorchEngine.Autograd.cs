using Temper.Tensors;
using TorchSharp;
using T = TorchSharp.torch.Tensor;

namespace Temper.Plugins.TorchSharp;

public sealed partial class TorchEngine
{
    /// <inheritdoc/>
    /// <remarks>libtorch's parameter takes the handle that it is given, so it gets one of its own.</remarks>
    public Tensor Parameter(Tensor init)
    {
        Expect.Real("parameter", init);
        using var scope = torch.NewDisposeScope();
        return Wrap(new global::TorchSharp.Modules.Parameter(Of(init).detach()).DetachFromDisposeScope());
    }

    /// <inheritdoc/>
    public Tensor? GradOf(Tensor parameter) => Of(parameter).grad is { } grad ? Wrap(grad) : null;

    /// <inheritdoc/>
    public void Backward(Tensor loss, double scale = 1)
    {
        if (loss.Count != 1)
            throw new ShapeMismatchException("backward", "loss", loss.Shape, "one element");
        if (!loss.RequiresGrad)
            throw new AutogradException("backward", "the loss has no graph: it was made without gradients, or backward already ran");
        using var scope = torch.NewDisposeScope();
        var slope = Of(loss).detach().ones_like().mul(_scalars[scale]);
        try
        {
            torch.autograd.backward([Of(loss)], [slope]);
        }
        finally
        {
            _callbacks.End();
        }
        _callbacks.Throw();
    }

    /// <inheritdoc/>
    public Tensor Detach(Tensor x) => In(() => Of(x).detach());

    /// <inheritdoc/>
    public Tensor Checkpoint(Func<Tensor, Tensor> body, Tensor x)
    {
        if (!torch.is_grad_enabled())
            return body(x);
        return In(() => Again(Of(x), input => Of(body(new TorchTensor(this, input)))));
    }

    /// <inheritdoc/>
    public IOptimizer AdamW(IReadOnlyList<ParameterGroup> groups, AdamWOptions options) => new TorchAdamW(this, _scalars, _scripts, groups, options);

    /// <inheritdoc/>
    public IOptimizer Sgd(IReadOnlyList<ParameterGroup> groups, SgdOptions options) => new TorchSgd(this, _scalars, groups, options);

    /// <summary>Runs <paramref name="body"/> now and again in the backward pass. A frozen input becomes a root of the graph, or the parameters
    /// inside the body would get no gradient.</summary>
    private T Again(T x, Func<T, T> body) => Recompute.apply(x.requires_grad ? x : x.detach().requires_grad_(true), body, _callbacks);
}
