namespace Temper.Tensors;

/// <summary>Weights that are not trained, in narrow forms. They are widened into the cache where the tiles need them, so results have the bits of
/// the widened weight.</summary>
internal sealed unsafe partial class Engine<T, V>
{
    public Tensor Freeze(FrozenForm form, long outputs, long inputs, FillRows rows)
    {
        if (outputs < 1 || inputs < 1) throw new ShapeMismatchException("freeze", "weight", [outputs, inputs], "at least one row and column");
        ArgumentNullException.ThrowIfNull(rows);
        var panels = new FrozenPanels(form, checked((int)outputs), checked((int)inputs), pool.Rent(FrozenPanels.Bytes(form, outputs, inputs)));
        var together = workers.Threads * 4;
        var scales = form == FrozenForm.NF4Nested ? new float[checked(panels.Outputs * panels.Groups)] : null;
        var source = new float[checked(together * FrozenPanels.Width * panels.Inputs)];
        for (var first = 0; first < panels.Count; first += together)
        {
            var count = Math.Min(together, panels.Count - first);
            var height = Math.Min(count * FrozenPanels.Width, panels.Outputs - first * FrozenPanels.Width);
            rows((long)first * FrozenPanels.Width, source.AsSpan(0, height * panels.Inputs));
            workers.Run(count, new FrozenWritten(panels, source, scales, first, height));
        }

        if (scales is not null) FrozenWriter.Nest(panels, scales);

        var weight = Track(handles.Take(panels.Storage, 0, DType.Frozen, [outputs, inputs]));
        weight.Frozen = panels;
        return weight;
    }

    /// <summary>A weight of rank 2, Real or frozen.</summary>
    private CpuTensor Weight_(string operation, string operand, Tensor tensor)
    {
        var own = Own(operation, tensor);
        return own.Frozen is null ? Real_(operation, operand, own) : own;
    }

    private CpuTensor LinearFrozen(CpuTensor input, CpuTensor weight, CpuTensor? bias, CpuTensor output)
    {
        var frozen = weight.Frozen!;
        var (m, n, k) = (RowCount(input), frozen.Outputs, frozen.Inputs);
        Multiply(Matrix<T>.Rows(At(input), k), frozen, false, At(output), m, false);
        if (bias is not null) Each(m, n, new RowAdded(At(output), At(bias), At(output), n));
        if (!Recording(input, bias)) return output;
        var node = Take<LinearFrozenNode>();
        (node.X, node.Weight, node.Bias) = (input, weight, bias);
        node.Needs(weight);
        return Record(output, node);
    }

    private sealed class LinearFrozenNode : Node
    {
        public CpuTensor X { get; set; } = null!;

        public CpuTensor Weight { get; set; } = null!;

        public CpuTensor? Bias { get; set; }

        public override string Operation => "linear";

        public override void Backward(Engine<T, V> engine)
        {
            var (m, n) = (RowCount(X), (int)Weight.Size(0));
            var dy = At(Output.Grad!);
            if (X.NeedsGrad) engine.Multiply(Matrix<T>.Rows(dy, n), Weight.Frozen!, true, engine.Slope(X, out var add), m, add);
            if (Bias is { NeedsGrad: true }) engine.SumRows(dy, engine.Slope(Bias, out var addB), m, n, addB);
        }
    }

    private CpuTensor EmbeddingFrozen(CpuTensor ids, FrozenPanels table)
    {
        CheckIndices("embedding", "id", ids, table.Outputs);
        Span<long> shape = stackalloc long[ids.Rank + 1];
        ids.Shape.CopyTo(shape);
        shape[^1] = table.Inputs;
        var output = New(shape);
        workers.Run((int)ids.Count, new RowsWidened(table, (int*)ids.Bytes, At(output), scratch));
        return output;
    }

    private CpuTensor Widened(FrozenPanels weight)
    {
        var output = New([weight.Outputs, weight.Inputs]);
        workers.Run(weight.Outputs, new RowsWidened(weight, null, At(output), scratch));
        return output;
    }

    /// <summary>C = A·Wᵀ, or A·W <paramref name="across"/>, on all threads.</summary>
    private void Multiply(Matrix<T> a, FrozenPanels weight, bool across, T* c, int m, bool accumulate)
    {
        if (m == 0) return;
        using var product = clock is null ? default : clock.StartProduct();
        if (unit is not null && weight.Form == FrozenForm.BF16)
        {
            MultiplyOnUnit((float*)a.Data, weight, across, (float*)c, m, accumulate);
            return;
        }

        var n = across ? weight.Inputs : weight.Outputs;
        var panels = (n + Panel - 1) / Panel;
        var wide = Math.Clamp(panels / (workers.Threads * 4), 1, m == 1 ? 64 : 8);
        var high = m <= 512 ? m : 504;
        var columns = (panels + wide - 1) / wide;
        workers.Run(columns * ((m + high - 1) / high), new ByFrozenPanels(scratch, a, weight, across, c, m, n, wide, high, columns, accumulate));
    }

    private static void OneRow(T* x, FrozenPanels weight, int panel, T* y, Scratch scratch)
    {
        var columns = Math.Min(Panel, weight.Outputs - panel * Panel);
        if (columns == Panel)
        {
            FrozenReader<T, V>.One(weight, panel, x, y + panel * Panel);
            return;
        }

        var row = scratch.Take<T>(ScratchSlot.TileOfC, 12 * Panel);
        FrozenReader<T, V>.One(weight, panel, x, row);
        new ReadOnlySpan<T>(row, columns).CopyTo(new Span<T>(y + panel * Panel, columns));
    }

    private readonly struct FrozenWritten(FrozenPanels panels, float[] source, float[]? scales, int first, int height) : IWork
    {
        public void Run(int item, int worker)
        {
            var at = item * FrozenPanels.Width;
            FrozenWriter.Write(panels, first + item, source.AsSpan(at * panels.Inputs, Math.Min(FrozenPanels.Width, height - at) * panels.Inputs), scales);
        }
    }

    /// <summary>Rows of a frozen weight: those picked, or all.</summary>
    private readonly struct RowsWidened(FrozenPanels weight, int* picked, T* y, Scratch[] scratch) : IWork
    {
        public void Run(int item, int worker) => FrozenReader<T, V>.Row(
            weight, picked == null ? item : picked[item], y + (long)item * weight.Inputs, scratch[worker].Take<T>(ScratchSlot.Widened, 2048));
    }

    /// <summary>A tile of C of some panels and rows.</summary>
    private readonly struct ByFrozenPanels(
        Scratch[] scratch, Matrix<T> a, FrozenPanels weight, bool across, T* c, int m, int n, int wide, int high, int columns, bool accumulate) : IWork
    {
        public void Run(int item, int worker)
        {
            var (p0, m0) = (item % columns * wide, item / columns * high);
            var p1 = Math.Min((n + Panel - 1) / Panel, p0 + wide);
            if (m > 1 || across || accumulate) Gemm<T, V>.Compute(a, weight, across, c, n, m0, Math.Min(m, m0 + high), p0, p1, accumulate, scratch[worker]);
            else
                for (var panel = p0; panel < p1; panel++) OneRow(a.Data, weight, panel, c, scratch[worker]);
        }
    }
}
