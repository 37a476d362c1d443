using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Models;
using Temper.Storage.Cache;

namespace Temper.Ingest;

/// <summary>Embeds the images of an upload that validation accepted, each once.</summary>
internal sealed class ImageVectors(IBlobStore blobs, NearShards? near, IngestPlan plan, ValidatedUpload upload, IEmbedder embedder, WorkTurn turn, TimeProvider clock)
{
    /// <summary>Files of images by their digest, whatever the captions say; a batch is small, because decoded images are large.</summary>
    public static readonly Embeddable<byte[]> Kind = new("image-file-1", 64, 64L << 20, bytes => bytes.LongLength,
        (embedder, files, ct) => embedder.EmbedImages(files.Count, i => ImageDecoder.Decode(files[i], ct: ct).Image, ct));

    /// <summary>Finds or makes a vector for every accepted image; how many were made, and all.</summary>
    /// <exception cref="TemperException">Code CFG_UNSUPPORTED where the model reads texts.</exception>
    public async Task<(long Made, IReadOnlyList<float[]> Vectors)> RunAsync(Action<double> progress, CancellationToken ct)
    {
        if (!embedder.ReadsImages)
            throw new TemperException([new Problem("CFG_UNSUPPORTED", $"embedding.model names '{plan.Config.EmbeddingModel}', which reads texts; the dataset holds images.") { Path = "/embedding/model", Hint = "Name a ViT, or leave the key out." }]);
        var vectors = await KeptVectors<byte[]>.OpenAsync(Kind, blobs, near, embedder, turn.Committed, clock, ct).ConfigureAwait(false);
        var (waiting, seen) = (new List<SourceFile>(), new HashSet<Digest>());
        await upload.ReadSoundAsync((file, _) =>
        {
            if (seen.Add(plan.Files[file].Sha256))
                waiting.Add(plan.Files[file]);
        }, async () =>
        {
            foreach (var file in waiting)
                await vectors.TakeAsync(file.Sha256, () => ReadAsync(file, ct), ct).ConfigureAwait(false);
            waiting.Clear();
            progress((double)vectors.Count / Math.Max(1, plan.Files.Count));
        }, ct).ConfigureAwait(false);
        var all = await vectors.EndAsync(ct).ConfigureAwait(false);
        return (vectors.Made, all);
    }

    private async Task<byte[]> ReadAsync(SourceFile file, CancellationToken ct)
    {
        await using var stream = await blobs.OpenAsync(BlobKey.Parse(file.Upload.Key), 0, file.Size, null, ct).ConfigureAwait(false);
        var bytes = new byte[file.Size];
        return await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, ct).ConfigureAwait(false) == bytes.Length && Digest.Of(bytes) == file.Sha256 ? bytes
            : throw new TemperException([new Problem("SRC_CHANGED", $"'{file.Path}' changed while it was ingested.") { File = file.Path }]);
    }
}
