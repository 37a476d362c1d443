namespace Temper.Tensors;

/// <summary>The tape: every recorded operation in order, each able to push its output's gradient into its inputs.</summary>
internal sealed unsafe partial class Engine<T, V>
{
    private List<Node> tape = [];
    private int gradOff;

    private sealed record Node(CpuTensor Output, Action Backward);

    public IDisposable NoGrad()
    {
        gradOff++;
        return new GradSwitch(this);
    }

    public Tensor Parameter(Tensor init)
    {
        var x = Real_("parameter", "init", init);
        return new CpuTensor(this, x.Storage.Share(), x.Offset, x.DType, x.Shape) { NeedsGrad = true, IsParameter = true };
    }

    public Tensor? GradOf(Tensor parameter) =>
        Own("grad", parameter).Grad is { } grad ? View(grad, 0, grad.Shape) : null;

    public Tensor Detach(Tensor x)
    {
        var own = Own("detach", x);
        return View(own, 0, own.Shape);
    }

    public void Backward(Tensor loss, double scale = 1)
    {
        var root = Real_("backward", "loss", loss);
        if (root.Count != 1) throw new ShapeMismatchException("backward", "loss", root.Shape, "one element");
        if (!tape.Exists(node => node.Output == root)) throw new AutogradException("backward", "the loss has no graph: it was made without gradients, or backward already ran");
        root.Grad = NewFree(Real, root.Shape);
        *At(root.Grad) = T.CreateChecked(scale);
        Unwind(tape);
    }

    public Tensor Checkpoint(Func<Tensor, Tensor> body, Tensor x)
    {
        var input = Own("checkpoint", x);
        if (gradOff > 0) return body(x);
        CpuTensor output;
        using (var scope = (Scope)BeginScope())
        {
            using (NoGrad()) output = Own("checkpoint", body(Detach(input)));
            scope.Keep(output);
        }

        output.NeedsGrad = true;
        tape.Add(new Node(output, () => Recompute(body, input, output.Grad!)));
        return output;
    }

    private void Recompute(Func<Tensor, Tensor> body, CpuTensor input, CpuTensor slope)
    {
        var outer = tape;
        tape = [];
        try
        {
            using var scope = BeginScope();
            var start = View(input, 0, input.Shape);
            start.NeedsGrad = input.NeedsGrad;
            var end = Own("checkpoint", body(start));
            if (!end.NeedsGrad) return;
            Give(end, slope);
            Unwind(tape);
            if (start.Grad is { } grad) Give(input, grad);
        }
        finally
        {
            tape = outer;
        }
    }

    /// <summary>Runs nodes from last to first. Nodes that the loss did not touch stay for a later backward.</summary>
    private static void Unwind(List<Node> nodes)
    {
        var untouched = new List<Node>();
        for (var i = nodes.Count - 1; i >= 0; i--)
        {
            var node = nodes[i];
            if (node.Output.Grad is null)
            {
                untouched.Add(node);
                continue;
            }

            node.Backward();
            node.Output.Grad?.Dispose();
            node.Output.Grad = null;
        }

        nodes.Clear();
        untouched.Reverse();
        nodes.AddRange(untouched);
    }

    private void ForgetFrom(int length)
    {
        if (tape.Count > length) tape.RemoveRange(length, tape.Count - length);
    }

    /// <summary>Whether an operation on these inputs must be recorded.</summary>
    private bool Recording(params ReadOnlySpan<CpuTensor?> inputs)
    {
        if (gradOff > 0) return false;
        foreach (var input in inputs)
            if (input is { NeedsGrad: true }) return true;
        return false;
    }

    private CpuTensor Record(CpuTensor output, Action backward)
    {
        output.NeedsGrad = true;
        tape.Add(new Node(output, backward));
        return output;
    }

    /// <summary>Where x's gradient goes. accumulate: false when the memory is fresh and must be set, true when it must be added to.</summary>
    private T* Slope(CpuTensor x, out bool accumulate)
    {
        accumulate = x.Grad is not null;
        if (x.Grad is null) x.Grad = NewFree(Real, x.Shape);
        else if (x.Grad.Storage.Owners > 1) x.Grad = Unshare(x.Grad);
        return At(x.Grad);
    }

    /// <summary>As <see cref="Slope"/>, zero where nothing has arrived, so that it is always added to.</summary>
    private T* SlopeFromZero(CpuTensor x)
    {
        var slope = Slope(x, out var accumulate);
        if (!accumulate) Clear(slope, x.Count);
        return slope;
    }

    /// <summary>Adds a whole gradient to x's, sharing its storage when it is the first.</summary>
    private void Give(CpuTensor x, CpuTensor slope)
    {
        if (!x.NeedsGrad) return;
        if (x.Grad is null)
        {
            x.Grad = new CpuTensor(this, slope.Storage.Share(), slope.Offset, slope.DType, x.Shape);
            return;
        }

        T* target = Slope(x, out _), source = At(slope);
        Split(x.Count, 1 << 15, (from, to) => Pointwise<T, V>.Add(target + from, source + from, target + from, to - from));
    }

    private CpuTensor Unshare(CpuTensor grad)
    {
        var own = NewFree(Real, grad.Shape);
        Buffer.MemoryCopy(grad.Bytes, own.Bytes, grad.ByteCount, grad.ByteCount);
        grad.Dispose();
        return own;
    }

    private static void Clear(T* target, long count)
    {
        for (var at = 0L; at < count; at += 1 << 24) new Span<T>(target + at, (int)Math.Min(1 << 24, count - at)).Clear();
    }

    private sealed class GradSwitch(Engine<T, V> engine) : IDisposable
    {
        private bool done;

        public void Dispose()
        {
            if (!done) engine.gradOff--;
            done = true;
        }
    }
}
