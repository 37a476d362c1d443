namespace Temper.Tensors;

/// <summary>Cross-entropy over a linear head in chunks of supervised rows. A chunk's slopes are taken while its logits are at hand, so the
/// backward pass only scales what is already there.</summary>
internal sealed unsafe partial class Engine<T, V>
{
    public TokenLoss LinearCrossEntropy(Tensor h, Tensor weight, Tensor targets, double softCap = 0, double smoothing = 0)
    {
        if (!(smoothing >= 0 && smoothing < 1)) throw new ArgumentOutOfRangeException(nameof(smoothing), smoothing, "linear_cross_entropy: smoothing must be inside [0, 1)");
        using var time = Time("linear_cross_entropy");
        using var head = OpenHead("linear_cross_entropy", h, weight, targets, softCap, smoothing);
        var count = head.Supervised;
        var (needH, needW) = gradOff > 0 ? (false, false) : (head.H.NeedsGrad, head.W.NeedsGrad);
        var slopeH = needH ? New([count, head.Width]) : null;
        var slopeW = needW ? New(head.W.Shape) : null;
        if (slopeW is not null) Clear(At(slopeW), slopeW.Count);
        var memory = pool.Rent((long)count * (sizeof(double) + sizeof(bool)));
        var losses = (double*)memory.Pointer;
        var hits = (bool*)(losses + count);
        while (head.NextChunk())
        {
            Each(head.Count, head.Vocabulary, new Scores(head, losses + head.First, hits + head.First, needH || needW));
            if (slopeH is not null) head.BackToHidden(At(slopeH) + (long)head.First * head.Width);
            if (slopeW is not null) head.BackToWeight(At(slopeW));
        }

        var (total, correct) = (0.0, 0);
        for (var i = 0; i < count; i++)
        {
            total += losses[i];
            if (hits[i]) correct++;
        }

        memory.Release();
        var sum = New([]);
        *At(sum) = T.CreateChecked(total);
        if (needH || needW)
        {
            var node = Take<LossNode>();
            (node.H, node.W, node.Rows, node.SlopeH, node.SlopeW) = (head.H, head.W, head.Rows, slopeH, slopeW);
            node.Needs(head.Rows, slopeH, slopeW);
            Record(sum, node);
        }

        return new TokenLoss(sum, Number(count), Number(correct));
    }

    /// <summary>Unit slopes of a loss, taken in the forward pass.</summary>
    private sealed class LossNode : Node
    {
        public CpuTensor H { get; set; } = null!;

        public CpuTensor W { get; set; } = null!;

        public CpuTensor Rows { get; set; } = null!;

        public CpuTensor? SlopeH { get; set; }

        public CpuTensor? SlopeW { get; set; }

        public override string Operation => "linear_cross_entropy";

        public override void Backward(Engine<T, V> engine)
        {
            var scale = *At(Output.Grad!);
            if (SlopeW is not null)
            {
                var dw = engine.Slope(W, out var add);
                engine.Split(SlopeW.Count, Grain, new Scaled(At(SlopeW), scale, dw, add));
            }

            if (SlopeH is null) return;
            var dh = engine.SlopeFromZero(H);
            engine.Each(Rows.Count, H.Size(1), new SpreadRows(At(SlopeH), scale, dh, (int*)Rows.Bytes, H.Size(1)));
        }
    }

    public Tensor TokenLogProbs(Tensor h, Tensor weight, Tensor targets, double softCap = 0)
    {
        using var time = Time("token_log_probs");
        using var head = OpenHead("token_log_probs", h, weight, targets, softCap);
        var output = New([head.H.Size(0)]);
        Clear(At(output), output.Count);
        while (head.NextChunk()) Each(head.Count, head.Vocabulary, new LogProbs(head, At(output)));
        if (!Recording(head.H, head.W)) return output;
        var node = Take<LogProbsNode>();
        (node.H, node.W, node.Targets, node.SoftCap) = (head.H, head.W, head.Targets, softCap);
        node.Needs(head.H, head.W, head.Targets);
        return Record(output, node);
    }

    private sealed class LogProbsNode : Node
    {
        public CpuTensor H { get; set; } = null!;

        public CpuTensor W { get; set; } = null!;

        public CpuTensor Targets { get; set; } = null!;

        public double SoftCap { get; set; }

        public override string Operation => "token_log_probs";

        public override void Backward(Engine<T, V> engine)
        {
            using var head = engine.OpenHead(Operation, H, W, Targets, SoftCap);
            T* dh = H.NeedsGrad ? engine.SlopeFromZero(H) : null, dw = W.NeedsGrad ? engine.SlopeFromZero(W) : null;
            while (head.NextChunk())
            {
                engine.Each(head.Count, head.Vocabulary, new LogProbSlopes(head, At(Output.Grad!)));
                if (dw != null) head.BackToWeight(dw);
                if (dh != null) head.AddHidden(dh);
            }
        }
    }

    private CpuTensor Number(int value)
    {
        var number = New(DType.I32, []);
        *(int*)number.Bytes = value;
        return number;
    }

    /// <summary>Rows of slopes, scaled, added to the rows that they belong to.</summary>
    private readonly struct SpreadRows(T* slopes, T scale, T* target, int* rows, long width) : IRow
    {
        public void Run(long i) => Pointwise<T, V>.Scale(slopes + i * width, scale, target + rows[i] * width, width, true);
    }

    private readonly struct Scores(Head head, double* losses, bool* hits, bool slope) : IRow
    {
        public void Run(long i) => (losses[i], hits[i]) = head.Score(i, slope);
    }

    private readonly struct LogProbs(Head head, T* y) : IRow
    {
        public void Run(long i) => y[head.RowOf(i)] = T.CreateChecked(-head.Score(i, false).Loss);
    }

    private readonly struct LogProbSlopes(Head head, T* dy) : IRow
    {
        public void Run(long i) => head.Slope(i, -dy[head.RowOf(i)]);
    }
}
