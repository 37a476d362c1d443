namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    public Tensor BatchMatMul(Tensor a, Tensor b, bool transposeB = false)
    {
        using var time = Time("matmul");
        var (left, right) = (Real_("matmul", "left", a), Real_("matmul", "right", b));
        var rank = left.Rank;
        var fits = rank >= 2 && right.Rank == rank && left.Shape[..^2].SequenceEqual(right.Shape[..^2]);
        if (!fits || left.Size(-1) != right.Size(transposeB ? -1 : -2)) throw new ShapeMismatchException("matmul", left.Shape, right.Shape);
        var (m, k, n) = ((int)left.Size(-2), (int)left.Size(-1), (int)right.Size(transposeB ? -2 : -1));
        var output = NewWithLast(left, n);
        var second = transposeB ? Matrix<T>.Transposed(At(right), k) : Matrix<T>.Rows(At(right), n);
        MultiplyEach((int)Product(left.Shape[..^2]), Matrix<T>.Rows(At(left), k), second, At(output), m, n, k, false);
        if (!Recording(left, right)) return output;
        var node = Take<BatchMatMulNode>();
        (node.Left, node.Right, node.TransposeB) = (left, right, transposeB);
        node.Needs(right.NeedsGrad ? left : null, left.NeedsGrad ? right : null);
        return Record(output, node);
    }

    private sealed class BatchMatMulNode : Node
    {
        public CpuTensor Left { get; set; } = null!;

        public CpuTensor Right { get; set; } = null!;

        public bool TransposeB { get; set; }

        public override string Operation => "matmul";

        public override void Backward(Engine<T, V> engine)
        {
            var (batch, m, k, n) = ((int)Product(Left.Shape[..^2]), (int)Left.Size(-2), (int)Left.Size(-1), (int)Output.Size(-1));
            T* a = At(Left), b = At(Right), dy = At(Output.Grad!);
            if (Left.NeedsGrad)
            {
                var back = TransposeB ? Matrix<T>.Rows(b, k) : Matrix<T>.Transposed(b, n);
                engine.MultiplyEach(batch, Matrix<T>.Rows(dy, n), back, engine.Slope(Left, out var add), m, k, n, add);
            }

            if (!Right.NeedsGrad) return;
            var db = engine.Slope(Right, out var addB);
            if (TransposeB) engine.MultiplyEach(batch, Matrix<T>.Transposed(dy, n), Matrix<T>.Rows(a, k), db, n, k, m, addB);
            else engine.MultiplyEach(batch, Matrix<T>.Transposed(a, k), Matrix<T>.Rows(dy, n), db, k, n, m, addB);
        }
    }

    /// <summary>C = A·B (or +=) for each of a batch of matrices that lie one behind the other.</summary>
    private void MultiplyEach(int batch, Matrix<T> a, Matrix<T> b, T* c, int m, int n, int k, bool accumulate)
    {
        using var product = clock is null ? default : clock.StartProduct();
        workers.Run(batch, new OfBatch(scratch, a, b, c, m, n, k, accumulate));
    }

    private readonly struct OfBatch(Scratch[] scratch, Matrix<T> a, Matrix<T> b, T* c, int m, int n, int k, bool accumulate) : IWork
    {
        public void Run(int item, int worker)
        {
            var left = new Matrix<T>(a.Data + (long)item * m * k, a.RowStep, a.ColumnStep);
            var right = new Matrix<T>(b.Data + (long)item * k * n, b.RowStep, b.ColumnStep);
            Gemm<T, V>.Serial(left, right, c + (long)item * m * n, n, m, n, k, accumulate, scratch[worker]);
        }
    }
}
