using System.Security.Cryptography;
using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>A record that a search found.</summary>
/// <param name="Cosine">How alike, -1 to 1.</param>
/// <param name="Record">Its id.</param>
/// <param name="Source">Where it was read.</param>
/// <param name="Excerpt">Its begin, secrets taken out.</param>
public sealed record SearchHit(double Cosine, Digest Record, RecordSource Source, string Excerpt);

/// <summary>
/// Searches a sealed version by meaning: the records whose vectors are nearest to the query's, by exact cosine. Vectors that ingestion or an earlier search
/// made are found in the record cache; the others are made and kept. Every byte of the version is verified while it is read.
/// </summary>
public sealed class DatasetSearch
{
    private const int LongestBody = 0x7000_0000;
    private readonly IBlobStore _blobs;
    private readonly DatasetPin _pin;
    private readonly IEmbedder _embedder;
    private readonly VectorIndex _index;
    private readonly List<Place> _places = [];
    private readonly RecordText _text = new();

    private DatasetSearch(IBlobStore blobs, DatasetPin pin, IEmbedder embedder) => (_blobs, _pin, _embedder, _index) = (blobs, pin, embedder, new VectorIndex(embedder.Width));

    private readonly record struct Place(string Shard, long Offset, int Length);

    /// <summary>Records that can be found.</summary>
    public int Count => _index.Count;

    /// <summary>Vectors that had to be made.</summary>
    public long Made { get; private set; }

    /// <summary>Where vectors of <paramref name="embedder"/> are kept, under <c>cache/embeddings/</c>.</summary>
    public static Digest Space(IEmbedder embedder) => RecordVectors.Space(embedder);

    /// <summary>Reads a version and finds or makes its vectors.</summary>
    /// <param name="blobs">Holds the version's files and the record cache.</param>
    /// <param name="pin">The version.</param>
    /// <param name="embedder">Makes vectors; used as long as the search is.</param>
    /// <param name="progress">Told records done, and all.</param>
    /// <param name="clock">Time.</param>
    /// <param name="ct">Stops it; vectors made so far are kept.</param>
    /// <exception cref="TemperException">Code <c>dataset_corrupt</c>.</exception>
    public static async Task<DatasetSearch> OpenAsync(IBlobStore blobs, DatasetPin pin, IEmbedder embedder, Action<long, long> progress, TimeProvider clock, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(pin);
        ArgumentNullException.ThrowIfNull(progress);
        var search = new DatasetSearch(blobs, pin, embedder);
        var manifest = await search.ManifestAsync(ct).ConfigureAwait(false);
        var vectors = await RecordVectors.OpenAsync(blobs, null, embedder, () => { }, clock, ct).ConfigureAwait(false);
        foreach (var shard in manifest.Shards.Concat(manifest.Eval?.Shards ?? []))
            await search.ReadAsync(shard, vectors, done => progress(done, manifest.Ledger.Accepted), ct).ConfigureAwait(false);
        foreach (var vector in await vectors.EndAsync(ct).ConfigureAwait(false))
            search._index.Add(vector);
        search.Made = vectors.Made;
        return search._index.Count == manifest.Ledger.Accepted ? search
            : throw search.Corrupt(DatasetManifest.FileName, $"counts {manifest.Ledger.Accepted} records, but its files hold {search._index.Count}");
    }

    /// <summary>The records nearest to a query, best first.</summary>
    /// <param name="query">Text.</param>
    /// <param name="count">How many, 1 and up.</param>
    /// <param name="ct">Stops it.</param>
    public async Task<IReadOnlyList<SearchHit>> FindAsync(string query, int count, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        var vector = _embedder.Embed([RecordVectors.Normal(query)], ct)[0];
        var hits = new List<SearchHit>();
        foreach (var near in _index.Nearest(vector, count, ct))
            hits.Add(await HitAsync(near, ct).ConfigureAwait(false));
        return hits;
    }

    private async Task<SearchHit> HitAsync(VectorHit near, CancellationToken ct)
    {
        var place = _places[near.Index];
        var body = new byte[place.Length];
        await using (var stream = await _blobs.OpenAsync(Key(place.Shard), place.Offset, place.Length, null, ct).ConfigureAwait(false))
            await stream.ReadExactlyAsync(body, ct).ConfigureAwait(false);
        var record = JsonSerializer.Deserialize<CanonicalRecord>(body, Wire.Json) ?? throw Corrupt(place.Shard, "holds null");
        _text.Read(body);
        var shown = string.Join(" | ", _text.Asked.Concat(_text.Answered));
        return new(near.Cosine, record.RecId, record.Source, Excerpts.Of(System.Text.Encoding.UTF8.GetBytes(shown)));
    }

    private async Task<DatasetManifest> ManifestAsync(CancellationToken ct)
    {
        using var bytes = new MemoryStream();
        await using (var stream = await _blobs.OpenAsync(Key(DatasetManifest.FileName), 0, null, null, ct).ConfigureAwait(false))
            await stream.CopyToAsync(bytes, ct).ConfigureAwait(false);
        if (Digest.Of(bytes.ToArray()) is var found && found != _pin.Manifest)
            throw Corrupt(DatasetManifest.FileName, $"has digest {found.Short}, expected {_pin.Manifest.Short}");
        return JsonSerializer.Deserialize<DatasetManifest>(bytes.ToArray(), Wire.Json) ?? throw Corrupt(DatasetManifest.FileName, "is null");
    }

    private async Task ReadAsync(FileEntry shard, RecordVectors vectors, Action<long> progress, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var stream = await _blobs.OpenAsync(Key(shard.Path), 0, null, null, ct).ConfigureAwait(false);
        var lines = new LineReader(stream, LongestBody, 0, 0);
        var waiting = new List<(Digest, string)>();
        do
        {
            while (lines.TryRead(out var line))
            {
                hash.AppendData(line.Bytes);
                hash.AppendData("\n"u8);
                _text.Read(line.Bytes);
                waiting.Add((Digest.Parse(RecordHead.FullId(line.Bytes)), RecordVectors.TextOf(_text)));
                _places.Add(new(shard.Path, line.Offset, line.Bytes.Length));
            }
            foreach (var (record, text) in waiting)
                await vectors.TakeAsync(record, text, ct).ConfigureAwait(false);
            waiting.Clear();
            progress(vectors.Count);
        } while (await lines.FillAsync(ct).ConfigureAwait(false));
        if (Digest.FromHash(hash.GetHashAndReset()) != shard.Sha256)
            throw Corrupt(shard.Path, $"is not the file of digest {shard.Sha256.Short} that the manifest names");
    }

    private BlobKey Key(string file) => BlobLayout.Dataset(_pin.Name, _pin.VersionKey, file);

    private TemperException Corrupt(string path, string what) => new("dataset_corrupt", $"{path} of {_pin.Name}:{_pin.Version} {what}.");
}
