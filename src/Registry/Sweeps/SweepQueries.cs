using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Schema;
using Temper.Storage.Sql;

namespace Temper.Registry.Sweeps;

/// <summary>Reads sweeps and their tables. Safe from any thread.</summary>
public sealed class SweepQueries
{
    private const string Page = $"select {SweepRow.Columns} from sweeps where created_ms < @before or (created_ms = @before and id < @id) order by created_ms desc, id desc limit @more";
    private const string Ended = "select count(*) from sweep_trials t join work w on w.id = t.job_id where t.sweep_id = @id and w.state in ('completed', 'failed', 'cancelled')";

    private readonly Db _db;

    internal SweepQueries(Db db) => _db = db;

    /// <summary>Newest first, without trials.</summary>
    public async Task<Page<SweepInfo>> ListAsync(string? cursor, int limit, CancellationToken ct)
    {
        limit = Paging.Limit(limit);
        var (before, id) = cursor?.Split('.', 2) is [var number, var last] ? (Paging.Number(number, 0), last) : cursor is null ? (long.MaxValue, "") : throw Paging.Invalid(cursor);
        var rows = await _db.QueryAsync<SweepRow>(Page, new { before, id, more = limit + 1 }, ct);
        var ended = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var row in rows.Take(limit))
            ended[row.Id] = (int)await _db.ScalarAsync<long>(Ended, new { id = row.Id }, ct);
        return Paging.Of(rows, limit, row => row.ToInfo([], ended[row.Id], (int?)row.Best), row => $"{row.CreatedMs}.{row.Id}");
    }

    /// <summary>A sweep with its table, by id or by name; null when there is none.</summary>
    public Task<SweepInfo?> FindAsync(string id, CancellationToken ct) => FindAsync(id, null, ct);

    /// <summary>The same, only if it came of a request with that digest.</summary>
    internal Task<SweepInfo?> FindAsync(string id, string? digest, CancellationToken ct) => _db.ReadAsync(async (session, token) =>
    {
        var row = await SweepRow.FindAsync(session, id, token);
        return row is null || (digest ?? row.Digest) != row.Digest ? null : Describe(row, await TrialRow.ReadAsync(session, row, locked: false, token));
    }, ct);

    private static SweepInfo Describe(SweepRow sweep, List<Trial> trials)
    {
        var ranked = SweepDecision.Ranked(trials.Select(t => t.Facts), sweep.Direction).ToList();
        var ranks = ranked.Select((t, at) => (t.Index, Rank: at + 1)).ToDictionary(t => t.Index, t => t.Rank);
        var whole = sweep.RungSteps is [.., var most] ? most : 0;
        var rows = trials.Select(t => t.Row.ToInfo(t.Status, t.Value, ranks.TryGetValue((int)t.Row.Idx, out var rank) ? rank : null, whole)).ToList();
        var best = sweep.Ended ? (int?)sweep.Best : ranked.Count > 0 ? ranked[0].Index : null;
        return sweep.ToInfo(rows, trials.Count(t => t.Row.State is WorkState.Completed or WorkState.Failed or WorkState.Cancelled), best) with { Settings = Column.Element(sweep.Settings) };
    }
}
