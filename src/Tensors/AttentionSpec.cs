namespace Temper.Tensors;

/// <summary>One sequence inside a concatenated batch: its query rows and its key/value rows. With a key/value cache there
/// are more keys than queries; the queries are the last rows of the sequence.</summary>
/// <param name="QueryStart">First row in the query tensor.</param>
/// <param name="QueryCount">Number of query rows, 0 or more.</param>
/// <param name="KeyStart">First row in the key and value tensors.</param>
/// <param name="KeyCount">Number of key rows, at least <paramref name="QueryCount"/> when attention is causal.</param>
public readonly record struct AttentionSegment(int QueryStart, int QueryCount, int KeyStart, int KeyCount)
{
    /// <summary>Documents laid end to end, each attending to itself alone.</summary>
    public static AttentionSegment[] FromLengths(ReadOnlySpan<int> lengths)
    {
        var segments = new AttentionSegment[lengths.Length];
        var start = 0;
        for (var i = 0; i < lengths.Length; i++)
        {
            segments[i] = new AttentionSegment(start, lengths[i], start, lengths[i]);
            start += lengths[i];
        }

        return segments;
    }
}

/// <summary>How attention is computed. Query i of a segment stands at position KeyCount - QueryCount + i; it sees key j when
/// (not causal or j ≤ position) and (Window = 0 or |position - j| &lt; Window). No dense mask exists.</summary>
public sealed record AttentionSpec
{
    /// <summary>Query heads; the query tensor is [tokens, Heads * HeadSize].</summary>
    public required int Heads { get; init; }

    /// <summary>Key/value heads, a divisor of <see cref="Heads"/>: query head h reads key head h / (Heads / KeyValueHeads).</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Numbers per head.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Factor on q·k, usually 1/√HeadSize.</summary>
    public required float Scale { get; init; }

    /// <summary>Whether a query sees only keys up to its own position. Default true.</summary>
    public bool Causal { get; init; } = true;

    /// <summary>Gemma 2's cap: s becomes cap·tanh(s/cap). 0 (default) is off.</summary>
    public float SoftCap { get; init; }

    /// <summary>Sliding window in tokens; 0 (default) is off.</summary>
    public int Window { get; init; }

    /// <summary>The sequences of the batch, in query order and covering every query row. Null: one sequence of all rows.</summary>
    public IReadOnlyList<AttentionSegment>? Segments { get; init; }
}
