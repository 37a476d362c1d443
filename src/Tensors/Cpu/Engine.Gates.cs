namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    public Tensor GatedAct(Tensor gate, Tensor up, Act act) => act switch
    {
        Act.Silu => Gate<Curves<T, V>.Silu>(gate, up),
        Act.GeluTanh => Gate<Curves<T, V>.GeluTanh>(gate, up),
        Act.GeluErf => Gate<Curves<T, V>.GeluErf>(gate, up),
        _ => throw new ArgumentOutOfRangeException(nameof(act), act, "gated activations are Silu, GeluTanh and GeluErf"),
    };

    private CpuTensor Gate<C>(Tensor gate, Tensor up) where C : struct, ICurve<V>
    {
        using var time = Time("gated_act");
        var (g, u) = (Real_("gated_act", "gate", gate), Real_("gated_act", "up", up));
        if (!g.Shape.SequenceEqual(u.Shape)) throw new ShapeMismatchException("gated_act", g.Shape, u.Shape);
        var output = New(g.Shape);
        Split(g.Count, Grain, new Gated<C>(At(g), At(u), At(output)));
        if (!Recording(g, u)) return output;
        var node = Take<GateNode<C>>();
        (node.Gate, node.Up) = (g, u);
        node.Needs(g, u);
        return Record(output, node);
    }

    private sealed class GateNode<C> : Node where C : struct, ICurve<V>
    {
        public CpuTensor Gate { get; set; } = null!;

        public CpuTensor Up { get; set; } = null!;

        public override string Operation => "gated_act";

        public override void Backward(Engine<T, V> engine)
        {
            var (addGate, addUp) = (false, false);
            var dg = Gate.NeedsGrad ? engine.Slope(Gate, out addGate) : null;
            var du = Up.NeedsGrad ? engine.Slope(Up, out addUp) : null;
            engine.Split(Gate.Count, Grain, new GatedBack<C>(At(Gate), At(Up), At(Output.Grad!), dg, addGate, du, addUp));
        }
    }

    private readonly struct Gated<C>(T* gate, T* up, T* y) : IRange where C : struct, ICurve<V>
    {
        public void Run(long from, long to) => Pointwise<T, V>.Gate(default(C), gate + from, up + from, y + from, to - from);
    }

    private readonly struct GatedBack<C>(T* gate, T* up, T* dy, T* dGate, bool addGate, T* dUp, bool addUp) : IRange where C : struct, ICurve<V>
    {
        public void Run(long from, long to) => Pointwise<T, V>.GateBack(
            default(C), gate + from, up + from, dy + from, dGate == null ? null : dGate + from, addGate, dUp == null ? null : dUp + from, addUp, to - from);
    }
}
