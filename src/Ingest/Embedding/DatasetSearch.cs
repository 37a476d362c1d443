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
    private readonly SealedRecords _sealed;
    private readonly IEmbedder _embedder;
    private readonly VectorIndex _index;
    private readonly List<Place> _places = [];
    private readonly RecordText _text = new();

    private UserRules? _rules;

    private DatasetSearch(SealedRecords records, IEmbedder embedder) => (_sealed, _embedder, _index) = (records, embedder, new VectorIndex(embedder.Width));

    private readonly record struct Place(string Shard, long Offset, int Length);

    /// <summary>Records that can be found.</summary>
    public int Count => _index.Count;

    /// <summary>Vectors that had to be made.</summary>
    public long Made { get; private set; }

    /// <summary>Where vectors of <paramref name="embedder"/> are kept, under <c>cache/embeddings/</c>.</summary>
    public static Digest Space(IEmbedder embedder) => RecordVectors.Kind.Space(embedder);

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
        var search = new DatasetSearch(new SealedRecords(blobs, pin), embedder);
        var manifest = await search._sealed.ManifestAsync(ct).ConfigureAwait(false);
        var all = manifest.Ledger.Accepted;
        search._rules = UserRules.Of(manifest);
        var vectors = await KeptVectors<string>.OpenAsync(RecordVectors.Kind, blobs, null, embedder, () => { }, clock, ct).ConfigureAwait(false);
        var waiting = new List<(Digest Record, string Text)>();
        await search._sealed.ReadAsync((shard, offset, line) =>
        {
            search._text.Read(line);
            waiting.Add((Digest.Parse(RecordHead.FullId(line)), RecordVectors.TextOf(search._text)));
            search._places.Add(new(shard, offset, line.Length));
        }, async () =>
        {
            foreach (var (record, text) in waiting)
                await vectors.TakeAsync(record, () => Task.FromResult(text), ct).ConfigureAwait(false);
            waiting.Clear();
            progress(vectors.Count, all);
        }, ct).ConfigureAwait(false);
        foreach (var vector in await vectors.EndAsync(ct).ConfigureAwait(false))
            search._index.Add(vector);
        search.Made = vectors.Made;
        return search._index.Count == all ? search : throw search._sealed.Corrupt(DatasetManifest.FileName, $"counts {all} records, but its files hold {search._index.Count}");
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
        var body = await _sealed.RecordAsync(place.Shard, place.Offset, place.Length, ct).ConfigureAwait(false);
        var record = JsonSerializer.Deserialize<CanonicalRecord>(body, Wire.Json) ?? throw _sealed.Corrupt(place.Shard, "holds null");
        _text.Read(body);
        var shown = string.Join(" | ", _text.Asked.Concat(_text.Answered));
        return new(near.Cosine, record.RecId, record.Source, Excerpts.Of(System.Text.Encoding.UTF8.GetBytes(shown), rules: _rules));
    }
}
