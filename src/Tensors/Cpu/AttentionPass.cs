namespace Temper.Tensors;

/// <summary>Attention of one segment and key/value head at a time, in blocks of queries. A score's lane is its key's index in the segment mod 16 and
/// unseen keys weigh exactly 0, so a token's bits do not depend on what it is batched with or on how many queries come at once.</summary>
internal readonly unsafe struct AttentionPass<T, V> where T : unmanaged, System.Numerics.IFloatingPointIeee754<T> where V : struct, ILanes<V, T>
{
    private const int Panel = Gemm<T, V>.Panel, ForwardBlock = 48, BackwardBlock = 96;
    private readonly int size, queryStep, keyStep, heads, group, window;
    private readonly bool causal;
    private readonly T scale, cap;
    private readonly T* q, k, v, output, maxima, inverses;

    public AttentionPass(AttentionSpec spec, T* q, T* k, T* v, T* output, T* maxima, T* inverses)
    {
        (size, heads, group, window, causal) = (spec.HeadSize, spec.Heads, spec.Heads / spec.KeyValueHeads, spec.Window, spec.Causal);
        (queryStep, keyStep) = (spec.Heads * size, spec.KeyValueHeads * size);
        (scale, cap) = (T.CreateChecked(spec.Scale), T.CreateChecked(spec.SoftCap));
        this.q = q;
        this.k = k;
        this.v = v;
        this.output = output;
        this.maxima = maxima;
        this.inverses = inverses;
    }

    /// <summary>Softmax(q·kᵀ)·v for the query heads that read this key head; leaves each row's maximum and inverse sum.</summary>
    public void Forward(AttentionSegment segment, int keyHead, Scratch scratch)
    {
        var keys = PackKeys(k, segment, keyHead, ScratchSlot.Keys, scratch);
        var values = PackRows(v, segment, keyHead, ScratchSlot.Values, scratch);
        for (var head = keyHead * group; head < (keyHead + 1) * group; head++)
        {
            for (var first = 0; first < segment.QueryCount; first += ForwardBlock)
            {
                var block = BlockAt(segment, head, first, ForwardBlock);
                var scores = Scores(block, keys, scratch);
                for (var i = 0; i < block.Rows; i++) Weigh(block, i, scores + i * block.Step);
                var target = output + block.Offset;
                Gemm<T, V>.Compute(
                    Matrix<T>.Rows(scores + block.From, block.Step), values + (long)block.From * Panel, (long)segment.KeyCount * Panel,
                    target, queryStep, block.To - block.From, size, 0, block.Rows, 0, Panels(size), false, scratch);
                for (var i = 0; i < block.Rows; i++)
                    Pointwise<T, V>.Scale(target + i * queryStep, inverses[block.Stat(i, heads)], target + i * queryStep, size, false);
            }
        }
    }

    /// <summary>Recomputes the weights from the saved maxima and sums and adds to the slopes; each may be null.
    /// Needs dk and dv cleared or holding earlier contributions; dq is set unless <paramref name="addQ"/>.</summary>
    public void Backward(AttentionSegment segment, int keyHead, T* dOutput, T* dq, bool addQ, T* dk, T* dv, Scratch scratch)
    {
        var keys = PackKeys(k, segment, keyHead, ScratchSlot.Keys, scratch);
        var values = PackKeys(v, segment, keyHead, ScratchSlot.Values, scratch);
        var keyRows = dq == null ? null : PackRows(k, segment, keyHead, ScratchSlot.KeyRows, scratch);
        var keyOffset = (long)segment.KeyStart * keyStep + keyHead * size;
        for (var head = keyHead * group; head < (keyHead + 1) * group; head++)
        {
            for (var first = 0; first < segment.QueryCount; first += BackwardBlock)
            {
                var block = BlockAt(segment, head, first, BackwardBlock);
                var scores = Scores(block, keys, scratch);
                var slopes = scratch.Take<T>(ScratchSlot.Slopes, BackwardBlock * block.Step);
                var (p0, p1, width) = (block.From / Panel, Panels(block.To), block.To - block.From);
                Gemm<T, V>.Compute(
                    Matrix<T>.Rows(dOutput + block.Offset, queryStep), values, slopes, block.Step, size, segment.KeyCount, 0, block.Rows, p0, p1, false, scratch);
                for (var i = 0; i < block.Rows; i++) WeighBack(block, i, scores + i * block.Step, slopes + i * block.Step, dOutput);
                var (down, across) = (Matrix<T>.Transposed(slopes + block.From, block.Step), Matrix<T>.Rows(slopes + block.From, block.Step));
                var weights = Matrix<T>.Transposed(scores + block.From, block.Step);
                var offset = keyOffset + (long)block.From * keyStep;
                if (dv != null)
                    Gemm<T, V>.Serial(weights, Matrix<T>.Rows(dOutput + block.Offset, queryStep), dv + offset, keyStep, width, size, block.Rows, true, scratch);
                if (dk != null)
                    Gemm<T, V>.Serial(down, Matrix<T>.Rows(q + block.Offset, queryStep), dk + offset, keyStep, width, size, block.Rows, true, scratch);
                if (dq == null) continue;
                Gemm<T, V>.Compute(
                    across, keyRows + (long)block.From * Panel, (long)segment.KeyCount * Panel,
                    dq + block.Offset, queryStep, width, size, 0, block.Rows, 0, Panels(size), addQ, scratch);
            }
        }
    }

    private static int Panels(int columns) => (columns + Panel - 1) / Panel;

    private Block BlockAt(AttentionSegment segment, int head, int first, int most)
    {
        var rows = Math.Min(most, segment.QueryCount - first);
        var position = segment.KeyCount - segment.QueryCount + first;
        var (from, to) = (Seen(position, segment.KeyCount).From / Panel * Panel, Seen(position + rows - 1, segment.KeyCount).To);
        var row = segment.QueryStart + first;
        return new Block(rows, position, segment.KeyCount, Math.Min(from, to), to, Panels(segment.KeyCount) * Panel, (long)row * queryStep + head * size, row, head);
    }

    private (int From, int To) Seen(int position, int keys)
    {
        var from = window > 0 ? Math.Max(0, position - window + 1) : 0;
        var to = causal ? position + 1 : window > 0 ? Math.Min(keys, position + window) : keys;
        return (Math.Min(from, to), to);
    }

    private T* PackKeys(T* source, AttentionSegment segment, int keyHead, ScratchSlot slot, Scratch scratch)
    {
        var packed = scratch.Take<T>(slot, Gemm<T, V>.PackedCount(size, segment.KeyCount));
        var start = source + (long)segment.KeyStart * keyStep + keyHead * size;
        Gemm<T, V>.Pack(Matrix<T>.Transposed(start, keyStep), size, segment.KeyCount, 0, Panels(segment.KeyCount), packed);
        return packed;
    }

    private T* PackRows(T* source, AttentionSegment segment, int keyHead, ScratchSlot slot, Scratch scratch)
    {
        var packed = scratch.Take<T>(slot, Gemm<T, V>.PackedCount(segment.KeyCount, size));
        var start = source + (long)segment.KeyStart * keyStep + keyHead * size;
        Gemm<T, V>.Pack(Matrix<T>.Rows(start, keyStep), segment.KeyCount, size, 0, Panels(size), packed);
        return packed;
    }

    private T* Scores(Block block, T* keys, Scratch scratch)
    {
        var scores = scratch.Take<T>(ScratchSlot.Scores, BackwardBlock * block.Step);
        Gemm<T, V>.Compute(
            Matrix<T>.Rows(q + block.Offset, queryStep), keys, scores, block.Step, size, block.Keys,
            0, block.Rows, block.From / Panel, Panels(block.To), false, scratch);
        return scores;
    }

    private void Weigh(Block block, int row, T* scores)
    {
        var (from, to) = Seen(block.Position + row, block.Keys);
        var sum = AttentionRow<T, V>.Exponentials(scores, from, to, scale, cap, out var largest);
        AttentionRow<T, V>.ClearAround(scores, from, to, block.From, block.To);
        var stat = block.Stat(row, heads);
        maxima[stat] = largest;
        inverses[stat] = sum > T.Zero || T.IsNaN(sum) ? T.One / sum : T.Zero;
    }

    private void WeighBack(Block block, int row, T* scores, T* slopes, T* dOutput)
    {
        var (from, to) = Seen(block.Position + row, block.Keys);
        var stat = block.Stat(row, heads);
        var offset = block.Offset + (long)row * queryStep;
        var mean = AttentionRow<T, V>.Dot(dOutput + offset, output + offset, size);
        AttentionRow<T, V>.Slopes(scores, slopes, from, to, scale, cap, maxima[stat], inverses[stat], mean);
        AttentionRow<T, V>.ClearAround(scores, from, to, block.From, block.To);
        AttentionRow<T, V>.ClearAround(slopes, from, to, block.From, block.To);
    }

    /// <summary>Some consecutive queries of a segment: keys [From, To) cover all they see; Step is the row length of their scores.</summary>
    private readonly record struct Block(int Rows, int Position, int Keys, int From, int To, long Step, long Offset, int FirstRow, int Head)
    {
        public long Stat(int row, int heads) => (long)(FirstRow + row) * heads + Head;
    }
}
