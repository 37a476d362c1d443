namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    public Tensor Embedding(Tensor ids, Tensor table)
    {
        var (index, rows) = (Ints_("embedding", "ids", ids), Weight_("embedding", "table", table));
        if (rows.Frozen is { } frozen) return EmbeddingFrozen(index, frozen);
        if (rows.Rank != 2) throw new ShapeMismatchException("embedding", "table", rows.Shape, "[vocabulary, d]");
        return Pick("embedding", "id", index, rows);
    }

    public Tensor Gather(Tensor x, Tensor rows)
    {
        var (index, from) = (Ints_("gather", "rows", rows), Real_("gather", "x", x));
        if (from.Rank == 0 || index.Rank != 1) throw new ShapeMismatchException("gather", from.Shape, index.Shape);
        return Pick("gather", "row", index, from);
    }

    /// <summary>Rotates by cos and sin of each token's position; the gradient rotates back.</summary>
    public Tensor Rope(Tensor x, Tensor cos, Tensor sin, Tensor positions, int headSize)
    {
        var (input, c, s) = (Real_("rope", "x", x), Real_("rope", "cos", cos), Real_("rope", "sin", sin));
        var at = Ints_("rope", "positions", positions);
        if (input.Rank != 2 || headSize < 1 || input.Size(1) % headSize != 0) throw new ShapeMismatchException("rope", "x", input.Shape, $"[tokens, heads * {headSize}]");
        if (c.Rank != 2 || c.Size(1) * 2 > headSize || !c.Shape.SequenceEqual(s.Shape)) throw new ShapeMismatchException("rope", c.Shape, s.Shape);
        if (at.Count != input.Size(0)) throw new ShapeMismatchException("rope", input.Shape, at.Shape);
        var where = at.Ints();
        CheckIndices("rope", "position", where, c.Size(0));
        var output = New(input.Shape);
        T* pc = At(c), ps = At(s);
        Turn(At(input), At(output), pc, ps, where, (int)input.Size(1), headSize, (int)c.Size(1), T.One, false);
        if (!Recording(input)) return output;
        return Record(output, () =>
        {
            var dx = Slope(input, out var add);
            Turn(At(output.Grad!), dx, pc, ps, where, (int)input.Size(1), headSize, (int)c.Size(1), -T.One, add);
        });
    }

    private void Turn(T* x, T* y, T* cos, T* sin, int[] positions, int width, int headSize, int half, T sign, bool accumulate)
    {
        Each(positions.Length, width, token =>
        {
            T* c = cos + (long)positions[token] * half, s = sin + (long)positions[token] * half;
            for (var head = 0; head < width; head += headSize)
                Rotation<T, V>.Head(x + token * width + head, y + token * width + head, c, s, half, headSize, sign, accumulate);
        });
    }

    private CpuTensor Pick(string operation, string what, CpuTensor ids, CpuTensor table)
    {
        var index = ids.Ints();
        CheckIndices(operation, what, index, table.Size(0));
        var width = table.Count == 0 ? Product(table.Shape[1..]) : table.Count / table.Size(0);
        long[] shape = [.. ids.Shape, .. table.Shape[1..]];
        var output = New(shape);
        T* from = At(table), to = At(output);
        Each(index.Length, width, i => Buffer.MemoryCopy(from + index[i] * width, to + i * width, width * sizeof(T), width * sizeof(T)));
        if (!Recording(table)) return output;
        return Record(output, () => Scatter(At(output.Grad!), SlopeFromZero(table), index, width));
    }

    /// <summary>Adds rows to the rows they came from, in token order; threads share the columns.</summary>
    private void Scatter(T* rows, T* table, int[] index, long width)
    {
        var grain = Math.Max(16, Grain / Math.Max(1, index.Length));
        Split(width, grain, (from, to) =>
        {
            for (var i = 0; i < index.Length; i++)
            {
                var target = table + index[i] * width + from;
                Pointwise<T, V>.Add(target, rows + i * width + from, target, to - from);
            }
        });
    }

    private static void CheckIndices(string operation, string what, int[] index, long limit)
    {
        for (var i = 0; i < index.Length; i++)
            if ((uint)index[i] >= (ulong)limit) throw new IndexOutsideException(operation, what, index[i], i, limit);
    }
}
