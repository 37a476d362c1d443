namespace Temper.Ingest;

/// <summary>A vector that was found.</summary>
/// <param name="Index">Its place in the order in which vectors were added.</param>
/// <param name="Cosine">-1 to 1.</param>
internal readonly record struct VectorHit(int Index, float Cosine);

/// <summary>
/// Exact nearest vectors by cosine: every vector is looked at, in parallel, so that nothing is missed. The answer does not depend on the number of threads
/// or on the machine; equal cosines come in the order in which they were added.
/// </summary>
internal sealed class VectorIndex(int width)
{
    private const int PerBlock = 4096;
    private readonly List<float[]> _blocks = [];

    /// <summary>Vectors that it holds.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a vector; its length does not count.</summary>
    public void Add(ReadOnlySpan<float> vector)
    {
        if (Count % PerBlock == 0)
            _blocks.Add(new float[PerBlock * width]);
        UnitVectors.Unit(vector).CopyTo(_blocks[^1], Count++ % PerBlock * width);
    }

    /// <summary>The <paramref name="count"/> vectors that point most in the direction of <paramref name="query"/>, best first.</summary>
    public IReadOnlyList<VectorHit> Nearest(ReadOnlySpan<float> query, int count, CancellationToken ct)
    {
        var unit = UnitVectors.Unit(query);
        var best = new VectorHit[_blocks.Count][];
        Parallel.For(0, _blocks.Count, new ParallelOptions { CancellationToken = ct }, block => best[block] = InBlock(block, unit, count));
        return [.. best.SelectMany(hits => hits).OrderByDescending(hit => hit.Cosine).ThenBy(hit => hit.Index).Take(count)];
    }

    private VectorHit[] InBlock(int block, float[] query, int count)
    {
        // The worst of the kept ones is on top: of equal cosines, the later one.
        var kept = new PriorityQueue<VectorHit, (float Cosine, int Later)>(count + 1);
        var first = block * PerBlock;
        for (var i = 0; i < Math.Min(PerBlock, Count - first); i++)
        {
            var hit = new VectorHit(first + i, UnitVectors.Dot(_blocks[block].AsSpan(i * width, width), query));
            if (kept.Count < count)
                kept.Enqueue(hit, (hit.Cosine, -hit.Index));
            else if (hit.Cosine > kept.Peek().Cosine)
                kept.EnqueueDequeue(hit, (hit.Cosine, -hit.Index));
        }
        return [.. kept.UnorderedItems.Select(item => item.Element)];
    }
}
