using Temper.Tensors;
using TorchSharp;
using F = TorchSharp.torch.nn.functional;
using ScalarType = TorchSharp.torch.ScalarType;
using T = TorchSharp.torch.Tensor;

namespace Temper.Plugins.TorchSharp;

public sealed partial class TorchEngine
{
    /// <inheritdoc/>
    public Tensor Add(Tensor a, Tensor b)
    {
        Expect.Broadcast("add", a, b);
        return In(() => Sum(Of(a), Of(b)));
    }

    /// <inheritdoc/>
    public Tensor Mul(Tensor a, Tensor b)
    {
        Expect.Broadcast("mul", a, b);
        return In(() => Of(a).mul(Of(b)));
    }

    /// <inheritdoc/>
    public Tensor Scale(Tensor x, double factor)
    {
        Expect.Real("scale", x);
        return In(() => Of(x).mul(_scalars[factor]));
    }

    /// <inheritdoc/>
    public Tensor Activation(Tensor x, Act act)
    {
        Expect.Real("activation", x);
        return In(() => Apply(Of(x), act));
    }

    /// <inheritdoc/>
    public Tensor GatedAct(Tensor gate, Tensor up, Act act)
    {
        Expect.Real("gated_act", gate, up);
        if (!gate.Shape.SequenceEqual(up.Shape))
            throw new ShapeMismatchException("gated_act", gate.Shape, up.Shape);
        return In(() => Apply(Of(gate), act).mul(Of(up)));
    }

    /// <inheritdoc/>
    public Tensor Tanh(Tensor x)
    {
        Expect.Real("tanh", x);
        return In(() => Of(x).tanh());
    }

    /// <inheritdoc/>
    public Tensor Exp(Tensor x)
    {
        Expect.Real("exp", x);
        return In(() => Of(x).exp());
    }

    /// <inheritdoc/>
    public Tensor LogSigmoid(Tensor x)
    {
        Expect.Real("log_sigmoid", x);
        return In(() => F.logsigmoid(Of(x)));
    }

    /// <inheritdoc/>
    /// <remarks>log(-expm1 x) near zero, log1p(-eˣ) elsewhere; each branch sees harmless numbers where the other one counts, so that no gradient is NaN.</remarks>
    public Tensor Log1mExp(Tensor x)
    {
        Expect.Real("log_1m_exp", x);
        return In(() =>
        {
            var v = Of(x);
            var near = v.gt(_scalars[-Math.Log(2)]);
            var (nearFill, farFill) = (v.full_like(_scalars[-0.5]), v.full_like(_scalars[-1]));
            var forNear = torch.where(near, v, nearFill).expm1().neg().log();
            var forFar = torch.where(near, farFill, v).exp().neg().log1p();
            return torch.where(near, forNear, forFar);
        });
    }

    /// <inheritdoc/>
    public Tensor Softmax(Tensor x, int dim = -1)
    {
        Expect.Real("softmax", x);
        var at = Expect.Dim("softmax", x, dim);
        return In(() => F.softmax(Of(x), at));
    }

    /// <inheritdoc/>
    public Tensor Dropout(Tensor x, DropoutSpec dropout)
    {
        Expect.Real("dropout", x);
        return In(() => Dropped(Of(x), dropout, x.Count));
    }

    /// <inheritdoc/>
    public Tensor RmsNorm(Tensor x, Tensor weight, double epsilon, bool plusOne = false)
    {
        Expect.Real("rms_norm", x, weight);
        Expect.Columns("rms_norm", x, weight);
        return In(() =>
        {
            var v = Of(x);
            if (_scripts is not null)
                return _scripts.RmsNorm(v, plusOne ? Of(weight).add(_scalars[1], _scalars[1]) : Of(weight), epsilon);
            var root = v.mul(v).mean([-1], keepdim: true).add(_scalars[epsilon], _scalars[1]).rsqrt();
            var factor = plusOne ? Of(weight).add(_scalars[1], _scalars[1]) : Of(weight);
            return v.mul(root).mul(factor);
        });
    }

    /// <inheritdoc/>
    public Tensor LayerNorm(Tensor x, Tensor weight, Tensor? bias, double epsilon)
    {
        Expect.Real("layer_norm", x, weight);
        Expect.Columns("layer_norm", x, weight);
        if (bias is not null)
            Expect.Vector("layer_norm", "bias", bias, x.Size(1));
        return In(() => F.layer_norm(Of(x), [x.Size(1)], Of(weight), bias is null ? null : Of(bias), epsilon));
    }

    /// <summary>a + b with a held factor; the binding's own sum makes a temporary one.</summary>
    internal T Sum(T a, T b) => a.add(b, _scalars[1]);

    /// <summary>A result without numbers of its own still knows what it was made from: it has a graph where one of those has.</summary>
    private T Tied(T result, params ReadOnlySpan<T> to)
    {
        foreach (var from in to)
            result = Sum(result, from.narrow(0, 0, 0).sum());
        return result;
    }

    private T Apply(T x, Act act) => act switch
    {
        Act.Relu => x.relu(),
        Act.Silu => x.mul(x.sigmoid()),
        Act.GeluErf => F.gelu(x, global::TorchSharp.Modules.GELU.Approximate.none),
        Act.GeluTanh => F.gelu(x, global::TorchSharp.Modules.GELU.Approximate.tanh),
        Act.QuickGelu => x.mul(x.mul(_scalars[1.702]).sigmoid()),
        _ => throw new ArgumentOutOfRangeException(nameof(act), act, "unknown activation"),
    };

    /// <summary>The mask comes from counters on the host, the same as on every other engine; use it sparingly on a GPU.</summary>
    private T Dropped(T x, DropoutSpec dropout, long count)
    {
        if (!(dropout.P >= 0 && dropout.P < 1))
            throw new ArgumentOutOfRangeException(nameof(dropout), dropout.P, "dropout: P must be inside [0, 1)");
        if (dropout.P == 0)
            return x.alias();
        var threshold = (uint)(dropout.P * 4294967296.0);
        var keep = (float)(1 / (1 - (double)dropout.P));
        var mask = new float[count];
        for (var element = 0L; element < count; element++)
            mask[element] = Philox.Bits32(dropout.Key, element) < threshold ? 0 : keep;
        return x.mul(Host<float>(mask, ScalarType.Float32, x.shape));
    }
}
