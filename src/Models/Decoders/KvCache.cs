using System.Runtime.InteropServices;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>New tokens of one cached sequence.</summary>
/// <param name="Slot">From <see cref="KvCache.Open"/>.</param>
/// <param name="Tokens">At least one.</param>
public readonly record struct CacheAppend(int Slot, int[] Tokens);

/// <summary>Keys and values of several sequences, each in a slot of fixed capacity. One thread uses it at a time.</summary>
public sealed class KvCache : IDisposable
{
    private readonly (Tensor Keys, Tensor Values)[] layers;
    private readonly int[] lengths;
    private readonly Stack<int> free;
    private readonly bool[] planned;
    private readonly List<int> tokens = [], positions = [], rows = [], last = [];
    private readonly List<AttentionSegment> segments = [];

    /// <summary>Room for <paramref name="slots"/> sequences of up to <paramref name="capacity"/> tokens. Create it outside engine scopes.</summary>
    public KvCache(IEngine engine, ModelConfig config, int slots, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(slots, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        Capacity = capacity;
        var (rows, width) = (checked((long)slots * capacity), (long)config.KeyValueHeads * config.HeadSize);
        layers = [.. Enumerable.Range(0, config.Layers).Select(_ => (engine.Zeros(rows, width), engine.Zeros(rows, width)))];
        (lengths, planned) = (new int[slots], new bool[slots]);
        free = new Stack<int>(Enumerable.Range(0, slots).Reverse());
    }

    /// <summary>Tokens that fit a slot.</summary>
    public int Capacity { get; }

    /// <summary>Slots that <see cref="Open"/> can still give.</summary>
    public int FreeSlots => free.Count;

    /// <summary>Bytes that such a cache takes on an f32 engine.</summary>
    public static long BytesFor(ModelConfig config, int slots, int capacity) =>
        checked(2L * sizeof(float) * config.Layers * slots * capacity * config.KeyValueHeads * config.HeadSize);

    /// <summary>An empty slot.</summary>
    public int Open() => free.TryPop(out var slot) ? slot : throw new InvalidOperationException("every slot of the cache is taken");

    /// <summary>Gives a slot back.</summary>
    public void Close(int slot)
    {
        CheckOpen(slot);
        lengths[slot] = 0;
        free.Push(slot);
    }

    /// <summary>Tokens in a slot.</summary>
    public int Length(int slot) => lengths[slot];

    /// <summary>Forgets all but the first <paramref name="length"/> tokens of a slot.</summary>
    public void Truncate(int slot, int length)
    {
        CheckOpen(slot);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, lengths[slot]);
        lengths[slot] = length;
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        foreach (var (keys, values) in layers)
        {
            keys.Dispose();
            values.Dispose();
        }
    }

    internal (Tensor Keys, Tensor Values) Layer(int layer) => layers[layer];

    /// <summary>The new tokens of the plan, sequence after sequence.</summary>
    internal ReadOnlySpan<int> NewTokens => CollectionsMarshal.AsSpan(tokens);

    /// <summary>The cache's rows that they go to.</summary>
    internal ReadOnlySpan<int> NewRows => CollectionsMarshal.AsSpan(rows);

    /// <summary>The last new token of each sequence, among the new ones.</summary>
    internal ReadOnlySpan<int> LastRows => CollectionsMarshal.AsSpan(last);

    /// <summary>Plans where new tokens go; they do not count before <see cref="Commit"/>.</summary>
    internal void Plan(IReadOnlyList<CacheAppend> appends)
    {
        foreach (var list in (ReadOnlySpan<List<int>>)[tokens, positions, rows, last]) list.Clear();
        segments.Clear();
        Array.Clear(planned);
        for (var i = 0; i < appends.Count; i++)
        {
            var (slot, added) = appends[i];
            CheckOpen(slot);
            var length = lengths[slot];
            if (planned[slot] || added.Length == 0) throw new ArgumentException($"slot {slot} is given twice, or no tokens for it", nameof(appends));
            if (length + added.Length > Capacity) throw new ArgumentException($"slot {slot} holds {length} tokens of {Capacity}; {added.Length} more do not fit", nameof(appends));
            planned[slot] = true;
            segments.Add(new AttentionSegment(tokens.Count, added.Length, slot * Capacity, length + added.Length));
            tokens.AddRange(added);
            for (var at = length; at < length + added.Length; at++)
            {
                positions.Add(at);
                rows.Add(slot * Capacity + at);
            }

            last.Add(tokens.Count - 1);
        }
    }

    /// <summary>The plan's places in documents, and its segments. Both lists are overwritten.</summary>
    internal void PlaceTokens(List<int> placesOfTokens, List<AttentionSegment> segmentsOfCache)
    {
        placesOfTokens.Clear();
        placesOfTokens.AddRange(positions);
        segmentsOfCache.Clear();
        segmentsOfCache.AddRange(segments);
    }

    internal void Commit(IReadOnlyList<CacheAppend> appends)
    {
        for (var i = 0; i < appends.Count; i++) lengths[appends[i].Slot] += appends[i].Tokens.Length;
    }

    private void CheckOpen(int slot)
    {
        if ((uint)slot >= (uint)lengths.Length || free.Contains(slot)) throw new ArgumentException($"slot {slot} is not open", nameof(slot));
    }
}
