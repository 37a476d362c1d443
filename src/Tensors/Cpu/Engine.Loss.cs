namespace Temper.Tensors;

/// <summary>Cross-entropy over a linear head in chunks of supervised rows. A chunk's slopes are taken while its logits are at hand, so the
/// backward pass only scales what is already there.</summary>
internal sealed unsafe partial class Engine<T, V>
{
    private const long LogitBudget = 1 << 23;

    public TokenLoss LinearCrossEntropy(Tensor h, Tensor weight, Tensor targets, double softCap = 0)
    {
        using var head = new Head(this, "linear_cross_entropy", h, weight, targets, softCap);
        var count = head.Rows.Length;
        var (needH, needW) = gradOff > 0 ? (false, false) : (head.H.NeedsGrad, head.W.NeedsGrad);
        var slopeH = needH ? New([count, head.Width]) : null;
        var slopeW = needW ? New(head.W.Shape) : null;
        if (slopeW is not null) Clear(At(slopeW), slopeW.Count);
        var (losses, hits) = (new double[count], new bool[count]);
        head.EachChunk((first, rows, x, logits) =>
        {
            Each(rows, head.Vocabulary, i => (losses[first + i], hits[first + i]) = head.Score(logits, first, i, needH || needW));
            if (slopeH is not null) head.BackToHidden(logits, At(slopeH) + (long)first * head.Width, rows);
            if (slopeW is not null) head.BackToWeight(logits, x, At(slopeW), rows);
        });
        var total = 0.0;
        foreach (var loss in losses) total += loss;
        var sum = New([]);
        *At(sum) = T.CreateChecked(total);
        if (needH || needW) Record(sum, () => SpreadLoss(head, sum, slopeH, slopeW));
        return new TokenLoss(sum, Number(count), Number(hits.Count(hit => hit)));
    }

    public Tensor TokenLogProbs(Tensor h, Tensor weight, Tensor targets, double softCap = 0)
    {
        using var head = new Head(this, "token_log_probs", h, weight, targets, softCap);
        var output = New([head.Tokens]);
        var y = At(output);
        Clear(y, head.Tokens);
        head.EachChunk((first, rows, _, logits) =>
            Each(rows, head.Vocabulary, i => y[head.Rows[first + i]] = T.CreateChecked(-head.Score(logits, first, i, false).Loss)));
        if (!Recording(head.H, head.W)) return output;
        return Record(output, () =>
        {
            var dy = At(output.Grad!);
            using var again = new Head(this, "token_log_probs", head.H, head.W, targets, softCap);
            T* dh = again.H.NeedsGrad ? SlopeFromZero(again.H) : null, dw = again.W.NeedsGrad ? SlopeFromZero(again.W) : null;
            again.EachChunk((first, rows, x, logits) =>
            {
                Each(rows, again.Vocabulary, i => again.Slope(logits, first, i, -dy[again.Rows[first + i]]));
                if (dw != null) again.BackToWeight(logits, x, dw, rows);
                if (dh != null) again.AddHidden(logits, dh, first, rows);
            });
        });
    }

    private void SpreadLoss(Head head, CpuTensor sum, CpuTensor? slopeH, CpuTensor? slopeW)
    {
        var scale = *At(sum.Grad!);
        if (slopeW is not null)
        {
            T* dw = Slope(head.W, out var add), unit = At(slopeW);
            Split(slopeW.Count, Grain, (from, to) => Pointwise<T, V>.Scale(unit + from, scale, dw + from, to - from, add));
        }

        if (slopeH is null) return;
        T* dh = SlopeFromZero(head.H), rows = At(slopeH);
        var width = head.Width;
        Each(head.Rows.Length, width, i => Pointwise<T, V>.Scale(rows + i * width, scale, dh + head.Rows[i] * width, width, true));
    }

    private CpuTensor Number(int value)
    {
        var number = New(DType.I32, []);
        *(int*)number.Bytes = value;
        return number;
    }

    private delegate void ChunkBody(int first, int rows, T* hidden, T* logits);

    /// <summary>The checked arguments of one call, and its packed weight while the call runs.</summary>
    private sealed class Head : IDisposable
    {
        private readonly Engine<T, V> engine;
        private readonly int[] targets;
        private readonly T cap;
        private Storage? byVocabulary, byWidth;

        public Head(Engine<T, V> engine, string operation, Tensor h, Tensor weight, Tensor targets, double softCap)
        {
            this.engine = engine;
            H = engine.Real_(operation, "h", h);
            W = engine.Weight_(operation, "weight", weight);
            if (H.Rank != 2 || W.Rank != 2 || H.Size(1) != W.Size(1)) throw new ShapeMismatchException(operation, H.Shape, W.Shape);
            var goals = engine.Ints_(operation, "targets", targets);
            if (goals.Count != H.Size(0)) throw new ShapeMismatchException(operation, H.Shape, goals.Shape);
            this.targets = goals.Ints();
            cap = T.CreateChecked(softCap);
            var rows = new List<int>(this.targets.Length);
            for (var i = 0; i < this.targets.Length; i++)
            {
                if (this.targets[i] >= W.Size(0)) throw new IndexOutsideException(operation, "target", this.targets[i], i, W.Size(0));
                if (this.targets[i] >= 0) rows.Add(i);
            }

            Rows = [.. rows];
        }

