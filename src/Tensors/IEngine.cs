namespace Temper.Tensors;

/// <summary>The engine port: tensors, coarse operations with their gradients, and the optimizer. One thread uses an engine
/// at a time. Shapes and element types are checked by every operation: <see cref="ShapeMismatchException"/>,
/// <see cref="DTypeMismatchException"/>, <see cref="IndexOutsideException"/>. "Real" below means
/// <see cref="EngineInfo.Compute"/>. Operations are listed in the other half of this interface.</summary>
public partial interface IEngine : IDisposable
{
    /// <summary>Name, compute type and numerics of this engine.</summary>
    EngineInfo Info { get; }

    /// <summary>How products with frozen weights shall be computed, before the first of them; <see cref="Info"/> then says what came of it. An engine that was
    /// made for one way, or has only one, leaves this out.</summary>
    void Choose(MatrixPath matrix)
    {
    }

    /// <summary>Bytes in use.</summary>
    MemoryUse Memory();

    /// <summary>Waits until every call so far has finished on the device.</summary>
    void Synchronize();

    /// <summary>Opens a scope: tensors made from now on die with it, unless kept. Scopes nest and close in reverse order.</summary>
    IScope BeginScope();

    /// <summary>Until disposed, operations record no graph.</summary>
    IDisposable NoGrad();

    /// <summary>A tensor with undefined content.</summary>
    Tensor Empty(DType type, params ReadOnlySpan<long> shape);

    /// <summary>Copies bytes into a tensor from <paramref name="byteOffset"/> on, in native (little-endian) order. Large tensors go in chunks.</summary>
    void Upload(Tensor target, long byteOffset, ReadOnlySpan<byte> source);

    /// <summary>Copies bytes out of a tensor from <paramref name="byteOffset"/> on.</summary>
    void Download(Tensor source, long byteOffset, Span<byte> target);

    /// <summary>The only element of a tensor, of any element type.</summary>
    double ScalarOf(Tensor scalar);

    /// <summary>A trainable leaf on the storage of <paramref name="init"/> (Real; which may be disposed afterwards). It belongs to the
    /// caller, not to a scope.</summary>
    Tensor Parameter(Tensor init);

    /// <summary>The summed gradient of a parameter (or of any leaf), sharing its storage, or null when none has arrived.</summary>
    Tensor? GradOf(Tensor parameter);

    /// <summary>Adds <paramref name="scale"/> · ∂loss/∂p to every parameter's gradient and releases the graph that led to the scalar <paramref name="loss"/>.</summary>
    void Backward(Tensor loss, double scale = 1);

    /// <summary>The same values without a graph.</summary>
    Tensor Detach(Tensor x);

    /// <summary>Runs <paramref name="body"/> without keeping its intermediate tensors and runs it again in the backward pass.
    /// The body must be a pure function of <paramref name="x"/> and of parameters. Bits do not change.</summary>
    Tensor Checkpoint(Func<Tensor, Tensor> body, Tensor x);

    /// <summary>The same for a caller that wants to know when <paramref name="body"/> is no longer needed, so that it can use it again.</summary>
    Tensor Checkpoint(Recomputed body, Tensor x) => Checkpoint(body.Run, x);

    /// <summary>Copies row r of <paramref name="source"/> [rows, d] over row rows[r] of <paramref name="target"/> [capacity, d], in place and
    /// without a graph: this is how a key/value cache grows.</summary>
    void WriteRows(Tensor target, ReadOnlySpan<int> rows, Tensor source);

    /// <summary>Promises that the weight [out, in] of <see cref="Linear"/> will not change, so the engine may keep a faster copy of it. Worth it for decoding.</summary>
    void Prepack(Tensor weight);

    /// <summary>A weight [outputs, inputs] that will not change, kept in a narrow form; it is read block of rows by block of rows. <see cref="Linear"/>,
    /// <see cref="LinearCrossEntropy"/>, <see cref="TokenLogProbs"/> and <see cref="Embedding"/> take it where a Real weight stands, and
    /// <see cref="Cast"/> widens it.</summary>
    Tensor Freeze(FrozenForm form, long outputs, long inputs, FillRows rows);

    /// <summary>An AdamW optimizer over these parameters. It belongs to the caller.</summary>
    IOptimizer AdamW(IReadOnlyList<ParameterGroup> groups, AdamWOptions options);

    /// <summary>Gradient descent over these parameters. It belongs to the caller.</summary>
    IOptimizer Sgd(IReadOnlyList<ParameterGroup> groups, SgdOptions options);
}
