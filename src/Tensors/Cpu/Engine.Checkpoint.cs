namespace Temper.Tensors;

/// <summary>Blocks that are computed again in the backward pass.</summary>
internal sealed unsafe partial class Engine<T, V>
{
    public Tensor Checkpoint(Func<Tensor, Tensor> body, Tensor x) => Checkpoint(new FunctionBody(body), x);

    public Tensor Checkpoint(Recomputed body, Tensor x)
    {
        var input = Own("checkpoint", x);
        if (gradOff > 0)
        {
            using var inner = OpenScope();
            var plain = inner.Keep(Own("checkpoint", body.Run(x)));
            body.Released();
            return plain;
        }

        CpuTensor output;
        using (var scope = OpenScope())
        {
            using (NoGrad()) output = Own("checkpoint", body.Run(Detach(input)));
            scope.Keep(output);
        }

        var node = Take<CheckpointNode>();
        (node.Body, node.X) = (body, input);
        node.Needs(input);
        return Record(output, node);
    }

    private void Recompute(Recomputed body, CpuTensor input, CpuTensor slope)
    {
        var (outerTape, outerPass) = (tape, pass);
        tape = spareTapes.TryPop(out var spare) ? spare : [];
        try
        {
            using var scope = OpenScope();
            var start = View(input, 0, input.Shape);
            start.NeedsGrad = input.NeedsGrad;
            pass = OperationPass.Recompute;
            var end = Own("checkpoint", body.Run(start));
            if (!end.NeedsGrad) return;
            Give(end, slope);
            Unwind(tape);
            if (start.Grad is { } grad) Give(input, grad);
        }
        finally
        {
            ForgetFrom(0);
            spareTapes.Push(tape);
            (tape, pass) = (outerTape, outerPass);
        }
    }

    private sealed class CheckpointNode : Node
    {
        public Recomputed Body { get; set; } = null!;

        public CpuTensor X { get; set; } = null!;

        public override string Operation => "checkpoint";

        public override void Backward(Engine<T, V> engine) => engine.Recompute(Body, X, Output.Grad!);

        public override void Forget()
        {
            var body = Body;
            Body = null!;
            body.Released();
        }
    }

    private sealed class FunctionBody(Func<Tensor, Tensor> body) : Recomputed
    {
        public override Tensor Run(Tensor x) => body(x);
    }
}
