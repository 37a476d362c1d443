namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    public Tensor Dropout(Tensor x, DropoutSpec dropout)
    {
        var input = Real_("dropout", "x", x);
        var mask = new DropoutMask<T>(dropout);
        if (mask.IsOff) return input;
        var output = New(input.Shape);
        T* from = At(input), to = At(output);
        Split(input.Count, Grain, (a, b) => mask.Apply(from, to, a, b, false));
        if (!Recording(input)) return output;
        return Record(output, () =>
        {
            T* dy = At(output.Grad!), dx = Slope(input, out var add);
            Split(input.Count, Grain, (a, b) => mask.Apply(dy, dx, a, b, add));
        });
    }

    public Tensor LoraAdd(Tensor y, Tensor x, Tensor a, Tensor b, double scale, DropoutSpec dropout = default)
    {
        var (start, input) = (Real_("lora_add", "y", y), Real_("lora_add", "x", x));
        var (down, up) = (Real_("lora_add", "a", a), Real_("lora_add", "b", b));
        CheckLora(start, input, down, up);
        var (m, k, r, n) = (RowCount(input), (int)down.Size(1), (int)down.Size(0), (int)up.Size(0));
        var factor = T.CreateChecked(scale);
        var mask = new DropoutMask<T>(dropout);
        var seen = mask.IsOff ? input : New(input.Shape);
        T* px = At(input), ps = At(seen);
        if (!mask.IsOff) Split(input.Count, Grain, (from, to) => mask.Apply(px, ps, from, to, false));
        var inner = New([m, r]);
        var t = At(inner);
        Multiply(Matrix<T>.Rows(ps, k), Matrix<T>.Transposed(At(down), k), t, m, r, k, false);
        Split(inner.Count, Grain, (from, to) => Pointwise<T, V>.Scale(t + from, factor, t + from, to - from, false));
        var output = New(start.Shape);
        Buffer.MemoryCopy(start.Bytes, output.Bytes, start.ByteCount, start.ByteCount);
        Multiply(Matrix<T>.Rows(t, r), Matrix<T>.Transposed(At(up), r), At(output), m, n, r, true);
        if (!Recording(start, input, down, up)) return output;
        return Record(output, () =>
        {
            LoraBack(output.Grad!, input, seen, inner, down, up, factor, mask);
            Give(start, output.Grad!);
        });
    }

    private void LoraBack(CpuTensor slope, CpuTensor input, CpuTensor seen, CpuTensor inner, CpuTensor down, CpuTensor up, T factor, DropoutMask<T> mask)
    {
        var (m, k, r, n) = (RowCount(input), (int)down.Size(1), (int)down.Size(0), (int)up.Size(0));
        var dy = At(slope);
        if (up.NeedsGrad) Multiply(Matrix<T>.Transposed(dy, n), Matrix<T>.Rows(At(inner), r), Slope(up, out var addUp), n, r, m, addUp);
        if (!down.NeedsGrad && !input.NeedsGrad) return;
        var between = pool.Rent((long)m * r * sizeof(T));
        var dt = (T*)between.Pointer;
        Multiply(Matrix<T>.Rows(dy, n), Matrix<T>.Rows(At(up), r), dt, m, r, n, false);
        Pointwise<T, V>.Scale(dt, factor, dt, (long)m * r, false);
        if (down.NeedsGrad) Multiply(Matrix<T>.Transposed(dt, r), Matrix<T>.Rows(At(seen), k), Slope(down, out var addDown), r, k, m, addDown);
        if (input.NeedsGrad) LoraBackToInput(dt, At(down), input, mask, m, k, r);
        between.Release();
    }

    private void LoraBackToInput(T* dt, T* down, CpuTensor input, DropoutMask<T> mask, int m, int k, int r)
    {
        var dx = Slope(input, out var add);
        if (mask.IsOff)
        {
            Multiply(Matrix<T>.Rows(dt, r), Matrix<T>.Rows(down, k), dx, m, k, r, add);
            return;
        }

        var kept = pool.Rent(input.ByteCount);
        var part = (T*)kept.Pointer;
        Multiply(Matrix<T>.Rows(dt, r), Matrix<T>.Rows(down, k), part, m, k, r, false);
        Split(input.Count, Grain, (from, to) => mask.Apply(part, dx, from, to, add));
        kept.Release();
    }

    private static void CheckLora(CpuTensor y, CpuTensor x, CpuTensor a, CpuTensor b)
    {
        if (a.Rank != 2 || x.Rank == 0 || x.Size(-1) != a.Size(1)) throw new ShapeMismatchException("lora_add", x.Shape, a.Shape);
        if (b.Rank != 2 || b.Size(1) != a.Size(0)) throw new ShapeMismatchException("lora_add", a.Shape, b.Shape);
        if (y.Rank != x.Rank || y.Size(-1) != b.Size(0) || !y.Shape[..^1].SequenceEqual(x.Shape[..^1]))
            throw new ShapeMismatchException("lora_add", y.Shape, b.Shape);
    }
}
