namespace Temper.Tensors.Tests;

/// <summary>Each operation's gradient against central differences in f64.</summary>
public sealed class GradientTests
{
    private static void Check(long[][] shapes, Func<IEngine, Tensor[], Tensor> body, double tolerance = 1e-6, Func<double, double>? values = null)
    {
        using var engine = CpuEngine.CreateDouble(2);
        GradientCheck.Run(engine, shapes, p => body(engine, p), tolerance, values);
    }

    [Fact]
    public void Of_linear_layers() => Check([[5, 7], [3, 7], [3]], (e, p) => e.Linear(p[0], p[1], p[2]));

    [Fact]
    public void Of_linear_layers_used_twice() => Check([[4, 4]], (e, p) => e.Linear(e.Linear(p[0], p[0]), p[0]));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Of_batched_products(bool transposed) =>
        Check([[2, 3, 5], transposed ? [2, 4, 5] : [2, 5, 4]], (e, p) => e.BatchMatMul(p[0], p[1], transposed));

    [Theory]
    [InlineData(Act.Relu)]
    [InlineData(Act.Silu)]
    [InlineData(Act.GeluErf)]
    [InlineData(Act.GeluTanh)]
    [InlineData(Act.QuickGelu)]
    public void Of_activations(Act act) => Check([[3, 11]], (e, p) => e.Activation(p[0], act));

    [Theory]
    [InlineData(Act.Silu)]
    [InlineData(Act.GeluErf)]
    [InlineData(Act.GeluTanh)]
    public void Of_gated_activations(Act act) => Check([[2, 9], [2, 9]], (e, p) => e.GatedAct(p[0], p[1], act));

    [Fact]
    public void Of_pointwise_functions()
    {
        Check([[17]], (e, p) => e.Tanh(p[0]));
        Check([[17]], (e, p) => e.Exp(p[0]));
        Check([[17]], (e, p) => e.Scale(p[0], -2.5));
        Check([[17]], (e, p) => e.LogSigmoid(p[0]));
        Check([[17]], (e, p) => e.Log1mExp(p[0]), values: x => -Math.Abs(x) - 0.05);
    }

    [Fact]
    public void Of_sums_and_products_with_broadcasting()
    {
        Check([[3, 4], [3, 4]], (e, p) => e.Add(p[0], p[1]));
        Check([[3, 4], [4]], (e, p) => e.Add(p[0], p[1]));
        Check([[3, 4], [1]], (e, p) => e.Add(p[0], p[1]));
        Check([[3, 4], [3, 4]], (e, p) => e.Mul(p[0], p[1]));
        Check([[3, 4], [4]], (e, p) => e.Mul(p[0], p[1]));
        Check([[3, 4], [1]], (e, p) => e.Mul(p[0], p[1]));
        Check([[3, 4]], (e, p) => e.Add(e.Mul(p[0], p[0]), p[0]));
    }

    [Fact]
    public void Of_shapes()
    {
        Check([[3, 4]], (e, p) => e.Reshape(p[0], 2, 6));
        Check([[2, 3, 4]], (e, p) => e.Transpose(p[0], 0, 2));
        Check([[2, 3, 4]], (e, p) => e.Transpose(p[0], -1, -2));
        Check([[3, 4]], (e, p) => e.Narrow(p[0], 1, 1, 2));
        Check([[3, 4]], (e, p) => e.Narrow(p[0], 0, 1, 2));
        Check([[3, 4], [3, 2]], (e, p) => e.Cat([p[0], p[1], p[0]], 1));
        Check([[4, 3]], (e, p) => e.Gather(p[0], e.FromInts([2, 0, 2])));
        Check([[4, 3]], (e, p) => e.Embedding(e.FromInts([2, 0, 2, 3, 1]), p[0]));
    }

    [Fact]
    public void Of_reductions()
    {
        Check([[3, 4]], (e, p) => e.Sum(p[0], 0));
        Check([[3, 4]], (e, p) => e.Sum(p[0], 1, keep: true));
        Check([[5, 3]], (e, p) => e.SegmentSum(p[0], [2, 0, 3]));
        Check([[5, 3]], (e, p) => e.SegmentMean(p[0], [2, 0, 3]));
        Check([[3, 18]], (e, p) => e.Softmax(p[0]));
        Check([[3, 4]], (e, p) => e.Softmax(p[0], 0));
    }

    [Fact]
    public void Of_norms()
    {
        Check([[3, 18], [18]], (e, p) => e.RmsNorm(p[0], p[1], 1e-5));
        Check([[3, 5], [5]], (e, p) => e.RmsNorm(p[0], p[1], 1e-5, plusOne: true));
        Check([[3, 18], [18], [18]], (e, p) => e.LayerNorm(p[0], p[1], p[2], 1e-5));
        Check([[3, 5], [5]], (e, p) => e.LayerNorm(p[0], p[1], null, 1e-5));
    }

    [Fact]
    public void Of_rotary_embeddings() => Check([[3, 10]], (e, p) => e.Rope(p[0], e.Random(5, 4, 2), e.Random(6, 4, 2), e.FromInts([3, 0, 1]), 5));

    [Theory]
    [InlineData(true, 0, 0)]
    [InlineData(false, 0, 0)]
    [InlineData(true, 1.5f, 0)]
    [InlineData(true, 0, 3)]
    [InlineData(false, 1.5f, 2)]
    public void Of_attention(bool causal, float cap, int window)
    {
        var spec = new AttentionSpec
        {
            Heads = 4,
            KeyValueHeads = 2,
            HeadSize = 3,
            Scale = 0.6f,
            Causal = causal,
            SoftCap = cap,
            Window = window,
            Segments = [new(0, 4, 0, 4), new(4, 1, 4, 1), new(5, 2, 5, 5)],
        };
        Check([[7, 12], [10, 6], [10, 6]], (e, p) => e.Attention(p[0], p[1], p[2], spec), 2e-6);
    }

    [Fact]
    public void Of_attention_over_shared_keys()
    {
        var spec = new AttentionSpec { Heads = 2, KeyValueHeads = 2, HeadSize = 3, Scale = 0.6f, Segments = [new(0, 2, 0, 5), new(2, 2, 1, 5)] };
        Check([[4, 6], [6, 6], [6, 6]], (e, p) => e.Attention(p[0], p[1], p[2], spec));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1.5)]
    public void Of_the_loss(double cap)
    {
        Check([[5, 4], [7, 4]], (e, p) => e.Mul(e.LinearCrossEntropy(p[0], p[1], e.FromInts([6, -1, 0, 3, -1]), cap).Sum, e.FromDoubles([0.3])));
        Check([[5, 4], [7, 4]], (e, p) => e.TokenLogProbs(p[0], p[1], e.FromInts([6, -1, 0, 3, -1]), cap));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.4f)]
    public void Of_low_rank_updates(float dropout)
    {
        var spec = new DropoutSpec(dropout, new RandomKey(1, 2, 3, 4, 5));
        Check([[4, 6], [4, 5], [2, 5], [6, 2]], (e, p) => e.LoraAdd(p[0], p[1], p[2], p[3], 1.7, spec));
        Check([[4, 5]], (e, p) => e.Dropout(p[0], spec));
    }

    [Fact]
    public void Of_checkpointed_bodies() =>
        Check([[3, 4], [4, 4]], (e, p) => e.Checkpoint(x => e.Tanh(e.Linear(e.Tanh(x), p[1])), e.Scale(p[0], 2)));
}
