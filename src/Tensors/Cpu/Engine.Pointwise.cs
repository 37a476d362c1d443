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

    public Tensor Scale(Tensor x, double factor)
    {
        using var time = Time("scale");
        var input = Real_("scale", "x", x);
        var output = New(input.Shape);
        var f = T.CreateChecked(factor);
        Split(input.Count, Grain, new Scaled(At(input), f, At(output), false));
        if (!Recording(input)) return output;
        var node = Take<ScaleNode>();
        (node.X, node.Factor) = (input, f);
        return Record(output, node);
    }

    private sealed class ScaleNode : Node
    {
        public CpuTensor X { get; set; } = null!;

        public T Factor { get; set; }

        public override string Operation => "scale";

        public override void Backward(Engine<T, V> engine)
        {
            var dx = engine.Slope(X, out var add);
            engine.Split(X.Count, Grain, new Scaled(At(Output.Grad!), Factor, dx, add));
        }
    }

    private CpuTensor Map<C>(string operation, Tensor x) where C : struct, ICurve<V>
    {
        using var time = Time(operation);
        var input = Real_(operation, "x", x);
        var output = New(input.Shape);
        Split(input.Count, Grain, new Mapped<C>(At(input), At(output)));
        if (!Recording(input)) return output;
        var node = Take<MapNode<C>>();
        (node.X, node.Name) = (input, operation);
        node.Needs(input, output);
        return Record(output, node);
    }

    private sealed class MapNode<C> : Node where C : struct, ICurve<V>
    {
        public CpuTensor X { get; set; } = null!;

        public string Name { get; set; } = "";

        public override string Operation => Name;

        public override void Backward(Engine<T, V> engine)
        {
            var dx = engine.Slope(X, out var add);
            engine.Split(X.Count, Grain, new MappedBack<C>(At(X), At(Output), At(Output.Grad!), dx, add));
        }
    }

    /// <summary>y = factor · x (or +=).</summary>
    private readonly struct Scaled(T* x, T factor, T* y, bool add) : IRange
    {
        public void Run(long from, long to) => Pointwise<T, V>.Scale(x + from, factor, y + from, to - from, add);
    }

    private readonly struct Mapped<C>(T* x, T* y) : IRange where C : struct, ICurve<V>
    {
        public void Run(long from, long to) => Pointwise<T, V>.Map(default(C), x + from, y + from, to - from);
    }

    private readonly struct MappedBack<C>(T* x, T* y, T* dy, T* dx, bool add) : IRange where C : struct, ICurve<V>
    {
        public void Run(long from, long to) => Pointwise<T, V>.MapBack(default(C), x + from, y + from, dy + from, dx + from, to - from, add);
    }
}
