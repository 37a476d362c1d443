namespace Temper.Tensors.Tests;

public abstract partial class EngineContract
{
    private void Refused<E>(string message, Action<IEngine> call) where E : Exception
    {
        using var engine = Engine();
        using var scope = engine.BeginScope();
        Assert.Equal(message, Assert.Throws<E>(() => call(engine)).Message);
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        Refused<ShapeMismatchException>("matmul: left [2, 3] does not fit right [4, 5]", e => e.BatchMatMul(e.Random(1, 2, 3), e.Random(2, 4, 5)));
        Refused<ShapeMismatchException>("linear: left [2, 3] does not fit right [4, 5]", e => e.Linear(e.Random(1, 2, 3), e.Random(2, 4, 5)));
        Refused<ShapeMismatchException>("linear: bias [3], expected [4]", e => e.Linear(e.Random(1, 2, 3), e.Random(2, 4, 3), e.Random(3, 3)));
        Refused<ShapeMismatchException>("add: left [2, 3] does not fit right [2]", e => e.Add(e.Random(1, 2, 3), e.Random(2, 2)));
        Refused<ShapeMismatchException>("mul: left [3] does not fit right [2, 3]", e => e.Mul(e.Random(1, 3), e.Random(2, 2, 3)));
        Refused<ShapeMismatchException>("reshape: left [2, 3] does not fit right [5]", e => e.Reshape(e.Random(1, 2, 3), 5));
        Refused<ShapeMismatchException>("cat: left [2, 3] does not fit right [2, 4]", e => e.Cat([e.Random(1, 2, 3), e.Random(2, 2, 4)], 0));
        Refused<ShapeMismatchException>("rms_norm: left [2, 3] does not fit right [4]", e => e.RmsNorm(e.Random(1, 2, 3), e.Random(2, 4), 1e-5));
        Refused<ShapeMismatchException>("gated_act: left [2] does not fit right [3]", e => e.GatedAct(e.Random(1, 2), e.Random(2, 3), Act.Silu));
        Refused<ShapeMismatchException>("attention: q [2, 5], expected [tokens, 8]", e => e.Attention(e.Random(1, 2, 5), e.Random(2, 2, 4), e.Random(3, 2, 4), Spec(2, 1, 4, true, 0, 0)));
        Refused<ShapeMismatchException>("linear_cross_entropy: left [2, 3] does not fit right [5, 4]", e => e.LinearCrossEntropy(e.Random(1, 2, 3), e.Random(2, 5, 4), e.FromInts([0, 1])));
        Refused<ShapeMismatchException>("lora_add: left [2, 4] does not fit right [5, 2]", e => e.LoraAdd(e.Random(1, 2, 4), e.Random(2, 2, 3), e.Random(3, 2, 3), e.Random(4, 5, 2), 1));
        Refused<ShapeMismatchException>("backward: loss [2], expected one element", e => e.Backward(e.Parameter(e.Random(1, 2))));
        Refused<ShapeMismatchException>("segment_sum: x [3, 2], expected [4, …] for 2 segments", e => e.SegmentSum(e.Random(1, 3, 2), [1, 3]));
    }

    [Fact]
    public void Wrong_types_and_indices_are_named()
    {
        Refused<DTypeMismatchException>($"embedding: ids is {Compute}, expected I32", e => e.Embedding(e.Random(1, 2), e.Random(2, 4, 5)));
        Refused<IndexOutsideException>("embedding: id 4 at 1 is outside [0, 4)", e => e.Embedding(e.FromInts([0, 4]), e.Random(2, 4, 5)));
        Refused<IndexOutsideException>("gather: row -1 at 0 is outside [0, 4)", e => e.Gather(e.Random(2, 4, 5), e.FromInts([-1])));
        Refused<IndexOutsideException>("linear_cross_entropy: target 5 at 1 is outside [0, 5)", e => e.LinearCrossEntropy(e.Random(1, 2, 3), e.Random(2, 5, 3), e.FromInts([-1, 5])));
        Refused<IndexOutsideException>("write_rows: row 2 at 0 is outside [0, 2)", e => e.WriteRows(e.Zeros(2, 1), [2], e.Zeros(1, 1)));
        Refused<IndexOutsideException>("upload: byte 8 at 0 is outside [0, 5)", e => e.Upload(e.FromInts([1]), 4, new byte[4]));
    }

    [Fact]
    public void Calls_that_autograd_does_not_allow_say_why()
    {
        Refused<AutogradException>("backward: the loss has no graph: it was made without gradients, or backward already ran", e => e.Backward(e.Random(1, 1)));
        Refused<AutogradException>("prepack: a trainable weight changes", e => e.Prepack(e.Parameter(e.Random(1, 2, 2))));
        using var one = Engine();
        using var two = Engine();
        Assert.Equal("linear: the tensor belongs to another engine", Assert.Throws<ArgumentException>(() => one.Linear(two.Random(1, 2, 2), one.Random(1, 2, 2))).Message);
    }
}
