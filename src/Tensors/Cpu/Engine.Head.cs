namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    private const long LogitBudget = 1 << 24;
    private Head? openedHead;

    private Head OpenHead(string operation, Tensor h, Tensor weight, Tensor targets, double softCap, double smoothing = 0)
    {
        var (hidden, w) = (Real_(operation, "h", h), Weight_(operation, "weight", weight));
        if (hidden.Rank != 2 || w.Rank != 2 || hidden.Size(1) != w.Size(1)) throw new ShapeMismatchException(operation, hidden.Shape, w.Shape);
        var goals = Ints_(operation, "targets", targets);
        if (goals.Count != hidden.Size(0)) throw new ShapeMismatchException(operation, hidden.Shape, goals.Shape);
        return OpenHead(operation, hidden, w, goals, softCap, smoothing);
    }

    // One call at a time has a head open.
    private Head OpenHead(string operation, CpuTensor h, CpuTensor weight, CpuTensor targets, double softCap, double smoothing = 0)
    {
        openedHead ??= new Head(this);
        openedHead.Open(operation, h, weight, targets, softCap, smoothing);
        return openedHead;
    }

    /// <summary>The checked arguments of one call over a linear head, its supervised rows in chunks, and its packed weight while the call runs.</summary>
    private sealed class Head(Engine<T, V> engine) : IDisposable
    {
        private T cap, smooth;
        private int* targets, rows;
        private T* logits, hidden;
        private int most;
        private Storage? byVocabulary, byWidth, memory;

        public CpuTensor H { get; private set; } = null!;

        public CpuTensor W { get; private set; } = null!;

        public CpuTensor Targets { get; private set; } = null!;

        /// <summary>Supervised rows, ascending, I32.</summary>
        public CpuTensor Rows { get; private set; } = null!;

        public int Supervised => (int)Rows.Count;

        public int Width => (int)W.Size(1);

        public int Vocabulary => (int)W.Size(0);

        /// <summary>Place of the chunk's first row in <see cref="Rows"/>.</summary>
        public int First { get; private set; }

        /// <summary>Rows of the chunk.</summary>
        public int Count { get; private set; }

        public void Open(string operation, CpuTensor h, CpuTensor weight, CpuTensor goals, double softCap, double smoothing)
        {
            (H, W, Targets) = (h, weight, goals);
            targets = (int*)Targets.Bytes;
            (cap, smooth) = (T.CreateChecked(softCap), T.CreateChecked(smoothing));
            Rows = FindRows(operation);
            rows = (int*)Rows.Bytes;
            (First, Count) = (0, 0);
        }

        public void Dispose()
        {
            byVocabulary?.Release();
            byWidth?.Release();
            memory?.Release();
            (byVocabulary, byWidth, memory) = (null, null, null);
        }

        /// <summary>Computes the logits of the next chunk; false when there is none.</summary>
        public bool NextChunk()
        {
            First += Count;
            if (First >= Supervised) return false;
            if (memory is null) Prepare();
            Count = Math.Min(most, Supervised - First);
            for (var i = 0; i < Count; i++)
                Buffer.MemoryCopy(At(H) + (long)RowOf(i) * Width, hidden + (long)i * Width, Width * sizeof(T), Width * sizeof(T));
            if (W.Frozen is { } frozen) engine.Multiply(Matrix<T>.Rows(hidden, Width), frozen, false, logits, Count, false);
            else engine.Multiply(Matrix<T>.Rows(hidden, Width), Matrix<T>.Transposed(At(W), Width), logits, Count, Vocabulary, Width, false, byVocabulary);
            return true;
        }

        /// <summary>Row of the hidden states that row <paramref name="i"/> of the chunk came from.</summary>
        public int RowOf(long i) => rows[First + i];

        /// <summary>-log p and hit of a row; leaves its unit slope in the logits when asked.</summary>
        public (double Loss, bool Hit) Score(long i, bool slope)
        {
            var (row, target) = ((nint)(logits + i * Vocabulary), targets[RowOf(i)]);
            var logProb = LogitRow<T, V>.LogProb((T*)row, Vocabulary, target, cap, out var largest, out var sum);
            var hit = LogitRow<T, V>.IsFirstLargest((T*)row, target, largest);
            if (smooth > T.Zero) logProb += smooth * (LogitRow<T, V>.Mean((T*)row, Vocabulary) - ((T*)row)[target]);
            if (slope) LogitRow<T, V>.Slope((T*)row, Vocabulary, target, cap, largest, sum, T.One, smooth);
            return (-double.CreateChecked(logProb), hit);
        }

        public void Slope(long i, T factor)
        {
            var row = logits + i * Vocabulary;
            var target = targets[RowOf(i)];
            LogitRow<T, V>.LogProb(row, Vocabulary, target, cap, out var largest, out var sum);
            LogitRow<T, V>.Slope(row, Vocabulary, target, cap, largest, sum, factor, T.Zero);
        }

        /// <summary>dh = slopes · W.</summary>
        public void BackToHidden(T* dh)
        {
            if (W.Frozen is { } frozen)
            {
                engine.Multiply(Matrix<T>.Rows(logits, Vocabulary), frozen, true, dh, Count, false);
                return;
            }

            var w = Matrix<T>.Rows(At(W), Width);
            byWidth ??= engine.PackOnce(w, Vocabulary, Width);
            engine.Multiply(Matrix<T>.Rows(logits, Vocabulary), w, dh, Count, Width, Vocabulary, false, byWidth);
        }

        /// <summary>dW += slopesᵀ · h.</summary>
        public void BackToWeight(T* dw) =>
            engine.Multiply(Matrix<T>.Transposed(logits, Vocabulary), Matrix<T>.Rows(hidden, Width), dw, Vocabulary, Width, Count, true);

        /// <summary>Adds slopes · W to the rows of dh that the chunk came from.</summary>
        public void AddHidden(T* dh)
        {
            var part = engine.pool.Rent((long)Count * Width * sizeof(T));
            var values = (T*)part.Pointer;
            BackToHidden(values);
            for (var i = 0; i < Count; i++)
            {
                var target = dh + (long)RowOf(i) * Width;
                Pointwise<T, V>.Add(target, values + (long)i * Width, target, Width);
            }

            part.Release();
        }

        private void Prepare()
        {
            if (W.Frozen is null) byVocabulary = W.Packed?.Share() ?? engine.PackOnce(Matrix<T>.Transposed(At(W), Width), Width, Vocabulary);
            most = (int)Math.Clamp(LogitBudget / Math.Max(1, Vocabulary) / 12 * 12, 24, 1020);
            var size = Math.Min(most, Supervised);
            memory = engine.pool.Rent((long)size * (Vocabulary + Width) * sizeof(T));
            logits = (T*)memory.Pointer;
            hidden = logits + (long)size * Vocabulary;
        }

        private CpuTensor FindRows(string operation)
        {
            var (all, limit, found) = ((int)Targets.Count, W.Size(0), 0);
            for (var i = 0; i < all; i++)
            {
                if (targets[i] >= limit) throw new IndexOutsideException(operation, "target", targets[i], i, limit);
                if (targets[i] >= 0) found++;
            }

            var list = engine.New(DType.I32, [found]);
            var at = (int*)list.Bytes;
            for (var i = 0; i < all; i++)
                if (targets[i] >= 0) *at++ = i;
            return list;
        }
    }
}