        public CpuTensor H { get; }

        public CpuTensor W { get; }

        /// <summary>Supervised rows, ascending.</summary>
        public int[] Rows { get; }

        public long Tokens => H.Size(0);

        public int Width => (int)W.Size(1);

        public int Vocabulary => (int)W.Size(0);

        public void Dispose()
        {
            byVocabulary?.Release();
            byWidth?.Release();
            (byVocabulary, byWidth) = (null, null);
        }

        public void EachChunk(ChunkBody body)
        {
            var most = (int)Math.Clamp(LogitBudget / Math.Max(1, Vocabulary) / 12 * 12, 24, 1020);
            var size = Math.Min(most, Rows.Length);
            if (size == 0) return;
            if (W.Frozen is null) byVocabulary ??= W.Packed?.Share() ?? engine.PackOnce(Matrix<T>.Transposed(At(W), Width), Width, Vocabulary);
            var memory = engine.pool.Rent((long)size * (Vocabulary + Width) * sizeof(T));
            T* logits = (T*)memory.Pointer, hidden = logits + (long)size * Vocabulary, source = At(H);
            for (var first = 0; first < Rows.Length; first += most)
            {
                var rows = Math.Min(most, Rows.Length - first);
                for (var i = 0; i < rows; i++)
                    Buffer.MemoryCopy(source + (long)Rows[first + i] * Width, hidden + (long)i * Width, Width * sizeof(T), Width * sizeof(T));
                if (W.Frozen is { } frozen) engine.Multiply(Matrix<T>.Rows(hidden, Width), frozen, false, logits, rows, false);
                else engine.Multiply(Matrix<T>.Rows(hidden, Width), Matrix<T>.Transposed(At(W), Width), logits, rows, Vocabulary, Width, false, byVocabulary);
                body(first, rows, hidden, logits);
            }

            memory.Release();
        }

        /// <summary>-log p and hit of a row; leaves its unit slope in the logits when asked.</summary>
        public (double Loss, bool Hit) Score(T* logits, int first, long i, bool slope)
        {
            var (row, target) = ((nint)(logits + i * Vocabulary), targets[Rows[first + i]]);
            var logProb = LogitRow<T, V>.LogProb((T*)row, Vocabulary, target, cap, out var largest, out var sum);
            var hit = LogitRow<T, V>.IsFirstLargest((T*)row, target, largest);
            if (slope) LogitRow<T, V>.Slope((T*)row, Vocabulary, target, cap, largest, sum, T.One);
            return (-double.CreateChecked(logProb), hit);
        }

        public void Slope(T* logits, int first, long i, T factor)
        {
            var row = logits + i * Vocabulary;
            var target = targets[Rows[first + i]];
            LogitRow<T, V>.LogProb(row, Vocabulary, target, cap, out var largest, out var sum);
            LogitRow<T, V>.Slope(row, Vocabulary, target, cap, largest, sum, factor);
        }

        /// <summary>dh = slopes · W.</summary>
        public void BackToHidden(T* slopes, T* dh, int rows)
        {
            if (W.Frozen is { } frozen)
            {
                engine.Multiply(Matrix<T>.Rows(slopes, Vocabulary), frozen, true, dh, rows, false);
                return;
            }

            var w = Matrix<T>.Rows(At(W), Width);
            byWidth ??= engine.PackOnce(w, Vocabulary, Width);
            engine.Multiply(Matrix<T>.Rows(slopes, Vocabulary), w, dh, rows, Width, Vocabulary, false, byWidth);
        }

        /// <summary>dW += slopesᵀ · h.</summary>
        public void BackToWeight(T* slopes, T* hidden, T* dw, int rows) =>
            engine.Multiply(Matrix<T>.Transposed(slopes, Vocabulary), Matrix<T>.Rows(hidden, Width), dw, Vocabulary, Width, rows, true);

        /// <summary>Adds slopes · W to the rows of dh that the chunk came from.</summary>
        public void AddHidden(T* slopes, T* dh, int first, int rows)
        {
            var part = engine.pool.Rent((long)rows * Width * sizeof(T));
            var values = (T*)part.Pointer;
            BackToHidden(slopes, values, rows);
            for (var i = 0; i < rows; i++)
            {
                var target = dh + (long)Rows[first + i] * Width;
                Pointwise<T, V>.Add(target, values + (long)i * Width, target, Width);
            }

            part.Release();
        }
    }

    private Storage PackOnce(Matrix<T> b, int k, int n)
    {
        var packed = pool.Rent(Gemm<T, V>.PackedCount(k, n) * sizeof(T));
        PackAll(b, k, n, (T*)packed.Pointer);
        return packed;
    }
}
