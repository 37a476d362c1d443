using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Schema;

namespace Temper.Registry.Work;

/// <summary>A row of the work table.</summary>
internal sealed record WorkRow
{
    private const int MostTries = 20;
    private const int MostText = 1000;

    public const string Columns = """
        id, kind, name, payload, state, attempt, handbacks, fence, worker, lease_ms, lease_until_ms, cancel_requested, phase, progress, step, total_steps,
        report_digest, finish_fence, finish_digest, outcome, errors, traceparent, created_ms, started_ms, ended_ms,
        priority, pause_requested, memory, waits, offered, waits_for, beat_ms, step_ms, step_at_ms, finish_ms, tries, pause_at, reached, reached_step
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
    public long Priority { get; init; }
    public long PauseRequested { get; init; }
    public long Memory { get; init; }
    public string? Waits { get; init; }
    public long? Offered { get; init; }
    public string? WaitsFor { get; init; }
    public long? BeatMs { get; init; }
    public double? StepMs { get; init; }
    public long? StepAtMs { get; init; }
    public long? FinishMs { get; init; }
    public string? Tries { get; init; }
    public long? PauseAt { get; init; }
    public string? Reached { get; init; }
    public long? ReachedStep { get; init; }

    /// <summary>Attempts that did not bring it to its end, as far as they are kept.</summary>
    public int Setbacks => Column.Read<List<JobTry>>(Tries)?.Count ?? 0;

    /// <summary>The tries with one more, as the column holds them.</summary>
    public string? TriesWith(Problem why, long now)
    {
        var text = why.Message.Length <= MostText ? why.Message : why.Message[..MostText] + "…";
        var all = (Column.Read<List<JobTry>>(Tries) ?? []).Append(new JobTry((int)Attempt, now, Worker, why.Code, text));
        return Column.Json(all.TakeLast(MostTries).ToList());
    }

    public bool Ended => State is WorkState.Completed or WorkState.Failed or WorkState.Cancelled;

    /// <summary>Whether it has paused by itself at the step where it was to.</summary>
    public bool Held => State == WorkState.Paused && ReachedStep >= PauseAt;

    public JobInfo ToInfo() => new(Id, Kind, State, CancelRequested != 0, Phase, Progress, (int)Step, (int)TotalSteps, (int)Attempt, Worker,
        Column.Element(Payload)!.Value, Column.Read<WorkOutcome>(Outcome), Column.Read<List<Problem>>(Errors) ?? [], CreatedMs, StartedMs, EndedMs)
    {
        Priority = (int)Priority,
        PauseRequested = PauseRequested != 0,
        Memory = Memory,
        Waits = State == WorkState.Queued ? Waits : null,
        HeartbeatMs = BeatMs,
        EstimatedFinishMs = State == WorkState.Running ? FinishMs : null,
        Tries = Column.Read<List<JobTry>>(Tries) ?? [],
        PauseAt = (int?)PauseAt,
    };

    /// <summary>What a row tells in events: with the first and last step and line of a report, which streams then send along.</summary>
    public object Told(string? reason = null, long[]? points = null, long[]? lines = null) => new
    {
        Id,
        Kind,
        State,
        Name,
        Attempt,
        Phase,
        Progress,
        Step,
        TotalSteps,
        Reason = reason,
        Points = points,
        Lines = lines,
    };
}
