using System.Numerics;
using System.Runtime.InteropServices;

namespace Temper.Tensors;

/// <summary>Native memory in size classes (a quarter of a power of two apart), 64-byte aligned, reused and given back to the system only
/// at the end. Blocks carry 64 spare bytes. Workers rent from it, too.</summary>
internal sealed unsafe class BufferPool : IDisposable
{
    private const long Smallest = 256;
    private readonly Dictionary<long, Stack<Storage>> free = [];
    private readonly List<Storage> all = [];
    private readonly Lock gate = new();
    private long live, pooled, peak;
    private bool disposed;

    public MemoryUse Use => new(live, pooled, peak);

    public Storage Rent(long bytes)
    {
        var size = ClassOf(bytes);
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (free.TryGetValue(size, out var stack) && stack.TryPop(out var storage)) pooled -= size;
            else all.Add(storage = new Storage(this, (byte*)NativeMemory.AlignedAlloc((nuint)(size + 64), 64), size));
            live += size;
            peak = Math.Max(peak, live);
            return storage.Share();
        }
    }

    public void Return(Storage storage)
    {
        lock (gate)
        {
            if (disposed) return;
            if (!free.TryGetValue(storage.Size, out var stack)) free[storage.Size] = stack = new Stack<Storage>();
            stack.Push(storage);
            live -= storage.Size;
            pooled += storage.Size;
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            foreach (var storage in all) NativeMemory.AlignedFree(storage.Pointer);
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

/// <summary>A block shared by the tensors that view it; it returns to its pool with the last of them, to be rented again.</summary>
internal sealed unsafe class Storage(BufferPool pool, byte* block, long size)
{
    public byte* Pointer => block;

    public long Size => size;

    public int Owners { get; private set; }

    public Storage Share()
    {
        Owners++;
        return this;
    }

    public void Release()
    {
        if (--Owners == 0) pool.Return(this);
    }
}
