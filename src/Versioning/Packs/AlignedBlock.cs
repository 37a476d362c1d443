using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Temper.Versioning.Packs;

/// <summary>
/// Memory that a disk reads and writes itself, past the system's cache: 2 MiB at an address that is a multiple of 4096. Some are kept for the next
/// who asks, since memory that is new to a process costs more than all that is done with it.
/// </summary>
internal sealed class AlignedBlock
{
    public const int Size = 2 << 20, Alignment = 4096;
    private const int Kept = 16;

    private static readonly ConcurrentQueue<AlignedBlock> Free = [];
    private readonly byte[] _array = GC.AllocateUninitializedArray<byte>(Size + Alignment, pinned: true);
    private readonly int _begin;

    private AlignedBlock() => _begin = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(_array, 0) & (Alignment - 1));

    public Span<byte> Span => _array.AsSpan(_begin, Size);

    public Memory<byte> Memory => _array.AsMemory(_begin, Size);

    /// <summary>A block with whatever was in it.</summary>
    public static AlignedBlock Rent() => Free.TryDequeue(out var block) ? block : new();

    /// <summary>Gives a block back, once, when nobody reads or writes it any more.</summary>
    public static void Return(AlignedBlock block)
    {
        if (Free.Count < Kept)
            Free.Enqueue(block);
    }
}
