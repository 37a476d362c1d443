namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    private const long Grain = 1 << 13;

    public Tensor Activation(Tensor x, Act act) => act switch
    {
        Act.Relu => Map<Curves<T, V>.Relu>("relu", x),
        Act.Silu => Map<Curves<T, V>.Silu>("silu", x),
        Act.GeluErf => Map<Curves<T, V>.GeluErf>("gelu", x),
        Act.GeluTanh => Map<Curves<T, V>.GeluTanh>("gelu_tanh", x),
        Act.QuickGelu => Map<Curves<T, V>.QuickGelu>("quick_gelu", x),
        _ => throw new ArgumentOutOfRangeException(nameof(act), act, "unknown activation"),
    };

    public Tensor Tanh(Tensor x) => Map<Curves<T, V>.Tanh>("tanh", x);

    public Tensor Exp(Tensor x) => Map<Curves<T, V>.Exp>("exp", x);

    public Tensor LogSigmoid(Tensor x) => Map<Curves<T, V>.LogSigmoid>("log_sigmoid", x);

    public Tensor Log1mExp(Tensor x) => Map<Curves<T, V>.Log1mExp>("log1m_exp", x);

    public Tensor GatedAct(Tensor gate, Tensor up, Act act) => act switch
    {
        Act.Silu => Gate<Curves<T, V>.Silu>(gate, up),
        Act.GeluTanh => Gate<Curves<T, V>.GeluTanh>(gate, up),
        Act.GeluErf => Gate<Curves<T, V>.GeluErf>(gate, up),
        _ => throw new ArgumentOutOfRangeException(nameof(act), act, "gated activations are Silu, GeluTanh and GeluErf"),
    };

    public Tensor Scale(Tensor x, double factor)
    {
        var input = Real_("scale", "x", x);
        var output = New(input.Shape);
        var f = T.CreateChecked(factor);
        T* from = At(input), to = At(output);
        Split(input.Count, Grain, (a, b) => Pointwise<T, V>.Scale(from + a, f, to + a, b - a, false));
        if (!Recording(input)) return output;
        return Record(output, () =>
        {
            T* dy = At(output.Grad!), dx = Slope(input, out var add);
            Split(input.Count, Grain, (a, b) => Pointwise<T, V>.Scale(dy + a, f, dx + a, b - a, add));
        });
    }

    private CpuTensor Map<C>(string operation, Tensor x) where C : struct, ICurve<V>
    {
        var input = Real_(operation, "x", x);
        var output = New(input.Shape);
        T* from = At(input), to = At(output);
        Split(input.Count, Grain, (a, b) => Pointwise<T, V>.Map(default(C), from + a, to + a, b - a));
        if (!Recording(input)) return output;
        return Record(output, () =>
        {
            T* dy = At(output.Grad!), dx = Slope(input, out var add);
            T* xs = At(input), ys = At(output);
            Split(input.Count, Grain, (a, b) => Pointwise<T, V>.MapBack(default(C), xs + a, ys + a, dy + a, dx + a, b - a, add));
        });
    }

    private CpuTensor Gate<C>(Tensor gate, Tensor up) where C : struct, ICurve<V>
    {
        var (g, u) = (Real_("gated_act", "gate", gate), Real_("gated_act", "up", up));
        if (!g.Shape.SequenceEqual(u.Shape)) throw new ShapeMismatchException("gated_act", g.Shape, u.Shape);
        var output = New(g.Shape);
        T* pg = At(g), pu = At(u), to = At(output);
        Split(g.Count, Grain, (a, b) => Pointwise<T, V>.Gate(default(C), pg + a, pu + a, to + a, b - a));
        if (!Recording(g, u)) return output;
        return Record(output, () =>
        {
            var (addGate, addUp) = (false, false);
            var dy = At(output.Grad!);
            var dg = g.NeedsGrad ? Slope(g, out addGate) : null;
            var du = u.NeedsGrad ? Slope(u, out addUp) : null;
            Split(g.Count, Grain, (a, b) => Pointwise<T, V>.GateBack(
                default(C), pg + a, pu + a, dy + a, dg == null ? null : dg + a, addGate, du == null ? null : du + a, addUp, b - a));
        });
    }
}
