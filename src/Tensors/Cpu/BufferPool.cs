using System.Numerics;
using System.Runtime.InteropServices;

namespace Temper.Tensors;

/// <summary>Native memory in size classes (a quarter of a power of two apart), 64-byte aligned, reused and given back to the system only
/// at the end. Blocks carry 64 spare bytes.</summary>
internal sealed unsafe class BufferPool : IDisposable
{
    private const long Smallest = 256;
    private readonly Dictionary<long, Stack<nint>> free = [];
    private readonly HashSet<nint> all = [];
    private readonly object gate = new();
    private long live, pooled, peak;
    private bool disposed;

    public MemoryUse Use => new(live, pooled, peak);

    public Storage Rent(long bytes)
    {
        var size = ClassOf(bytes);
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            nint block;
            if (free.TryGetValue(size, out var stack) && stack.TryPop(out block)) pooled -= size;
            else
            {
                block = (nint)NativeMemory.AlignedAlloc((nuint)(size + 64), 64);
                all.Add(block);
            }

            live += size;
            peak = Math.Max(peak, live);
            return new Storage(this, block, size);
        }
    }

    public void Return(nint block, long size)
    {
        lock (gate)
        {
            if (disposed) return;
            if (!free.TryGetValue(size, out var stack)) free[size] = stack = new Stack<nint>();
            stack.Push(block);
            live -= size;
            pooled += size;
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            foreach (var block in all) NativeMemory.AlignedFree((void*)block);
            all.Clear();
            free.Clear();
            live = pooled = 0;
        }
    }

    private static long ClassOf(long bytes)
    {
        if (bytes <= Smallest) return Smallest;
        var power = (long)BitOperations.RoundUpToPowerOf2((ulong)bytes) / 2;
        var step = power / 4;
        return power + (bytes - power + step - 1) / step * step;
    }
}

/// <summary>A block shared by the tensors that view it; it returns to its pool with the last of them.</summary>
internal sealed unsafe class Storage(BufferPool pool, nint block, long size)
{
    public byte* Pointer => (byte*)block;

    public int Owners { get; private set; } = 1;

    public Storage Share()
    {
        Owners++;
        return this;
    }

    public void Release()
    {
        if (--Owners == 0) pool.Return(block, size);
    }
}
