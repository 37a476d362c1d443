namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    public Tensor Dropout(Tensor x, DropoutSpec dropout)
    {
        using var time = Time("dropout");
        var input = Real_("dropout", "x", x);
        var mask = new DropoutMask<T>(dropout);
        if (mask.IsOff) return input;
        var output = New(input.Shape);
        Split(input.Count, Grain, new Dropped(mask, At(input), At(output), false));
        if (!Recording(input)) return output;
        var node = Take<DropoutNode>();
        (node.X, node.Mask) = (input, mask);
        return Record(output, node);
    }

    private sealed class DropoutNode : Node
    {
        public CpuTensor X { get; set; } = null!;

        public DropoutMask<T> Mask { get; set; }

        public override string Operation => "dropout";

        public override void Backward(Engine<T, V> engine)
        {
            var dx = engine.Slope(X, out var add);
            engine.Split(X.Count, Grain, new Dropped(Mask, At(Output.Grad!), dx, add));
        }
    }

    /// <summary>y = mask · x (or +=).</summary>
    private readonly struct Dropped(DropoutMask<T> mask, T* x, T* y, bool add) : IRange
    {
        public void Run(long from, long to) => mask.Apply(x, y, from, to, add);
    }
}
