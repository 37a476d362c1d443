namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    public IOptimizer AdamW(IReadOnlyList<ParameterGroup> groups, AdamWOptions options) => throw new NotSupportedException("x");
    public Tensor Reshape(Tensor x, params ReadOnlySpan<long> shape) => throw new NotSupportedException("x");
    public Tensor Transpose(Tensor x, int a, int b) => throw new NotSupportedException("x");
    public Tensor Narrow(Tensor x, int dim, long start, long length) => throw new NotSupportedException("x");
    public Tensor Cat(ReadOnlySpan<Tensor> parts, int dim) => throw new NotSupportedException("x");
    public Tensor Gather(Tensor x, Tensor rows) => throw new NotSupportedException("x");
    public Tensor Cast(Tensor x, DType type) => throw new NotSupportedException("x");
    public Tensor Mul(Tensor a, Tensor b) => throw new NotSupportedException("x");
    public Tensor Add(Tensor a, Tensor b) => throw new NotSupportedException("x");
    public Tensor Sum(Tensor x, int dim, bool keep = false) => throw new NotSupportedException("x");
    public Tensor SegmentSum(Tensor x, ReadOnlySpan<int> lengths) => throw new NotSupportedException("x");
    public Tensor SegmentMean(Tensor x, ReadOnlySpan<int> lengths) => throw new NotSupportedException("x");
    public Tensor Softmax(Tensor x, int dim = -1) => throw new NotSupportedException("x");
    public Tensor Dropout(Tensor x, DropoutSpec dropout) => throw new NotSupportedException("x");
    public Tensor LoraAdd(Tensor y, Tensor x, Tensor a, Tensor b, double scale, DropoutSpec dropout = default) => throw new NotSupportedException("x");
    public Tensor Embedding(Tensor ids, Tensor table) => throw new NotSupportedException("x");
    public Tensor RmsNorm(Tensor x, Tensor weight, double epsilon, bool plusOne = false) => throw new NotSupportedException("x");
    public Tensor LayerNorm(Tensor x, Tensor weight, Tensor? bias, double epsilon) => throw new NotSupportedException("x");
    public Tensor Rope(Tensor x, Tensor cos, Tensor sin, Tensor positions, int headSize) => throw new NotSupportedException("x");
    public Tensor Attention(Tensor q, Tensor k, Tensor v, AttentionSpec spec) => throw new NotSupportedException("x");
    public TokenLoss LinearCrossEntropy(Tensor h, Tensor weight, Tensor targets, double softCap = 0) => throw new NotSupportedException("x");
    public Tensor TokenLogProbs(Tensor h, Tensor weight, Tensor targets, double softCap = 0) => throw new NotSupportedException("x");
}
