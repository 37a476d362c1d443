namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    public Tensor Embedding(Tensor ids, Tensor table)
    {
        using var time = Time("embedding");
        var (index, rows) = (Ints_("embedding", "ids", ids), Weight_("embedding", "table", table));
        if (rows.Frozen is { } frozen) return EmbeddingFrozen(index, frozen);
        if (rows.Rank != 2) throw new ShapeMismatchException("embedding", "table", rows.Shape, "[vocabulary, d]");
        return Pick("embedding", "id", index, rows);
    }

    public Tensor Gather(Tensor x, Tensor rows)
    {
        using var time = Time("gather");
        var (index, from) = (Ints_("gather", "rows", rows), Real_("gather", "x", x));
        if (from.Rank == 0 || index.Rank != 1) throw new ShapeMismatchException("gather", from.Shape, index.Shape);
        return Pick("gather", "row", index, from);
    }

    private CpuTensor Pick(string operation, string what, CpuTensor ids, CpuTensor table)
    {
        CheckIndices(operation, what, ids, table.Size(0));
        Span<long> shape = stackalloc long[ids.Rank + table.Rank - 1];
        ids.Shape.CopyTo(shape);
        table.Shape[1..].CopyTo(shape[ids.Rank..]);
        var output = New(shape);
        var width = Product(table.Shape[1..]);
        Each(ids.Count, width, new RowsPicked(At(table), At(output), (int*)ids.Bytes, width));
        if (!Recording(table)) return output;
        var node = Take<PickNode>();
        (node.Ids, node.Table, node.Name) = (ids, table, operation);
        node.Needs(ids);
        return Record(output, node);
    }

    private sealed class PickNode : Node
    {
        public CpuTensor Ids { get; set; } = null!;

        public CpuTensor Table { get; set; } = null!;

        public string Name { get; set; } = "";

        public override string Operation => Name;

        public override void Backward(Engine<T, V> engine)
        {
            var width = Product(Table.Shape[1..]);
            var grain = Math.Max(16, Grain / Math.Max(1, Ids.Count));
            engine.Split(width, grain, new Scattered(At(Output.Grad!), engine.SlopeFromZero(Table), (int*)Ids.Bytes, Ids.Count, width));
        }
    }

    private static void CheckIndices(string operation, string what, CpuTensor ids, long limit)
    {
        var index = (int*)ids.Bytes;
        for (var i = 0; i < ids.Count; i++)
            if ((uint)index[i] >= (ulong)limit) throw new IndexOutsideException(operation, what, index[i], i, limit);
    }

    private readonly struct RowsPicked(T* table, T* y, int* ids, long width) : IRow
    {
        public void Run(long i) => Buffer.MemoryCopy(table + ids[i] * width, y + i * width, width * sizeof(T), width * sizeof(T));
    }

    /// <summary>Adds rows to the rows they came from, in token order; threads share the columns.</summary>
    private readonly struct Scattered(T* rows, T* table, int* ids, long count, long width) : IRange
    {
        public void Run(long from, long to)
        {
            for (var i = 0L; i < count; i++)
            {
                var target = table + ids[i] * width + from;
                Pointwise<T, V>.Add(target, rows + i * width + from, target, to - from);
            }
        }
    }
}
