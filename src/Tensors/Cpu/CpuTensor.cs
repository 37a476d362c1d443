using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Temper.Tensors;

/// <summary>A contiguous view of a <see cref="Storage"/>. The object is a handle that serves one tensor after another (<see cref="Handles"/>).</summary>
internal sealed unsafe class CpuTensor(Handles home) : Tensor
{
    private Sizes sizes;
    private int rank;
    private long[]? manySizes;
    private DType type;
    private Storage? storage;
    private int needed;
    private bool left;

    public override ReadOnlySpan<long> Shape => manySizes ?? MemoryMarshal.CreateReadOnlySpan(ref sizes[0], rank);

    public override DType DType => type;

    public override bool RequiresGrad => NeedsGrad;

    /// <summary>The handles of the engine that made it.</summary>
    public Handles Home { get; } = home;

    /// <summary>First byte inside the storage.</summary>
    public long Offset { get; private set; }

    public bool NeedsGrad { get; set; }

    /// <summary>A leaf that keeps its gradient until the optimizer forgets it.</summary>
    public bool IsParameter { get; set; }

    /// <summary>Gradient received so far. Not part of any scope.</summary>
    public CpuTensor? Grad { get; set; }

    /// <summary>The weight that this tensor is when it was frozen.</summary>
    public FrozenPanels? Frozen { get; set; }

    /// <summary>Matrix panels of a weight that never changes.</summary>
    public Storage? Packed { get; set; }

    public Storage Storage => storage ?? throw new ObjectDisposedException(nameof(Tensor), $"the tensor {ToString()} was disposed, or its scope has ended");

    public byte* Bytes => Storage.Pointer + Offset;

    /// <summary>Counts the tensors that this handle has been.</summary>
    public int Life { get; private set; }

    /// <summary>Throws when the caller may not use it any more, although the tape may still need its values.</summary>
    public void CheckAlive()
    {
        if (left || storage is null) throw new ObjectDisposedException(nameof(Tensor), $"the tensor {ToString()} was disposed, or its scope has ended");
    }

    /// <summary>The backward pass will read its values: they stay when the caller disposes it before.</summary>
    public void Need() => needed++;

    /// <summary>The opposite of <see cref="Need"/>, for the tensor that it was in that life.</summary>
    public void Spare(int life)
    {
        if (life == Life && needed > 0 && --needed == 0 && left) FreeValues();
    }

    /// <summary>Its scope closes: nothing may need it any more.</summary>
    public void End()
    {
        needed = 0;
        Free();
    }

    /// <summary>Begins a tensor's life.</summary>
    public void Begin(Storage memory, long offset, DType elements, ReadOnlySpan<long> shape)
    {
        (storage, Offset, type, rank) = (memory, offset, elements, shape.Length);
        (NeedsGrad, IsParameter, Frozen) = (false, false, null);
        (needed, left) = (0, false);
        Life++;
        manySizes = rank > Sizes.Count ? shape.ToArray() : null;
        if (manySizes is null) shape.CopyTo(sizes);
    }

    protected override void Dispose(bool disposing)
    {
        left = true;
        if (needed == 0) Free();
    }

    private void Free()
    {
        if (Grad is { } grad) Home.Drop(grad);
        Grad = null;
        FreeValues();
    }

    /// <summary>Its gradient may still be on the way to its inputs, unless it is a leaf.</summary>
    private void FreeValues()
    {
        if (IsParameter && Grad is { } grad)
        {
            Home.Drop(grad);
            Grad = null;
        }

        Packed?.Release();
        Packed = null;
        Frozen?.Across?.Release();
        Frozen = null;
        storage?.Release();
        storage = null;
    }

    /// <summary>Shapes of the usual ranks, inside the handle.</summary>
    [InlineArray(Count)]
    private struct Sizes
    {
        public const int Count = 5;
        private long first;
    }
}

/// <summary>The handles of an engine. Those of a scope rest when it has closed and are used again; those that belong to callers (made outside
/// scopes, kept, parameters) are not, because a caller may dispose them as often and as late as it likes.</summary>
internal sealed class Handles
{
    private readonly Resting<CpuTensor> resting = new();

    public CpuTensor Take(Storage memory, long offset, DType type, ReadOnlySpan<long> shape)
    {
        var handle = resting.Take() ?? new CpuTensor(this);
        handle.Begin(memory, offset, type, shape);
        return handle;
    }

    /// <summary>Ends the tensors of a scope that closes.</summary>
    public void End(List<CpuTensor> tensors)
    {
        foreach (var tensor in tensors)
        {
            tensor.End();
            resting.Lay(tensor);
        }

        tensors.Clear();
    }

    /// <summary>Ends a gradient, whose handle never leaves the engine.</summary>
    public void Drop(CpuTensor gradient)
    {
        gradient.Dispose();
        resting.Return(gradient);
    }

    public void OutermostScopeClosed() => resting.Turn();
}
