namespace Temper.Tensors;

public partial interface IEngine
{
    /// <summary>The same elements under another shape of equal count.</summary>
    Tensor Reshape(Tensor x, params ReadOnlySpan<long> shape);

    /// <summary>Swaps two dimensions.</summary>
    Tensor Transpose(Tensor x, int a, int b);

    /// <summary>Elements [start, start + length) along <paramref name="dim"/>.</summary>
    Tensor Narrow(Tensor x, int dim, long start, long length);

    /// <summary>Tensors end to end along <paramref name="dim"/>.</summary>
    Tensor Cat(ReadOnlySpan<Tensor> parts, int dim);

    /// <summary>Rows of x [n, …] picked by I32 <paramref name="rows"/> [m]: [m, …]. A row may be picked more than once.</summary>
    Tensor Gather(Tensor x, Tensor rows);

    /// <summary>Converts between floating types; the gradient is that of the identity, which an engine may round to the narrower type.
    /// I32 converts to Real only, without a gradient.</summary>
    Tensor Cast(Tensor x, DType type);

    /// <summary>a + b. b has a's shape, or a's trailing dimensions (added to every row), or one element.</summary>
    Tensor Add(Tensor a, Tensor b);

    /// <summary>a · b element by element, b broadcast as in <see cref="Add"/>.</summary>
    Tensor Mul(Tensor a, Tensor b);

    /// <summary>x · factor.</summary>
    Tensor Scale(Tensor x, double factor);

    /// <summary>Sum over one dimension, which is removed unless <paramref name="keep"/>.</summary>
    Tensor Sum(Tensor x, int dim, bool keep = false);

    /// <summary>Sums of consecutive groups of rows: x [n, …] and lengths adding up to n give [lengths, …]. An empty group gives 0.</summary>
    Tensor SegmentSum(Tensor x, ReadOnlySpan<int> lengths);

    /// <summary>Means of consecutive groups of rows (mean pooling). An empty group gives 0.</summary>
    Tensor SegmentMean(Tensor x, ReadOnlySpan<int> lengths);

    /// <summary>A pointwise activation.</summary>
    Tensor Activation(Tensor x, Act act);

    /// <summary>Hyperbolic tangent.</summary>
    Tensor Tanh(Tensor x);

    /// <summary>e to the x.</summary>
    Tensor Exp(Tensor x);

    /// <summary>log σ(x), exact for large |x| (DPO).</summary>
    Tensor LogSigmoid(Tensor x);

    /// <summary>log(1 - eˣ) for x &lt; 0 (log-odds of ORPO).</summary>
    Tensor Log1mExp(Tensor x);

    /// <summary>Softmax along <paramref name="dim"/>.</summary>
    Tensor Softmax(Tensor x, int dim = -1);

    /// <summary>Drops elements by counters.</summary>
    Tensor Dropout(Tensor x, DropoutSpec dropout);

    /// <summary>a [b…, m, k] · b [b…, k, n] = [b…, m, n]; with <paramref name="transposeB"/> b is [b…, n, k].</summary>
    Tensor BatchMatMul(Tensor a, Tensor b, bool transposeB = false);

    /// <summary>x [n, in] · wᵀ + bias: w [out, in], bias [out], result [n, out].</summary>
    Tensor Linear(Tensor x, Tensor weight, Tensor? bias = null);

    /// <summary>y + scale · (dropout(x)·Aᵀ)·Bᵀ: x [n, in], a [r, in], b [out, r], y [n, out] (Hu et al. 2021, arXiv:2106.09685).</summary>
    Tensor LoraAdd(Tensor y, Tensor x, Tensor a, Tensor b, double scale, DropoutSpec dropout = default);

    /// <summary><see cref="Linear"/> and <see cref="LoraAdd"/> in one: x·wᵀ + bias + scale · (dropout(x)·Aᵀ)·Bᵀ, with the same bits.</summary>
    Tensor LoraLinear(Tensor x, Tensor weight, Tensor? bias, Tensor a, Tensor b, double scale, DropoutSpec dropout = default);

    /// <summary>Rows of table [vocabulary, d] for I32 ids [n]: [n, d].</summary>
    Tensor Embedding(Tensor ids, Tensor table);

    /// <summary>x / √(mean(x²) + eps) · w (or · (1 + w)) per row of x [n, d], w [d] (Zhang &amp; Sennrich 2019).</summary>
    Tensor RmsNorm(Tensor x, Tensor weight, double epsilon, bool plusOne = false);

    /// <summary>(x - mean) / √(variance + eps) · w + b per row of x [n, d] (Ba et al. 2016).</summary>
    Tensor LayerNorm(Tensor x, Tensor weight, Tensor? bias, double epsilon);

    /// <summary>Rotary embedding, half-split: in every head of x [n, heads·headSize], elements i and i + c (i &lt; c) turn by the
    /// angle of (positions[token], i), where cos and sin are [maximum, c], c ≤ headSize / 2; elements from 2c on pass through.
    /// positions: I32 [n] (Su et al. 2021, arXiv:2104.09864).</summary>
    Tensor Rope(Tensor x, Tensor cos, Tensor sin, Tensor positions, int headSize);

    /// <summary>softmax(scale · q·kᵀ)·v per segment and head: q [n, Heads·HeadSize], k and v [m, KeyValueHeads·HeadSize], result as q.</summary>
    Tensor Attention(Tensor q, Tensor k, Tensor v, AttentionSpec spec);

    /// <summary>act(gate) · up, with Silu (SwiGLU), GeluTanh or GeluErf (GeGLU).</summary>
    Tensor GatedAct(Tensor gate, Tensor up, Act act);

    /// <summary>Cross-entropy of logits h·wᵀ (h [n, d], w [vocabulary, d]) against I32 targets [n]; rows with a negative target count for
    /// nothing and are not computed. The full logits never exist. <paramref name="softCap"/> as in <see cref="AttentionSpec.SoftCap"/>;
    /// <paramref name="smoothing"/> in [0, 1) is the share of a label that all entries have evenly (Szegedy et al. 2016, arXiv:1512.00567).</summary>
    TokenLoss LinearCrossEntropy(Tensor h, Tensor weight, Tensor targets, double softCap = 0, double smoothing = 0);

    /// <summary>log p(target) per row, [n]; 0 where the target is negative. Arguments as in <see cref="LinearCrossEntropy"/>.</summary>
    Tensor TokenLogProbs(Tensor h, Tensor weight, Tensor targets, double softCap = 0);
}
