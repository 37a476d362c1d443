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
    private UserRules? _rules;

    private ImageSearch(IEmbedder embedder) => (_embedder, _index) = (embedder, new VectorIndex(embedder.Width));

    /// <summary>Records that can be found.</summary>
    public int Count => _records.Count;

    /// <summary>Vectors that had to be made.</summary>
    public long Made { get; private set; }

    /// <summary>Where vectors of <paramref name="embedder"/> are kept, under <c>cache/embeddings/</c>.</summary>
    public static Digest Space(IEmbedder embedder) => ImageVectors.Kind.Space(embedder);

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
        var records = new SealedRecords(blobs, pin);
        var manifest = await records.ManifestAsync(ct).ConfigureAwait(false);
        if (manifest.Images is null)
            throw new TemperException("CFG_UNSUPPORTED", $"{pin.Name}:{pin.Version} holds no images.", "Search it with words.");
        if (!embedder.ReadsImages)
            throw new TemperException("CFG_UNSUPPORTED", "The model reads texts, not images.", "Name a ViT with --model.");
        var search = new ImageSearch(embedder) { _rules = UserRules.Of(manifest) };
        var vectors = await KeptVectors<byte[]>.OpenAsync(ImageVectors.Kind, blobs, null, embedder, () => { }, clock, ct).ConfigureAwait(false);
        var images = await SealedImages.OpenAsync(blobs, manifest, ct).ConfigureAwait(false);
        await records.ReadAsync((shard, _, line) =>
        {
            var record = JsonSerializer.Deserialize<CanonicalRecord>(line, Wire.Json);
            search._records.Add(record is { Image: not null } ? record : throw records.Corrupt(shard, "holds a record without an image"));
        }, async () =>
        {
            while (vectors.Count < search._records.Count)
            {
                var image = search._records[vectors.Count].Image!.Sha256;
                await vectors.TakeAsync(image, () => images.ReadAsync(image, ct), ct).ConfigureAwait(false);
                progress(vectors.Count, manifest.Ledger.Accepted);
            }
        }, ct).ConfigureAwait(false);
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

    private SearchHit Hit(double cosine, CanonicalRecord record) =>
        new(cosine, record.RecId, record.Source, Excerpts.Of(Encoding.UTF8.GetBytes(string.Join(" | ", record.Captions ?? [])), rules: _rules));
}
