using System.Runtime.InteropServices;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>Documents laid end to end without padding. Positions restart in every document, and none sees another.</summary>
/// <param name="Tokens">Ids of all documents, one after another.</param>
/// <param name="Lengths">Tokens of each document, in order.</param>
public sealed record PackedBatch(int[] Tokens, int[] Lengths)
{
    /// <summary>Per token, whether it is a label; null when no loss is asked for.</summary>
    public bool[]? Supervised { get; init; }

    /// <summary>Labels that <see cref="Decoder.Loss"/> will count: supervised tokens that are not first in their document.</summary>
    public int LabelCount
    {
        get
        {
            var (start, count) = (0, 0);
            foreach (var length in Lengths)
            {
                if (Supervised is not null && length > 0) count += Supervised.AsSpan(start + 1, length - 1).Count(true);
                start += length;
            }

            return count;
        }
    }

    /// <summary>Examples end to end.</summary>
    public static PackedBatch Of(IReadOnlyList<Example> examples)
    {
        int[] tokens = [.. examples.SelectMany(e => e.Tokens)], lengths = [.. examples.Select(e => e.Tokens.Length)];
        return new PackedBatch(tokens, lengths) { Supervised = [.. examples.SelectMany(e => e.Supervised)] };
    }

    /// <summary>The documents in order, in batches of at most <paramref name="most"/> tokens; a longer document is a batch alone. Labels are left out.</summary>
    internal IEnumerable<PackedBatch> Parts(int most)
    {
        for (var (first, start) = (0, 0); first < Lengths.Length;)
        {
            var (next, end) = (first + 1, start + Lengths[first]);
            while (next < Lengths.Length && end - start + Lengths[next] <= most) end += Lengths[next++];
            yield return new PackedBatch(Tokens[start..end], Lengths[first..next]);
            (first, start) = (next, end);
        }
    }

    /// <summary>Place of each token in its document.</summary>
    internal int[] Positions()
    {
        var positions = new List<int>();
        PlaceTokens(positions, []);
        return [.. positions];
    }

    /// <summary>Place of each token in its document, and the documents as segments. Both lists are overwritten.</summary>
    internal void PlaceTokens(List<int> positions, List<AttentionSegment> segments)
    {
        positions.Clear();
        segments.Clear();
        foreach (var length in Lengths)
        {
            segments.Add(new AttentionSegment(positions.Count, length, positions.Count, length));
            for (var i = 0; i < length; i++) positions.Add(i);
        }

        if (positions.Count != Tokens.Length) throw new ArgumentException($"the documents have {positions.Count} tokens together, the batch {Tokens.Length}");
    }

    /// <summary>Row of the last token of each document.</summary>
    internal int[] LastTokens()
    {
        var rows = new int[Lengths.Length];
        for (var (i, end) = (0, 0); i < rows.Length; i++)
        {
            if (Lengths[i] < 1) throw new ArgumentException($"document {i} has no token");
            end += Lengths[i];
            rows[i] = end - 1;
        }

        return rows;
    }

    /// <summary>What each token's hidden state must predict: the next token of its document when that is a label, otherwise -1. The list is overwritten.</summary>
    internal void FindTargets(List<int> targets)
    {
        targets.Clear();
        CollectionsMarshal.SetCount(targets, Tokens.Length);
        var found = CollectionsMarshal.AsSpan(targets);
        found.Fill(-1);
        if (Supervised is null) return;
        var start = 0;
        foreach (var length in Lengths)
        {
            for (var i = start + 1; i < start + length; i++)
                if (Supervised[i]) found[i - 1] = Tokens[i];
            start += length;
        }
    }
}
