using System.Runtime.InteropServices;
using System.Text;
using Temper.Core.Blobs;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Storage.Cache;

namespace Temper.Ingest;

/// <summary>
/// Vectors of records, each made once: kept by the digest of the record's content under the model's digest and the transform, and shared by all datasets
/// and by searches. Take records in any order, then <see cref="EndAsync"/>.
/// </summary>
internal sealed class RecordVectors
{
    private const int Batch = 256;

    /// <summary>What is embedded: the record's texts in lower case without punctuation, so that spelling does not hide likeness.</summary>
    private const string Preprocess = "normal-text-1";

    private readonly RecordCache _cache;
    private readonly IEmbedder _embedder;
    private readonly Action _committed;
    private readonly TimeProvider _clock;
    private readonly List<float[]?> _vectors = [];
    private readonly List<(int Index, Digest Record, string Text)> _missing = [];

    private RecordVectors(RecordCache cache, IEmbedder embedder, Action committed, TimeProvider clock) => (_cache, _embedder, _committed, _clock) = (cache, embedder, committed, clock);

    /// <summary>Records taken so far.</summary>
    public int Count => _vectors.Count;

    /// <summary>Vectors that no cache had.</summary>
    public long Made { get; private set; }

    /// <summary>Where the vectors of one embedder are kept, under <c>cache/embeddings/</c>.</summary>
    public static Digest Space(IEmbedder embedder) => Digest.OfText($"{embedder.Model.Hex}\n{embedder.Transform}\n{Preprocess}");

    /// <summary>Opens the cache of one embedder; <paramref name="committed"/> is called whenever vectors were kept, and may throw.</summary>
    public static async Task<RecordVectors> OpenAsync(IBlobStore blobs, NearShards? near, IEmbedder embedder, Action committed, TimeProvider clock, CancellationToken ct) =>
        new(await RecordCache.OpenAsync(blobs, "embeddings", Space(embedder), clock, ct, near).ConfigureAwait(false), embedder, committed, clock);

    /// <summary>Text of a query, spelt as records are.</summary>
    public static string Normal(string text)
    {
        var joined = new StringBuilder();
        Append(joined, text);
        return joined.ToString();
    }

    /// <summary>Text of a record: what is asked, then what is answered.</summary>
    public static string TextOf(RecordText text)
    {
        var joined = new StringBuilder();
        foreach (var part in text.Asked.Concat(text.Answered))
            Append(joined, part);
        return joined.ToString();
    }

    /// <summary>Takes the next record; its vector is found, or made with those of the records that follow.</summary>
    public async Task TakeAsync(Digest record, string text, CancellationToken ct)
    {
        if (await _cache.TryGetAsync(record, ct).ConfigureAwait(false) is { } bytes && bytes.Length == _embedder.Width * sizeof(float))
        {
            _vectors.Add(MemoryMarshal.Cast<byte, float>(bytes.Span).ToArray());
            return;
        }
        _missing.Add((_vectors.Count, record, text));
        _vectors.Add(null);
        if (_missing.Count >= Batch)
            await EmbedAsync(ct).ConfigureAwait(false);
    }

    /// <summary>One vector per record taken, in order.</summary>
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
        var made = _embedder.Embed([.. _missing.Select(m => m.Text)], ct);
        IngestTelemetry.Embedded(made.Count, _clock.GetElapsedTime(began));
        for (var i = 0; i < made.Count; i++)
            _vectors[_missing[i].Index] = made[i];
        await _cache.AppendAsync([.. _missing.Select((m, i) => new CacheEntry(m.Record, MemoryMarshal.AsBytes<float>(made[i]).ToArray()))], ct).ConfigureAwait(false);
        DurableSteps.Passed("ingest.embeddings_written");
        Made += made.Count;
        _missing.Clear();
        _committed();
    }

    private static void Append(StringBuilder joined, string text)
    {
        foreach (var rune in Shingles.Normal(text))
            joined.Append(new Rune(rune));
        joined.Append('\n');
    }
}
