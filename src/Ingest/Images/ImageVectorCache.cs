using System.Runtime.InteropServices;
using Temper.Core.Blobs;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Models;
using Temper.Storage.Cache;

namespace Temper.Ingest;

/// <summary>
/// Vectors of images, each made once: kept by the digest of the image file under the model's digest and the transform, and shared by all datasets and by
/// searches, whatever the captions say. Take images in any order, then <see cref="EndAsync"/>.
/// </summary>
internal sealed class ImageVectorCache
{
    private const int Batch = 64;
    private const long BatchBytes = 64L << 20;

    private readonly RecordCache _cache;
    private readonly IEmbedder _embedder;
    private readonly Action _committed;
    private readonly TimeProvider _clock;
    private readonly List<float[]?> _vectors = [];
    private readonly List<(int Index, Digest Image, byte[] Bytes)> _missing = [];
    private long _bytes;

    private ImageVectorCache(RecordCache cache, IEmbedder embedder, Action committed, TimeProvider clock) => (_cache, _embedder, _committed, _clock) = (cache, embedder, committed, clock);

    /// <summary>Images taken so far.</summary>
    public int Count => _vectors.Count;

    /// <summary>Vectors that no cache had.</summary>
    public long Made { get; private set; }

    /// <summary>Where the vectors of one embedder are kept, under <c>cache/embeddings/</c>.</summary>
    public static Digest Space(IEmbedder embedder) => Digest.OfText($"{embedder.Model.Hex}\n{embedder.Transform}\nimage-file-1");

    /// <summary>Opens the cache of one embedder; <paramref name="committed"/> is called whenever vectors were kept, and may throw.</summary>
    public static async Task<ImageVectorCache> OpenAsync(IBlobStore blobs, NearShards? near, IEmbedder embedder, Action committed, TimeProvider clock, CancellationToken ct) =>
        new(await RecordCache.OpenAsync(blobs, "embeddings", Space(embedder), clock, ct, near).ConfigureAwait(false), embedder, committed, clock);

    /// <summary>Takes the next image; its vector is found, or made with those of the images that follow.</summary>
    /// <param name="image">Digest of the file.</param>
    /// <param name="read">Gives its bytes, verified, where they are needed.</param>
    /// <param name="ct">Stops it.</param>
    public async Task TakeAsync(Digest image, Func<Task<byte[]>> read, CancellationToken ct)
    {
        if (await _cache.TryGetAsync(image, ct).ConfigureAwait(false) is { } known && known.Length == _embedder.Width * sizeof(float))
        {
            _vectors.Add(MemoryMarshal.Cast<byte, float>(known.Span).ToArray());
            return;
        }
        var bytes = await read().ConfigureAwait(false);
        _missing.Add((_vectors.Count, image, bytes));
        _vectors.Add(null);
        _bytes += bytes.LongLength;
        if (_missing.Count >= Batch || _bytes >= BatchBytes)
            await EmbedAsync(ct).ConfigureAwait(false);
    }

    /// <summary>One vector per image taken, in order.</summary>
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
        var made = _embedder.EmbedImages(_missing.Count, i => ImageDecoder.Decode(_missing[i].Bytes, ct: ct).Image, ct);
        IngestTelemetry.Embedded(made.Count, _clock.GetElapsedTime(began));
        for (var i = 0; i < made.Count; i++)
            _vectors[_missing[i].Index] = made[i];
        await _cache.AppendAsync([.. _missing.Select((m, i) => new CacheEntry(m.Image, MemoryMarshal.AsBytes<float>(made[i]).ToArray()))], ct).ConfigureAwait(false);
        DurableSteps.Passed("ingest.embeddings_written");
        Made += made.Count;
        _missing.Clear();
        _bytes = 0;
        _committed();
    }
}
