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

    /// <summary>Room for <paramref name="slots"/> sequences of up to <paramref name="capacity"/> tokens. Create it outside engine scopes.</summary>
    public KvCache(IEngine engine, ModelConfig config, int slots, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(slots, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        Capacity = capacity;
        var (rows, width) = (checked((long)slots * capacity), (long)config.KeyValueHeads * config.HeadSize);
        layers = [.. Enumerable.Range(0, config.Layers).Select(_ => (engine.Zeros(rows, width), engine.Zeros(rows, width)))];
        lengths = new int[slots];
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

    /// <summary>Where new tokens go; nothing is remembered before <see cref="Commit"/>.</summary>
    internal CachePlan Plan(IReadOnlyList<CacheAppend> appends)
    {
        var (tokens, positions, rows, last) = (new List<int>(), new List<int>(), new List<int>(), new List<int>());
        var segments = new List<AttentionSegment>();
        var seen = new HashSet<int>();
        foreach (var (slot, added) in appends)
        {
            CheckOpen(slot);
            var length = lengths[slot];
            if (!seen.Add(slot) || added.Length == 0) throw new ArgumentException($"slot {slot} is given twice, or no tokens for it", nameof(appends));
            if (length + added.Length > Capacity) throw new ArgumentException($"slot {slot} holds {length} tokens of {Capacity}; {added.Length} more do not fit", nameof(appends));
            segments.Add(new AttentionSegment(tokens.Count, added.Length, slot * Capacity, length + added.Length));
            tokens.AddRange(added);
            positions.AddRange(Enumerable.Range(length, added.Length));
            rows.AddRange(Enumerable.Range(slot * Capacity + length, added.Length));
            last.Add(tokens.Count - 1);
        }

        return new CachePlan([.. tokens], [.. positions], [.. rows], [.. last], segments);
    }

    internal void Commit(IReadOnlyList<CacheAppend> appends)
    {
        foreach (var (slot, added) in appends) lengths[slot] += added.Length;
    }

    private void CheckOpen(int slot)
    {
        if ((uint)slot >= (uint)lengths.Length || free.Contains(slot)) throw new ArgumentException($"slot {slot} is not open", nameof(slot));
    }
}

/// <summary>Tokens of several sequences end to end, with their places in documents and in the cache.</summary>
internal sealed record CachePlan(int[] Tokens, int[] Positions, int[] Rows, int[] LastRows, IReadOnlyList<AttentionSegment> Segments);
