using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Schema;

namespace Temper.Registry.Work;

/// <summary>A row of the work table.</summary>
internal sealed record WorkRow
{
    public const string Columns = """
        id, kind, name, payload, state, attempt, handbacks, fence, worker, lease_ms, lease_until_ms, cancel_requested, phase, progress, step, total_steps,
        report_digest, finish_fence, finish_digest, outcome, errors, traceparent, created_ms, started_ms, ended_ms
        """;

    public WorkId Id { get; init; }
    public WorkKind Kind { get; init; }
    public string Name { get; init; } = "";
    public string Payload { get; init; } = "";
    public WorkState State { get; init; }
    public long Attempt { get; init; }
    public long Handbacks { get; init; }
    public long Fence { get; init; }
    public string? Worker { get; init; }
    public long LeaseMs { get; init; }
    public long LeaseUntilMs { get; init; }
    public long CancelRequested { get; init; }
    public string Phase { get; init; } = "";
    public double Progress { get; init; }
    public long Step { get; init; }
    public long TotalSteps { get; init; }
    public string? ReportDigest { get; init; }
    public long? FinishFence { get; init; }
    public string? FinishDigest { get; init; }
    public string? Outcome { get; init; }
    public string? Errors { get; init; }
    public string? Traceparent { get; init; }
    public long CreatedMs { get; init; }
    public long? StartedMs { get; init; }
    public long? EndedMs { get; init; }

    public bool Ended => State is WorkState.Completed or WorkState.Failed or WorkState.Cancelled;

    /// <summary>How far the work is, 0 to 1: by its steps once they are planned, because heartbeats tell of one attempt and steps of all.</summary>
    private double Share => Kind == WorkKind.Train && TotalSteps > 0 && State != WorkState.Completed ? Math.Clamp((double)Step / TotalSteps, 0, 0.999) : Progress;

    public JobInfo ToInfo() => new(Id, Kind, State, CancelRequested != 0, Phase, Share, (int)Step, (int)TotalSteps, (int)Attempt, Worker,
        Column.Element(Payload)!.Value, Column.Read<WorkOutcome>(Outcome), Column.Read<List<Problem>>(Errors) ?? [], CreatedMs, StartedMs, EndedMs);

    /// <summary>What a running row tells in events.</summary>
    public object Told(string? reason = null) => new
    {
        Id,
        Kind,
        State,
        Name,
        Attempt,
        Phase,
        Progress = Share,
        Step,
        TotalSteps,
        Reason = reason,
    };
}
