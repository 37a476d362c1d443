using System.Runtime.InteropServices;
using Temper.Core.Blobs;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Storage.Cache;

namespace Temper.Ingest;

/// <summary>What of a thing is embedded, and how much of it at once.</summary>
/// <param name="Preprocess">Names how it is prepared; part of the space.</param>
/// <param name="Batch">Most things in one call of the embedder.</param>
/// <param name="BatchBytes">Bytes from which a batch is full.</param>
/// <param name="Size">Bytes of a thing.</param>
/// <param name="Embed">One vector per thing, in order.</param>
internal sealed record Embeddable<T>(string Preprocess, int Batch, long BatchBytes, Func<T, long> Size, Func<IEmbedder, IReadOnlyList<T>, CancellationToken, IReadOnlyList<float[]>> Embed)
{
    /// <summary>Where the vectors of one embedder are kept, under <c>cache/embeddings/</c>.</summary>
    public Digest Space(IEmbedder embedder) => Digest.OfText($"{embedder.Model.Hex}\n{embedder.Transform}\n{Preprocess}");
}

/// <summary>
/// Vectors of things, each made once: kept by the digest of the thing's content under the model's digest, the transform and the preprocessing, and shared by all
/// datasets and by searches. Take things in any order, then <see cref="EndAsync"/>.
/// </summary>
internal sealed class KeptVectors<T>
{
    private readonly Embeddable<T> _kind;
    private readonly RecordCache _cache;
    private readonly IEmbedder _embedder;
    private readonly Action _committed;
    private readonly TimeProvider _clock;
    private readonly List<float[]?> _vectors = [];
    private readonly List<(int Index, Digest Key, T Thing)> _missing = [];
    private long _bytes;

    private KeptVectors(Embeddable<T> kind, RecordCache cache, IEmbedder embedder, Action committed, TimeProvider clock) =>
        (_kind, _cache, _embedder, _committed, _clock) = (kind, cache, embedder, committed, clock);

    /// <summary>Things taken so far.</summary>
    public int Count => _vectors.Count;

    /// <summary>Vectors that no cache had.</summary>
    public long Made { get; private set; }

    /// <summary>Opens the cache of one embedder; <paramref name="committed"/> is called whenever vectors were kept, and may throw.</summary>
    public static async Task<KeptVectors<T>> OpenAsync(Embeddable<T> kind, IBlobStore blobs, NearShards? near, IEmbedder embedder, Action committed, TimeProvider clock, CancellationToken ct) =>
        new(kind, await RecordCache.OpenAsync(blobs, "embeddings", kind.Space(embedder), clock, ct, near).ConfigureAwait(false), embedder, committed, clock);

    /// <summary>Takes the next thing; its vector is found, or made with those of the things that follow.</summary>
    /// <param name="key">Digest of its content.</param>
    /// <param name="read">Gives it where it is needed.</param>
    /// <param name="ct">Stops it.</param>
    public async Task TakeAsync(Digest key, Func<Task<T>> read, CancellationToken ct)
    {
        if (await _cache.TryGetAsync(key, ct).ConfigureAwait(false) is { } known && known.Length == _embedder.Width * sizeof(float))
        {
            _vectors.Add(MemoryMarshal.Cast<byte, float>(known.Span).ToArray());
            return;
        }
        var thing = await read().ConfigureAwait(false);
        _missing.Add((_vectors.Count, key, thing));
        _vectors.Add(null);
        _bytes += _kind.Size(thing);
        if (_missing.Count >= _kind.Batch || _bytes >= _kind.BatchBytes)
            await EmbedAsync(ct).ConfigureAwait(false);
    }

    /// <summary>One vector per thing taken, in order.</summary>
    public async Task<IReadOnlyList<float[]>> EndAsync(CancellationToken ct)
    {
        await EmbedAsync(ct).ConfigureAwait(false);
        return _vectors!;
    }

    private async Task EmbedAsync(CancellationToken ct)
    {
        if (_missing.Count == 0)
            return;
        var began = _clock.GetTimestamp();
        var made = _kind.Embed(_embedder, [.. _missing.Select(m => m.Thing)], ct);
        IngestTelemetry.Embedded(made.Count, _clock.GetElapsedTime(began));
        for (var i = 0; i < made.Count; i++)
            _vectors[_missing[i].Index] = made[i];
        await _cache.AppendAsync([.. _missing.Select((m, i) => new CacheEntry(m.Key, MemoryMarshal.AsBytes<float>(made[i]).ToArray()))], ct).ConfigureAwait(false);
        DurableSteps.Passed("ingest.embeddings_written");
        Made += made.Count;
        _missing.Clear();
        _bytes = 0;
        _committed();
    }
}
