using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Json;

namespace Temper.Ingest;

/// <summary>
/// The search for near-duplicates, cut into turns: where a turn ends, what was found since the last one is committed, and the next turn goes on behind it.
/// </summary>
internal sealed class NearStage(StageBlobs stage, WorkTurn turn)
{
    private int _steps, _pairs, _alike;

    /// <summary>Up to where an earlier turn came, and what it found since the one before.</summary>
    /// <param name="Next">The first record that was not taken.</param>
    /// <param name="Found">One JSON line per <see cref="FoundPair"/>; null when there is none.</param>
    internal sealed record NearStep(int Next, StageData? Found);

    /// <summary>A pair; of one that only an embedding calls alike, no similarity.</summary>
    internal sealed record FoundPair(int Record, int Of, double? Similarity);

    /// <summary>Runs the search to its end.</summary>
    /// <exception cref="TurnOverException">The turn is over; what it found is committed.</exception>
    public async Task RunAsync(NearDuplicates search, CancellationToken ct)
    {
        search.Begin(ct);
        while (await stage.FindAsync<NearStep>(Name(_steps), ct).ConfigureAwait(false) is { } step)
        {
            var found = await ReadAsync(step.Found, ct).ConfigureAwait(false);
            search.GoOn(step.Next, found.Where(p => p.Similarity is not null).Select(p => new NearPair(p.Record, p.Of, p.Similarity!.Value)),
                found.Where(p => p.Similarity is null).Select(p => (p.Record, p.Of)));
            (_steps, _pairs, _alike) = (_steps + 1, search.Pairs.Count, search.OnlyAlike.Count);
        }
        await search.RunAsync(async () =>
        {
            if (turn.Over)
                await CommitAsync(search, ct).ConfigureAwait(false);
        }, ct).ConfigureAwait(false);
    }

    private async Task CommitAsync(NearDuplicates search, CancellationToken ct)
    {
        var lines = new ByteBuffer(1 << 12);
        foreach (var found in search.Pairs.Skip(_pairs).Select(p => new FoundPair(p.Record, p.Of, p.Similarity)).Concat(search.OnlyAlike.Skip(_alike).Select(p => new FoundPair(p.Record, p.Of, null))))
        {
            lines.Add(JsonSerializer.SerializeToUtf8Bytes(found, Wire.Json));
            lines.Add((byte)'\n');
        }
        var data = lines.Length == 0 ? null : await stage.PutAsync("near", lines, ct).ConfigureAwait(false);
        await stage.CommitAsync(Name(_steps), new NearStep(search.Next, data), "ingest.near_committed", ct).ConfigureAwait(false);
        turn.Committed();
    }

    private async Task<List<FoundPair>> ReadAsync(StageData? found, CancellationToken ct)
    {
        if (found is null)
            return [];
        await using var stream = await stage.OpenAsync(found, ct).ConfigureAwait(false);
        return await JsonSerializer.DeserializeAsyncEnumerable<FoundPair>(stream, topLevelValues: true, Wire.Json, ct).Select(p => p!).ToListAsync(ct).ConfigureAwait(false);
    }

    private static string Name(int step) => FormattableString.Invariant($"near-{step:D6}.json");
}
