namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    public Tensor Add(Tensor a, Tensor b)
    {
        using var time = Time("add");
        var (left, right) = (Real_("add", "left", a), Real_("add", "right", b));
        var rows = Repeats("add", left, right);
        var width = right.Count;
        var output = New(left.Shape);
        T* x = At(left), r = At(right), y = At(output);
        if (rows == 1) Split(width, Grain, new Sums(x, r, y));
        else if (width == 1) Split(rows, Grain, new NumberAdded(x, *r, y));
        else Each(rows, width, new RowAdded(x, r, y, width));
        if (!Recording(left, right)) return output;
        var node = Take<AddNode>();
        (node.Left, node.Right, node.Rows) = (left, right, rows);
        return Record(output, node);
    }

    private sealed class AddNode : Node
    {
        public CpuTensor Left { get; set; } = null!;

        public CpuTensor Right { get; set; } = null!;

        public long Rows { get; set; }

        public override string Operation => "add";

        public override void Backward(Engine<T, V> engine)
        {
            var slope = Output.Grad!;
            if (Rows == 1) engine.Give(Right, slope);
            else if (Right.NeedsGrad) engine.SumRows(At(slope), engine.Slope(Right, out var add), checked((int)Rows), (int)Right.Count, add);
            engine.Give(Left, slope);
        }
    }

    public Tensor Mul(Tensor a, Tensor b)
    {
        using var time = Time("mul");
        var (left, right) = (Real_("mul", "left", a), Real_("mul", "right", b));
        var rows = Repeats("mul", left, right);
        var width = right.Count;
        var output = New(left.Shape);
        T* x = At(left), r = At(right), y = At(output);
        if (rows == 1) Split(width, Grain, new Products(x, r, y));
        else if (width == 1) Split(rows, Grain, new Scaled(x, *r, y, false));
        else Each(rows, width, new RowMultiplied(x, r, y, width));
        if (!Recording(left, right)) return output;
        var node = Take<MulNode>();
        (node.Left, node.Right, node.Rows) = (left, right, rows);
        node.Needs(right.NeedsGrad ? left : null, left.NeedsGrad ? right : null);
        return Record(output, node);
    }

    private sealed class MulNode : Node
    {
        public CpuTensor Left { get; set; } = null!;

        public CpuTensor Right { get; set; } = null!;

        public long Rows { get; set; }

        public override string Operation => "mul";

        public override void Backward(Engine<T, V> engine)
        {
            var dy = At(Output.Grad!);
            if (Left.NeedsGrad) engine.MulBack(dy, At(Right), Left, Rows, Right.Count);
            if (Right.NeedsGrad) engine.MulSum(dy, At(Left), Right, Rows, Right.Count);
        }
    }

    private void MulBack(T* dy, T* other, CpuTensor x, long rows, long width)
    {
        var dx = SlopeFromZero(x);
        if (width == 1) Split(rows, Grain, new Scaled(dy, *other, dx, true));
        else Each(rows, width, new RowMultipliedInto(dy, other, dx, width));
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
        Split(rows * width, Grain, new Products(dy, other, terms));
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

    private readonly struct NumberAdded(T* x, T number, T* y) : IRange
    {
        public void Run(long from, long to) => Pointwise<T, V>.AddNumber(x + from, number, y + from, to - from);
    }

    private readonly struct Products(T* a, T* b, T* y) : IRange
    {
        public void Run(long from, long to) => Pointwise<T, V>.Mul(a + from, b + from, y + from, to - from);
    }

    /// <summary>y = x + the row, row by row; x may be y.</summary>
    private readonly struct RowAdded(T* x, T* row, T* y, long width) : IRow
    {
        public void Run(long i) => Pointwise<T, V>.Add(x + i * width, row, y + i * width, width);
    }

    private readonly struct RowMultiplied(T* x, T* row, T* y, long width) : IRow
    {
        public void Run(long i) => Pointwise<T, V>.Mul(x + i * width, row, y + i * width, width);
    }

    /// <summary>y += x · the row, row by row.</summary>
    private readonly struct RowMultipliedInto(T* x, T* row, T* y, long width) : IRow
    {
        public void Run(long i) => Pointwise<T, V>.MulAdd(x + i * width, row, y + i * width, width);
    }
}
