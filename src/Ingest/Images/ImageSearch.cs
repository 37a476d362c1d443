using System.Text;
using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Work;
using Temper.Models;

namespace Temper.Ingest;

/// <summary>
/// Searches a sealed version of images by an image: the records whose images' vectors are nearest to the query's, by exact cosine. Vectors that ingestion or an
/// earlier search made are found in the record cache; the others are made and kept. Every byte of the version is verified while it is read.
/// </summary>
public sealed class ImageSearch
{
    private readonly IEmbedder _embedder;
    private readonly VectorIndex _index;
    private readonly List<CanonicalRecord> _records = [];

    private ImageSearch(IEmbedder embedder) => (_embedder, _index) = (embedder, new VectorIndex(embedder.Width));

    /// <summary>Records that can be found.</summary>
    public int Count => _records.Count;

    /// <summary>Vectors that had to be made.</summary>
    public long Made { get; private set; }

    /// <summary>Where vectors of <paramref name="embedder"/> are kept, under <c>cache/embeddings/</c>.</summary>
    public static Digest Space(IEmbedder embedder) => ImageVectorCache.Space(embedder);

    /// <summary>Reads a version and finds or makes its vectors.</summary>
    /// <param name="blobs">Holds the version's files and the record cache.</param>
    /// <param name="pin">The version.</param>
    /// <param name="embedder">Reads images; used as long as the search is.</param>
    /// <param name="progress">Told records done, and all.</param>
    /// <param name="clock">Time.</param>
    /// <param name="ct">Stops it; vectors made so far are kept.</param>
    /// <exception cref="TemperException">Code <c>dataset_corrupt</c>; <c>CFG_UNSUPPORTED</c> where the version has no images, or the model reads texts.</exception>
    public static async Task<ImageSearch> OpenAsync(IBlobStore blobs, DatasetPin pin, IEmbedder embedder, Action<long, long> progress, TimeProvider clock, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(pin);
        ArgumentNullException.ThrowIfNull(embedder);
        ArgumentNullException.ThrowIfNull(progress);
        var bytes = await ReadAsync(blobs, pin, DatasetManifest.FileName, pin.Manifest, ct).ConfigureAwait(false);
        var manifest = JsonSerializer.Deserialize<DatasetManifest>(bytes, Wire.Json) ?? throw Corrupt(pin, DatasetManifest.FileName, "is null");
        if (manifest.Images is null)
            throw new TemperException("CFG_UNSUPPORTED", $"{pin.Name}:{pin.Version} holds no images.", "Search it with words.");
        if (!embedder.ReadsImages)
            throw new TemperException("CFG_UNSUPPORTED", "The model reads texts, not images.", "Name a ViT with --model.");
        var search = new ImageSearch(embedder);
        var vectors = await ImageVectorCache.OpenAsync(blobs, null, embedder, () => { }, clock, ct).ConfigureAwait(false);
        var images = await SealedImages.OpenAsync(blobs, manifest, ct).ConfigureAwait(false);
        foreach (var shard in manifest.Shards)
        {
            using var lines = new MemoryStream(await ReadAsync(blobs, pin, shard.Path, shard.Sha256, ct).ConfigureAwait(false));
            await foreach (var record in JsonSerializer.DeserializeAsyncEnumerable<CanonicalRecord>(lines, topLevelValues: true, Wire.Json, ct).ConfigureAwait(false))
            {
                var image = record?.Image?.Sha256 ?? throw Corrupt(pin, shard.Path, "holds a record without an image");
                search._records.Add(record);
                await vectors.TakeAsync(image, () => images.ReadAsync(image, ct), ct).ConfigureAwait(false);
                progress(search._records.Count, manifest.Ledger.Accepted);
            }
        }
        foreach (var vector in await vectors.EndAsync(ct).ConfigureAwait(false))
            search._index.Add(vector);
        search.Made = vectors.Made;
        return search;
    }

    /// <summary>The records nearest to an image, best first.</summary>
    /// <param name="query">Upright.</param>
    /// <param name="count">How many, 1 and up.</param>
    /// <param name="ct">Stops it.</param>
    public IReadOnlyList<SearchHit> Find(RgbImage query, int count, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        var vector = _embedder.EmbedImages(1, _ => query, ct)[0];
        return [.. _index.Nearest(vector, count, ct).Select(near => Hit(near.Cosine, _records[near.Index]))];
    }

    private static SearchHit Hit(double cosine, CanonicalRecord record) =>
        new(cosine, record.RecId, record.Source, Excerpts.Of(Encoding.UTF8.GetBytes(string.Join(" | ", record.Captions ?? []))));

    private static async Task<byte[]> ReadAsync(IBlobStore blobs, DatasetPin pin, string file, Digest digest, CancellationToken ct)
    {
        await using var stream = await blobs.OpenAsync(BlobLayout.Dataset(pin.Name, pin.VersionKey, file), 0, null, null, ct).ConfigureAwait(false);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, ct).ConfigureAwait(false);
        return Digest.Of(bytes.ToArray()) == digest ? bytes.ToArray() : throw Corrupt(pin, file, $"is not the file of digest {digest.Short}");
    }

    private static TemperException Corrupt(DatasetPin pin, string path, string what) => new("dataset_corrupt", $"{path} of {pin.Name}:{pin.Version} {what}.");
}
