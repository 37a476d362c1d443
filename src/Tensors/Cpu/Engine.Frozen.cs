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
        var source = new float[checked(together * FrozenPanels.Width * panels.Inputs)];
        for (var first = 0; first < panels.Count; first += together)
        {
            var (start, count) = (first, Math.Min(together, panels.Count - first));
            var height = Math.Min(count * FrozenPanels.Width, panels.Outputs - first * FrozenPanels.Width);
            rows((long)first * FrozenPanels.Width, source.AsSpan(0, height * panels.Inputs));
            workers.Run(count, (i, _) =>
            {
                var at = i * FrozenPanels.Width;
                FrozenWriter.Write(panels, start + i, source.AsSpan(at * panels.Inputs, Math.Min(FrozenPanels.Width, height - at) * panels.Inputs));
            });
        }

        return Track(new CpuTensor(this, panels.Storage, 0, DType.Frozen, [outputs, inputs]) { Frozen = panels });
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
        if (bias is not null) AddRow(At(output), At(bias), m, n);
        if (!Recording(input, bias)) return output;
        return Record(output, () =>
        {
            var dy = At(output.Grad!);
            if (input.NeedsGrad) Multiply(Matrix<T>.Rows(dy, n), frozen, true, Slope(input, out var add), m, add);
            if (bias is { NeedsGrad: true }) SumRows(dy, Slope(bias, out var addB), m, n, addB);
        });
    }

    private CpuTensor EmbeddingFrozen(CpuTensor ids, FrozenPanels table)
    {
        var index = ids.Ints();
        CheckIndices("embedding", "id", index, table.Outputs);
        var output = New([.. ids.Shape, table.Inputs]);
        var to = At(output);
        workers.Run(index.Length, (i, w) => FrozenReader<T, V>.Row(table, index[i], to + (long)i * table.Inputs, scratch[w].Take<T>(ScratchSlot.Widened, 2048)));
        return output;
    }

    private CpuTensor Widened(FrozenPanels weight)
    {
        var output = New([weight.Outputs, weight.Inputs]);
        var to = At(output);
        workers.Run(weight.Outputs, (i, w) => FrozenReader<T, V>.Row(weight, i, to + (long)i * weight.Inputs, scratch[w].Take<T>(ScratchSlot.Widened, 2048)));
        return output;
    }

    /// <summary>C = A·Wᵀ, or A·W <paramref name="across"/>, on all threads.</summary>
    private void Multiply(Matrix<T> a, FrozenPanels weight, bool across, T* c, int m, bool accumulate)
    {
        if (m == 0) return;
        var n = across ? weight.Inputs : weight.Outputs;
        var panels = (n + Panel - 1) / Panel;
        var wide = Math.Clamp(panels / (workers.Threads * 4), 1, m == 1 ? 64 : 8);
        var high = m <= 512 ? m : 504;
        var columns = (panels + wide - 1) / wide;
        workers.Run(columns * ((m + high - 1) / high), (i, w) =>
        {
            var (p0, m0) = (i % columns * wide, i / columns * high);
            var p1 = Math.Min(panels, p0 + wide);
            if (m > 1 || across || accumulate) Gemm<T, V>.Compute(a, weight, across, c, n, m0, Math.Min(m, m0 + high), p0, p1, accumulate, scratch[w]);
            else
                for (var panel = p0; panel < p1; panel++) OneRow(a.Data, weight, panel, c, scratch[w]);
        });
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
}
