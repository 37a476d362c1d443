namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    public Tensor LoraAdd(Tensor y, Tensor x, Tensor a, Tensor b, double scale, DropoutSpec dropout = default)
    {
        using var time = Time("lora_add");
        var (start, input) = (Real_("lora_add", "y", y), Real_("lora_add", "x", x));
        var (down, up) = (Real_("lora_add", "a", a), Real_("lora_add", "b", b));
        CheckLora(start, input, down, up);
        var output = New(start.Shape);
        Buffer.MemoryCopy(start.Bytes, output.Bytes, start.ByteCount, start.ByteCount);
        return AddLora(output, start, input, down, up, scale, dropout);
    }

    public Tensor LoraLinear(Tensor x, Tensor weight, Tensor? bias, Tensor a, Tensor b, double scale, DropoutSpec dropout = default)
    {
        // The product is a step of its own on the tape, but its result is added to in place.
        var product = (CpuTensor)Linear(x, weight, bias);
        using var time = Time("lora_add");
        var (input, down, up) = (Real_("lora_linear", "x", x), Real_("lora_linear", "a", a), Real_("lora_linear", "b", b));
        CheckLora(product, input, down, up);
        var output = View(product, 0, product.Shape);
        var result = AddLora(output, product, input, down, up, scale, dropout);
        product.Dispose();
        return result;
    }

    /// <summary>Adds to <paramref name="output"/>, which begins as <paramref name="start"/>.</summary>
    private CpuTensor AddLora(CpuTensor output, CpuTensor start, CpuTensor input, CpuTensor down, CpuTensor up, double scale, DropoutSpec dropout)
    {
        var (m, k, r, n) = (RowCount(input), (int)down.Size(1), (int)down.Size(0), (int)up.Size(0));
        var factor = T.CreateChecked(scale);
        var mask = new DropoutMask<T>(dropout);
        var seen = mask.IsOff ? input : New(input.Shape);
        if (!mask.IsOff) Split(input.Count, Grain, new Dropped(mask, At(input), At(seen), false));
        var inner = New([m, r]);
        var t = At(inner);
        Multiply(Matrix<T>.Rows(At(seen), k), Matrix<T>.Transposed(At(down), k), t, m, r, k, false);
        Split(inner.Count, Grain, new Scaled(t, factor, t, false));
        Multiply(Matrix<T>.Rows(t, r), Matrix<T>.Transposed(At(up), r), At(output), m, n, r, true);
        if (Recording(start, input, down, up))
        {
            var node = Take<LoraNode>();
            (node.Start, node.X, node.Seen, node.Inner, node.Down, node.Up) = (start, input, seen, inner, down, up);
            (node.Factor, node.Mask) = (factor, mask);
            node.Needs(down.NeedsGrad ? seen : null, up.NeedsGrad ? inner : null, down, up);
            Record(output, node);
        }

        inner.Dispose();
        if (!mask.IsOff) seen.Dispose();
        return output;
    }

    private sealed class LoraNode : Node
    {
        public CpuTensor Start { get; set; } = null!;

        public CpuTensor X { get; set; } = null!;

        /// <summary>x after dropout.</summary>
        public CpuTensor Seen { get; set; } = null!;

        /// <summary>factor · seen · Aᵀ.</summary>
        public CpuTensor Inner { get; set; } = null!;

        public CpuTensor Down { get; set; } = null!;

        public CpuTensor Up { get; set; } = null!;

        public T Factor { get; set; }

        public DropoutMask<T> Mask { get; set; }

        public override string Operation => "lora_add";

        public override void Backward(Engine<T, V> engine)
        {
            var (m, r, n) = (RowCount(X), (int)Down.Size(0), (int)Up.Size(0));
            var dy = At(Output.Grad!);
            if (Up.NeedsGrad) engine.Multiply(Matrix<T>.Transposed(dy, n), Matrix<T>.Rows(At(Inner), r), engine.Slope(Up, out var addUp), n, r, m, addUp);
            if (Down.NeedsGrad || X.NeedsGrad) BackThroughDown(engine, m, r, n);
            engine.Give(Start, Output.Grad!);
        }

        private void BackThroughDown(Engine<T, V> engine, int m, int r, int n)
        {
            var k = (int)Down.Size(1);
            var between = engine.pool.Rent((long)m * r * sizeof(T));
            var dt = (T*)between.Pointer;
            engine.Multiply(Matrix<T>.Rows(At(Output.Grad!), n), Matrix<T>.Rows(At(Up), r), dt, m, r, n, false);
            Pointwise<T, V>.Scale(dt, Factor, dt, (long)m * r, false);
            if (Down.NeedsGrad) engine.Multiply(Matrix<T>.Transposed(dt, r), Matrix<T>.Rows(At(Seen), k), engine.Slope(Down, out var add), r, k, m, add);
            if (X.NeedsGrad) BackToInput(engine, dt, m, k, r);
            between.Release();
        }

        private void BackToInput(Engine<T, V> engine, T* dt, int m, int k, int r)
        {
            var dx = engine.Slope(X, out var add);
            if (Mask.IsOff)
            {
                engine.Multiply(Matrix<T>.Rows(dt, r), Matrix<T>.Rows(At(Down), k), dx, m, k, r, add);
                return;
            }

            var kept = engine.pool.Rent(X.ByteCount);
            var part = (T*)kept.Pointer;
            engine.Multiply(Matrix<T>.Rows(dt, r), Matrix<T>.Rows(At(Down), k), part, m, k, r, false);
            engine.Split(X.Count, Grain, new Dropped(Mask, part, dx, add));
            kept.Release();
        }
    }

    private static void CheckLora(CpuTensor y, CpuTensor x, CpuTensor a, CpuTensor b)
    {
        if (a.Rank != 2 || x.Rank == 0 || x.Size(-1) != a.Size(1)) throw new ShapeMismatchException("lora_add", x.Shape, a.Shape);
        if (b.Rank != 2 || b.Size(1) != a.Size(0)) throw new ShapeMismatchException("lora_add", a.Shape, b.Shape);
        if (y.Rank != x.Rank || y.Size(-1) != b.Size(0) || !y.Shape[..^1].SequenceEqual(x.Shape[..^1]))
            throw new ShapeMismatchException("lora_add", y.Shape, b.Shape);
    }
}
