namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    public Tensor Add(Tensor a, Tensor b)
    {
        var (left, right) = (Real_("add", "left", a), Real_("add", "right", b));
        var rows = Repeats("add", left, right);
        var width = right.Count;
        var output = New(left.Shape);
        T* x = At(left), r = At(right), y = At(output);
        if (rows == 1) Split(width, Grain, (from, to) => Pointwise<T, V>.Add(x + from, r + from, y + from, to - from));
        else if (width == 1) Split(rows, Grain, (from, to) => Pointwise<T, V>.AddNumber(x + from, *r, y + from, to - from));
        else Each(rows, width, row => Pointwise<T, V>.Add(x + row * width, r, y + row * width, width));
        if (!Recording(left, right)) return output;
        return Record(output, () =>
        {
            var slope = output.Grad!;
            if (rows == 1) Give(right, slope);
            else if (right.NeedsGrad) SumRows(At(slope), Slope(right, out var add), checked((int)rows), (int)width, add);
            Give(left, slope);
        });
    }

    public Tensor Mul(Tensor a, Tensor b)
    {
        var (left, right) = (Real_("mul", "left", a), Real_("mul", "right", b));
        var rows = Repeats("mul", left, right);
        var width = right.Count;
        var output = New(left.Shape);
        T* x = At(left), r = At(right), y = At(output);
        if (rows == 1) Split(width, Grain, (from, to) => Pointwise<T, V>.Mul(x + from, r + from, y + from, to - from));
        else if (width == 1) Split(rows, Grain, (from, to) => Pointwise<T, V>.Scale(x + from, *r, y + from, to - from, false));
        else Each(rows, width, row => Pointwise<T, V>.Mul(x + row * width, r, y + row * width, width));
        if (!Recording(left, right)) return output;
        return Record(output, () =>
        {
            if (left.NeedsGrad) MulBack(At(output.Grad!), At(right), left, rows, width);
            if (right.NeedsGrad) MulSum(At(output.Grad!), At(left), right, rows, width);
        });
    }

    private void MulBack(T* dy, T* other, CpuTensor x, long rows, long width)
    {
        var dx = SlopeFromZero(x);
        if (width == 1) Split(rows, Grain, (from, to) => Pointwise<T, V>.Scale(dy + from, *other, dx + from, to - from, true));
        else Each(rows, width, row => Pointwise<T, V>.MulAdd(dy + row * width, other, dx + row * width, width));
    }

    private void MulSum(T* dy, T* other, CpuTensor x, long rows, long width)
    {
        if (rows == 1)
        {
            MulBack(dy, other, x, rows, width);
            return;
        }

        var product = pool.Rent(rows * width * sizeof(T));
        var terms = (T*)product.Pointer;
        Split(rows * width, Grain, (from, to) => Pointwise<T, V>.Mul(dy + from, other + from, terms + from, to - from));
        SumRows(terms, Slope(x, out var add), checked((int)rows), (int)width, add);
        product.Release();
    }

    /// <summary>How many times b repeats to cover a: 1 for equal shapes, more for trailing dimensions or a single element.</summary>
    private static long Repeats(string operation, CpuTensor a, CpuTensor b)
    {
        var fits = b.Count == 1 || (b.Rank <= a.Rank && a.Shape[(a.Rank - b.Rank)..].SequenceEqual(b.Shape));
        if (!fits) throw new ShapeMismatchException(operation, a.Shape, b.Shape);
        return b.Count == 0 ? 1 : a.Count / b.Count;
    }

    /// <summary>Runs body for every row, in parallel when there is enough of it.</summary>
    private void Each(long rows, long width, Action<long> body) => Split(rows, Math.Max(1, Grain / Math.Max(1, width)), (from, to) =>
    {
        for (var row = from; row < to; row++) body(row);
    });
}
