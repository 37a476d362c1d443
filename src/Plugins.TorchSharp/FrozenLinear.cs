using TorchSharp;
using F = TorchSharp.torch.nn.functional;
using ScalarType = TorchSharp.torch.ScalarType;
using T = TorchSharp.torch.Tensor;

namespace Temper.Plugins.TorchSharp;

/// <summary>x·wᵀ + bias for a weight in a narrow form. It is widened for the product and forgotten: the graph keeps the narrow one alone, or the wide weights of all
/// layers would live until the backward pass. Products are in f32, or in bf16 with sums in f32: then both factors are rounded, and the result is f32 again.</summary>
internal sealed class FrozenLinear : torch.autograd.SingleTensorFunction<FrozenLinear>
{
    /// <inheritdoc/>
    public override string Name => nameof(FrozenLinear);

    /// <inheritdoc/>
    /// <param name="ctx">Keeps what the backward pass needs.</param>
    /// <param name="vars">x, the weight, the type of products, the engine's callbacks, and a bias that is not trained, or null; it has the type of the products.</param>
    public override T forward(torch.autograd.AutogradContext ctx, params object?[] vars)
    {
        var (x, weight, type) = ((T)vars[0]!, (NarrowWeight)vars[1]!, (ScalarType)vars[2]!);
        ctx.save_data("weight", weight);
        ctx.save_data("type", type);
        ctx.save_data("callbacks", vars[3]);
        using var scope = torch.NewDisposeScope();
        return Multiply(x, type, narrow => F.linear(narrow, weight.Widen(type), (T?)vars[4])).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override List<T> backward(torch.autograd.AutogradContext ctx, T grad_output)
    {
        var (weight, type) = ((NarrowWeight)ctx.get_data("weight"), (ScalarType)ctx.get_data("type"));
        return [((Callbacks)ctx.get_data("callbacks")).Run(grad_output, Slope, () => torch.zeros([grad_output.shape[0], weight.Inputs], grad_output.dtype, grad_output.device)), null!, null!, null!, null!];

        T Slope(T slope)
        {
            using var still = torch.no_grad();
            return Multiply(slope, type, narrow => narrow.mm(weight.Widen(type)));
        }
    }

    private static T Multiply(T x, ScalarType type, Func<T, T> product) =>
        x.dtype == type ? product(x) : product(x.to_type(type)).to_type(x.dtype);
}
