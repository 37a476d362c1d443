using Temper.Tensors;

namespace Temper.Models;

/// <summary>New tokens of one cached sequence.</summary>
/// <param name="Slot">From <see cref="KvCache.Open"/>.</param>
/// <param name="Tokens">At least one.</param>
public readonly record struct CacheAppend(int Slot, int[] Tokens);

/// <summary>Keys and values of several sequences, each in a slot of fixed capacity.</summary>
public sealed class KvCache : IDisposable
{
    /// <summary>Room for <paramref name="slots"/> sequences of up to <paramref name="capacity"/> tokens.</summary>
    public KvCache(IEngine engine, ModelConfig config, int slots, int capacity) => throw new NotSupportedException($"{engine} {config} {slots} {capacity}");

    /// <summary>Bytes that such a cache takes.</summary>
    public static long BytesFor(ModelConfig config, int slots, int capacity) => throw new NotSupportedException($"{config} {slots} {capacity}");

    /// <summary>Tokens that fit a slot.</summary>
    public int Capacity => throw new NotSupportedException("cache");

    /// <summary>Slots that <see cref="Open"/> can still give.</summary>
    public int FreeSlots => throw new NotSupportedException("cache");

    /// <summary>An empty slot.</summary>
    public int Open() => throw new NotSupportedException("cache");

    /// <summary>Gives a slot back.</summary>
    public void Close(int slot) => throw new NotSupportedException($"{slot}");

    /// <summary>Tokens in a slot.</summary>
    public int Length(int slot) => throw new NotSupportedException($"{slot}");

    /// <summary>Forgets all but the first <paramref name="length"/> tokens of a slot.</summary>
    public void Truncate(int slot, int length) => throw new NotSupportedException($"{slot} {length}");

    /// <summary>Frees the memory.</summary>
    public void Dispose() { }
}
