using System.Runtime.InteropServices;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Models;
using Temper.Storage.Cache;

namespace Temper.Ingest;

/// <summary>
/// Embeds the images of an upload, each once: vectors are kept by the digest of the image file under the model's digest and the transform, and shared by all
/// datasets, whatever their captions say.
/// </summary>
internal sealed class ImageVectors(IBlobStore blobs, NearShards? near, IngestPlan plan, ValidatedUpload upload, IEmbedder embedder, WorkTurn turn, TimeProvider clock)
{
    private const int Batch = 64;
    private const long BatchBytes = 64L << 20;

    private readonly List<(Digest Image, byte[] Bytes)> _missing = [];
    private RecordCache _cache = null!;
    private long _taken, _bytes;

    /// <summary>Vectors that no cache had.</summary>
    public long Made { get; private set; }

    /// <summary>Where the vectors of one embedder are kept, under <c>cache/embeddings/</c>.</summary>
    public static Digest Space(IEmbedder embedder) => Digest.OfText($"{embedder.Model.Hex}\n{embedder.Transform}\nimage-file-1");

    /// <summary>Finds or makes a vector for every image that validation accepted.</summary>
    /// <exception cref="TemperException">Code CFG_UNSUPPORTED where the model reads texts.</exception>
    public async Task RunAsync(Action<double> progress, CancellationToken ct)
    {
        if (!embedder.ReadsImages)
            throw new TemperException([new Problem("CFG_UNSUPPORTED", $"embedding.model names '{plan.Config.EmbeddingModel}', which reads texts; the dataset holds images.") { Path = "/embedding/model", Hint = "Name a ViT, or leave the key out." }]);
        _cache = await RecordCache.OpenAsync(blobs, "embeddings", Space(embedder), clock, ct, near).ConfigureAwait(false);
        var (waiting, seen) = (new List<SourceFile>(), new HashSet<Digest>());
        await upload.ReadSoundAsync((file, _) =>
        {
            if (seen.Add(plan.Files[file].Sha256))
                waiting.Add(plan.Files[file]);
        }, async () =>
        {
            foreach (var file in waiting)
                await TakeAsync(file, ct).ConfigureAwait(false);
            waiting.Clear();
            progress((double)_taken / Math.Max(1, plan.Files.Count));
        }, ct).ConfigureAwait(false);
        await EmbedAsync(ct).ConfigureAwait(false);
    }

    private async Task TakeAsync(SourceFile file, CancellationToken ct)
    {
        _taken++;
        if (await _cache.TryGetAsync(file.Sha256, ct).ConfigureAwait(false) is { } known && known.Length == embedder.Width * sizeof(float))
            return;
        await using var stream = await blobs.OpenAsync(BlobKey.Parse(file.Upload.Key), 0, file.Size, null, ct).ConfigureAwait(false);
        var bytes = new byte[file.Size];
        if (await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, ct).ConfigureAwait(false) < bytes.Length || Digest.Of(bytes) != file.Sha256)
            throw new TemperException([new Problem("SRC_CHANGED", $"'{file.Path}' changed while it was ingested.") { File = file.Path }]);
        _missing.Add((file.Sha256, bytes));
        _bytes += bytes.LongLength;
        if (_missing.Count >= Batch || _bytes >= BatchBytes)
            await EmbedAsync(ct).ConfigureAwait(false);
    }

    private async Task EmbedAsync(CancellationToken ct)
    {
        if (_missing.Count == 0)
            return;
        var began = clock.GetTimestamp();
        var made = embedder.EmbedImages(_missing.Count, i => ImageDecoder.Decode(_missing[i].Bytes, ct: ct).Image, ct);
        IngestTelemetry.Embedded(made.Count, clock.GetElapsedTime(began));
        await _cache.AppendAsync([.. _missing.Select((m, i) => new CacheEntry(m.Image, MemoryMarshal.AsBytes<float>(made[i]).ToArray()))], ct).ConfigureAwait(false);
        DurableSteps.Passed("ingest.embeddings_written");
        Made += made.Count;
        _missing.Clear();
        _bytes = 0;
        turn.Committed();
    }
}
