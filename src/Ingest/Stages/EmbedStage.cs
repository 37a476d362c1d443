using System.Runtime.InteropServices;
using System.Text;
using Temper.Core.Blobs;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Storage.Cache;

namespace Temper.Ingest;

/// <summary>
/// Embeds records, each once: vectors are kept by the digest of the record's content under the model's digest and the transform, and shared by all datasets.
/// </summary>
internal sealed class EmbedStage(IBlobStore blobs, ValidatedUpload upload, IEmbedder embedder, WorkTurn turn, TimeProvider clock)
{
    private const int Batch = 256;

    /// <summary>What is embedded: the record's texts in lower case without punctuation, so that spelling does not hide likeness.</summary>
    private const string Preprocess = "normal-text-1";

    private readonly List<float[]?> _vectors = [];
    private readonly List<(int Index, Digest Record, string Text)> _missing = [];

    /// <summary>One vector per sound record that is not in <paramref name="without"/>, in order.</summary>
    public async Task<IReadOnlyList<float[]>> RunAsync(IReadOnlySet<long> without, Action<double> progress, CancellationToken ct)
    {
        var space = Digest.OfText($"{embedder.Model.Hex}\n{embedder.Transform}\n{Preprocess}");
        var cache = await RecordCache.OpenAsync(blobs, "embeddings", space, clock, ct).ConfigureAwait(false);
        var (text, ordinal, waiting) = (new RecordText(), 0L, new List<(Digest, string)>());
        await upload.ReadSoundAsync((_, body) =>
        {
            if (without.Contains(ordinal++))
                return;
            text.Read(body);
            waiting.Add((Digest.Parse(RecordHead.FullId(body)), Joined(text)));
        }, async () =>
        {
            foreach (var (record, joined) in waiting)
                await TakeAsync(cache, record, joined, ct).ConfigureAwait(false);
            waiting.Clear();
            progress(upload.Files.Sum(f => f.Accepted) is > 0 and var all ? (double)_vectors.Count / all : 1);
        }, ct).ConfigureAwait(false);
        await EmbedAsync(cache, ct).ConfigureAwait(false);
        return _vectors!;
    }

    private async Task TakeAsync(RecordCache cache, Digest record, string text, CancellationToken ct)
    {
        if (await cache.TryGetAsync(record, ct).ConfigureAwait(false) is { } bytes && bytes.Length == embedder.Width * sizeof(float))
        {
            _vectors.Add(MemoryMarshal.Cast<byte, float>(bytes.Span).ToArray());
            return;
        }
        _missing.Add((_vectors.Count, record, text));
        _vectors.Add(null);
        if (_missing.Count >= Batch)
            await EmbedAsync(cache, ct).ConfigureAwait(false);
    }

    private async Task EmbedAsync(RecordCache cache, CancellationToken ct)
    {
        if (_missing.Count == 0)
            return;
        var made = embedder.Embed([.. _missing.Select(m => m.Text)], ct);
        for (var i = 0; i < made.Count; i++)
            _vectors[_missing[i].Index] = made[i];
        await cache.AppendAsync([.. _missing.Select((m, i) => new CacheEntry(m.Record, MemoryMarshal.AsBytes<float>(made[i]).ToArray()))], ct).ConfigureAwait(false);
        DurableSteps.Passed("ingest.embeddings_written");
        _missing.Clear();
        turn.Committed();
    }

    private static string Joined(RecordText text)
    {
        var joined = new StringBuilder();
        foreach (var part in text.Asked.Concat(text.Answered))
        {
            foreach (var rune in Shingles.Normal(part))
                joined.Append(new Rune(rune));
            joined.Append('\n');
        }
        return joined.ToString();
    }
}
