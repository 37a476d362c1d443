namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    /// <summary>Rotates by cos and sin of each token's position; the gradient rotates back.</summary>
    public Tensor Rope(Tensor x, Tensor cos, Tensor sin, Tensor positions, int headSize)
    {
        using var time = Time("rope");
        var (input, c, s) = (Real_("rope", "x", x), Real_("rope", "cos", cos), Real_("rope", "sin", sin));
        var at = Ints_("rope", "positions", positions);
        if (input.Rank != 2 || headSize < 1 || input.Size(1) % headSize != 0) throw new ShapeMismatchException("rope", "x", input.Shape, $"[tokens, heads * {headSize}]");
        if (c.Rank != 2 || c.Size(1) * 2 > headSize || !c.Shape.SequenceEqual(s.Shape)) throw new ShapeMismatchException("rope", c.Shape, s.Shape);
        if (at.Count != input.Size(0)) throw new ShapeMismatchException("rope", input.Shape, at.Shape);
        CheckIndices("rope", "position", at, c.Size(0));
        var output = New(input.Shape);
        var width = (int)input.Size(1);
        Each(at.Count, width, new Turned(At(input), At(output), At(c), At(s), (int*)at.Bytes, width, headSize, (int)c.Size(1), T.One, false));
        if (!Recording(input)) return output;
        var node = Take<RopeNode>();
        (node.X, node.Cos, node.Sin, node.Positions, node.HeadSize) = (input, c, s, at, headSize);
        node.Needs(c, s, at);
        return Record(output, node);
    }

    private sealed class RopeNode : Node
    {
        public CpuTensor X { get; set; } = null!;

        public CpuTensor Cos { get; set; } = null!;

        public CpuTensor Sin { get; set; } = null!;

        public CpuTensor Positions { get; set; } = null!;

        public int HeadSize { get; set; }

        public override string Operation => "rope";

        public override void Backward(Engine<T, V> engine)
        {
            var dx = engine.Slope(X, out var add);
            var (width, half) = ((int)X.Size(1), (int)Cos.Size(1));
            engine.Each(X.Size(0), width, new Turned(At(Output.Grad!), dx, At(Cos), At(Sin), (int*)Positions.Bytes, width, HeadSize, half, -T.One, add));
        }
    }

    private readonly struct Turned(T* x, T* y, T* cos, T* sin, int* positions, int width, int headSize, int half, T sign, bool add) : IRow
    {
        public void Run(long token)
        {
            T* c = cos + (long)positions[token] * half, s = sin + (long)positions[token] * half;
            for (var head = 0; head < width; head += headSize)
                Rotation<T, V>.Head(x + token * width + head, y + token * width + head, c, s, half, headSize, sign, add);
        }
    }
}
