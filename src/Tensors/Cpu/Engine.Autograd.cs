namespace Temper.Tensors;

/// <summary>The tape: every recorded operation in order, each able to push its output's gradient into its inputs.</summary>
internal sealed unsafe partial class Engine<T, V>
{
    private readonly Dictionary<Type, Stack<Node>> shelves = [];
    private readonly Stack<List<Node?>> spareTapes = new();
    private List<Node?> tape = [];
    private OperationPass pass;

    /// <summary>What the tape keeps of one call. Nodes go back to the shelf of their type when the graph is released.</summary>
    private abstract class Node
    {
        private readonly List<(CpuTensor Tensor, int Life)> needs = [];

        public CpuTensor Output { get; set; } = null!;

        public Stack<Node> Shelf { get; set; } = null!;

        /// <summary>Name of the operation.</summary>
        public abstract string Operation { get; }

        /// <summary>Pushes the gradient of <see cref="Output"/>, which is there, into the inputs.</summary>
        public abstract void Backward(Engine<T, V> engine);

        /// <summary>Says that <see cref="Backward"/> will read the values of these tensors. All others may be gone by then.</summary>
        public void Needs(params ReadOnlySpan<CpuTensor?> tensors)
        {
            foreach (var tensor in tensors)
            {
                if (tensor is null) continue;
                tensor.Need();
                needs.Add((tensor, tensor.Life));
            }
        }

        public void Spare()
        {
            foreach (var (tensor, life) in needs) tensor.Spare(life);
            needs.Clear();
        }

        /// <summary>Lets go of what callers gave, beyond tensors.</summary>
        public virtual void Forget()
        {
        }
    }

    public Tensor Parameter(Tensor init)
    {
        var x = Real_("parameter", "init", init);
        var parameter = handles.Take(x.Storage.Share(), x.Offset, x.DType, x.Shape);
        (parameter.NeedsGrad, parameter.IsParameter) = (true, true);
        return parameter;
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
        if (!IsRecorded(root)) throw new AutogradException("backward", "the loss has no graph: it was made without gradients, or backward already ran");
        root.Grad = NewFree(Real, root.Shape);
        *At(root.Grad) = T.CreateChecked(scale);
        Unwind(tape);
    }

    /// <summary>Runs nodes from last to first. Nodes that the loss did not touch stay for a later backward.</summary>
    private void Unwind(List<Node?> nodes)
    {
        var outer = pass;
        pass = OperationPass.Backward;
        try
        {
            for (var i = nodes.Count - 1; i >= 0; i--)
            {
                if (nodes[i] is not { Output.Grad: not null } node) continue;
                using (Time(node.Operation)) node.Backward(this);
                DropGrad(node.Output);
                nodes[i] = null;
                Shelve(node);
            }
        }
        finally
        {
            pass = outer;
        }

        nodes.RemoveAll(static node => node is null);
    }

    private bool IsRecorded(CpuTensor tensor)
    {
        foreach (var node in tape)
            if (node?.Output == tensor) return true;
        return false;
    }

    private void ForgetFrom(int length)
    {
        if (tape.Count <= length) return;
        for (var i = length; i < tape.Count; i++)
            if (tape[i] is { } node) Shelve(node);
        tape.RemoveRange(length, tape.Count - length);
    }

    /// <summary>Whether an operation on these inputs must be recorded.</summary>
    private bool Recording(params ReadOnlySpan<CpuTensor?> inputs)
    {
        if (gradOff > 0) return false;
        foreach (var input in inputs)
            if (input is { NeedsGrad: true }) return true;
        return false;
    }

    /// <summary>A node to be filled in and recorded.</summary>
    private TNode Take<TNode>() where TNode : Node, new()
    {
        if (!shelves.TryGetValue(typeof(TNode), out var shelf)) shelves[typeof(TNode)] = shelf = new Stack<Node>();
        return shelf.TryPop(out var node) ? (TNode)node : new TNode { Shelf = shelf };
    }

    private CpuTensor Record(CpuTensor output, Node node)
    {
        output.NeedsGrad = true;
        node.Output = output;
        tape.Add(node);
        return output;
    }

    private static void Shelve(Node node)
    {
        node.Forget();
        node.Spare();
        node.Shelf.Push(node);
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
            x.Grad = handles.Take(slope.Storage.Share(), slope.Offset, slope.DType, x.Shape);
            return;
        }

        var target = Slope(x, out _);
        Split(x.Count, 1 << 15, new Sums(target, At(slope), target));
    }

    private CpuTensor Unshare(CpuTensor grad)
    {
        var own = NewFree(Real, grad.Shape);
        Buffer.MemoryCopy(grad.Bytes, own.Bytes, grad.ByteCount, grad.ByteCount);
        handles.Drop(grad);
        return own;
    }

    private void DropGrad(CpuTensor x)
    {
        if (x.Grad is { } grad) handles.Drop(grad);
        x.Grad = null;
    }

    private static void Clear(T* target, long count)
    {
        for (var at = 0L; at < count; at += 1 << 24) new Span<T>(target + at, (int)Math.Min(1 << 24, count - at)).Clear();
    }

    /// <summary>y = a + b.</summary>
    private readonly struct Sums(T* a, T* b, T* y) : IRange
    {
        public void Run(long from, long to) => Pointwise<T, V>.Add(a + from, b + from, y + from, to - from);
    }
}
