namespace Temper.Tensors;

/// <summary>A contiguous view of a <see cref="Storage"/>.</summary>
internal sealed unsafe class CpuTensor : Tensor
{
    private readonly long[] shape;
    private Storage? storage;

    public CpuTensor(object engine, Storage storage, long offset, DType type, ReadOnlySpan<long> shape)
    {
        Engine = engine;
        this.storage = storage;
        Offset = offset;
        DType = type;
        this.shape = shape.ToArray();
    }

    public override ReadOnlySpan<long> Shape => shape;

    public override DType DType { get; }

    public override bool RequiresGrad => NeedsGrad;

    /// <summary>The engine that made it.</summary>
    public object Engine { get; }

    /// <summary>First byte inside the storage.</summary>
    public long Offset { get; }

    public bool NeedsGrad { get; set; }

    /// <summary>A leaf that keeps its gradient until the optimizer forgets it.</summary>
    public bool IsParameter { get; init; }

    /// <summary>Gradient received so far. Not part of any scope.</summary>
    public CpuTensor? Grad { get; set; }

    /// <summary>The weight that this tensor is when it was frozen.</summary>
    public FrozenPanels? Frozen { get; init; }

    /// <summary>Matrix panels of a weight that never changes.</summary>
    public Storage? Packed { get; set; }

    public Storage Storage => storage ?? throw new ObjectDisposedException(nameof(Tensor), $"the tensor {ToString()} was disposed, or its scope has ended");

    public byte* Bytes => Storage.Pointer + Offset;

    public int[] Ints() => new ReadOnlySpan<int>(Bytes, checked((int)Count)).ToArray();

    protected override void Dispose(bool disposing)
    {
        Grad?.Dispose();
        Grad = null;
        Packed?.Release();
        Packed = null;
        storage?.Release();
        storage = null;
    }
}
