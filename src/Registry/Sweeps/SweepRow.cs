using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Registry.Schema;
using Temper.Storage.Sql;

namespace Temper.Registry.Sweeps;

/// <summary>A row of the sweeps.</summary>
internal sealed record SweepRow
{
    public const string Columns = "id, name, digest, method, metric, suite_digest, direction, trials, eta, rungs, rung, status, alias, settings, best, note, traceparent, created_ms, ended_ms";

    public const string Insert = """
        insert into sweeps (id, name, digest, method, metric, suite_digest, direction, trials, eta, rungs, rung, status, alias, settings, traceparent, created_ms)
        values (@id, @name, @digest, @method, @metric, @suiteDigest, @direction, @trials, @eta, @rungs, @rung, 'running', @alias, @settings, @traceparent, @now)
        on conflict (name) do nothing
        """;

    public string Id { get; init; } = "";
    public ResourceName Name { get; init; }
    public string Digest { get; init; } = "";
    public SweepMethod Method { get; init; }
    public string Metric { get; init; } = "";
    public string? SuiteDigest { get; init; }
    public SweepDirection Direction { get; init; }
    public long Trials { get; init; }
    public long? Eta { get; init; }
    public string? Rungs { get; init; }
    public long Rung { get; init; }
    public SweepStatus Status { get; init; }
    public string? Alias { get; init; }
    public string? Settings { get; init; }
    public long? Best { get; init; }
    public string? Note { get; init; }
    public string? Traceparent { get; init; }
    public long CreatedMs { get; init; }
    public long? EndedMs { get; init; }

    public bool Ended => Status is SweepStatus.Completed or SweepStatus.Failed or SweepStatus.Cancelled;

    /// <summary>Steps of the rungs; empty where every trial runs to its end.</summary>
    public IReadOnlyList<int> RungSteps => Column.Read<List<int>>(Rungs) ?? [];

    /// <summary>The last rung: who enters it trains to its end.</summary>
    public int LastRung => Math.Max(0, RungSteps.Count - 1);

    /// <summary>By id or by name; null when there is none.</summary>
    public static Task<SweepRow?> FindAsync(DbSession session, string id, CancellationToken ct) =>
        session.FindAsync<SweepRow>($"select {Columns} from sweeps where id = @id or name = @id", new { id }, ct);

    /// <summary>By id or by name, kept from changing until the transaction ends; null when there is none.</summary>
    public static Task<SweepRow?> LockAsync(DbSession session, string id, CancellationToken ct) =>
        session.FindAsync<SweepRow>($"select {Columns} from sweeps where id = @id or name = @id /*for update*/", new { id }, ct);

    /// <summary>What its row tells in events.</summary>
    public object Told() => new { Id, Name, Status, Rung, Best };

    public SweepInfo ToInfo(IReadOnlyList<SweepTrial> trials, int ended, int? best) => new(Id, Name, Method, Metric, Direction, Status, CreatedMs, trials, best)
    {
        TrialCount = (int)Trials,
        EndedCount = ended,
        Eta = (int?)Eta,
        Rungs = Rungs is null ? null : RungSteps,
        Rung = (int)Rung,
        Alias = Alias,
        Note = Note,
        EndedAt = EndedMs,
    };
}
