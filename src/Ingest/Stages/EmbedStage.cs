using Temper.Core.Blobs;
using Temper.Core.Ids;
using Temper.Storage.Cache;

namespace Temper.Ingest;

/// <summary>Embeds the sound records of an upload.</summary>
internal sealed class EmbedStage(IBlobStore blobs, NearShards? near, ValidatedUpload upload, IEmbedder embedder, WorkTurn turn, TimeProvider clock)
{
    /// <summary>One vector per sound record that is not in <paramref name="without"/>, in order.</summary>
    public async Task<IReadOnlyList<float[]>> RunAsync(IReadOnlySet<long> without, Action<double> progress, CancellationToken ct)
    {
        var vectors = await KeptVectors<string>.OpenAsync(RecordVectors.Kind, blobs, near, embedder, turn.Committed, clock, ct).ConfigureAwait(false);
        var (text, ordinal, waiting) = (new RecordText(), 0L, new List<(Digest, string)>());
        await upload.ReadSoundAsync((_, body) =>
        {
            if (without.Contains(ordinal++))
                return;
            text.Read(body);
            waiting.Add((Digest.Parse(RecordHead.FullId(body)), RecordVectors.TextOf(text)));
        }, async () =>
        {
            foreach (var (record, joined) in waiting)
                await vectors.TakeAsync(record, () => Task.FromResult(joined), ct).ConfigureAwait(false);
            waiting.Clear();
            progress(upload.Files.Sum(f => f.Accepted) is > 0 and var all ? (double)vectors.Count / all : 1);
        }, ct).ConfigureAwait(false);
        return await vectors.EndAsync(ct).ConfigureAwait(false);
    }
}
