using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Ids;

namespace Temper.Core.Work;

/// <summary>Asks for one row of work.</summary>
/// <param name="Worker">Who asks: host, process and role, for people.</param>
/// <param name="Kinds">Kinds that it can do.</param>
/// <param name="LeaseSeconds">1 to 3600: how long the lease holds without a heartbeat.</param>
/// <param name="WaitSeconds">0 to 30: how long the call may wait for work to come.</param>
/// <param name="Id">Only this row, where a doorbell named one.</param>
public sealed record ClaimRequest(string Worker, IReadOnlyList<WorkKind> Kinds, int LeaseSeconds, int WaitSeconds, WorkId? Id = null)
{
    /// <summary>Memory that the worker has to give, bytes: rows that are known to need more are left to others. Null: it does not say.</summary>
    public long? FreeMemory { get; init; }
}

/// <summary>A leased row. Everything said about it afterwards carries the fence; a higher fence elsewhere makes this one void.</summary>
/// <param name="Id">The row.</param>
/// <param name="Kind">What it asks for.</param>
/// <param name="Fence">Grows with every claim of this row.</param>
/// <param name="Attempt">1 and up.</param>
/// <param name="LeaseSeconds">What was granted.</param>
/// <param name="Payload"><see cref="IngestPayload"/> or <see cref="TrainPayload"/>.</param>
/// <param name="Traceparent">W3C trace context of the request that began it all.</param>
public sealed record WorkClaim(WorkId Id, WorkKind Kind, long Fence, int Attempt, int LeaseSeconds, JsonElement Payload, string? Traceparent)
{
    /// <summary>Memory that the row is known to need, bytes; 0 where nobody knows.</summary>
    public long Memory { get; init; }

    /// <summary>Optimizer step behind which a job saves a checkpoint and finishes as paused; null: none.</summary>
    public int? PauseAt { get; init; }

    /// <summary>Attempts so far that did not do what they were to; pauses are none. Null: the registry does not say.</summary>
    public int? Setbacks { get; init; }
}

/// <summary>Keeps a lease and tells how far the work is.</summary>
/// <param name="Fence">Of the claim.</param>
/// <param name="Progress">0 to 1, never falling; exactly 1 is set by finishing alone.</param>
/// <param name="Phase">Short word for people: validate, seal, train, publish.</param>
public sealed record Heartbeat(long Fence, double Progress, string Phase);

/// <summary>Answer to a heartbeat.</summary>
/// <param name="CancelRequested">Stop at the next safe point and finish as cancelled.</param>
/// <param name="PauseRequested">Save a checkpoint at the next safe point and finish as paused.</param>
public sealed record HeartbeatReply(bool CancelRequested, bool PauseRequested = false);

/// <summary>Numbers of one optimizer step; sent again after a resume they are the same bits, and the registry keeps one copy.</summary>
/// <param name="Step">1 and up.</param>
/// <param name="Values">loss, learning_rate, grad_norm, tokens_per_second, supervised_tokens, eval_loss…; of the last step of a report also elapsed_seconds (in
/// training, of all attempts) and memory_bytes (of the job's process).</param>
public sealed record StepMetrics(int Step, SortedDictionary<string, double> Values);

/// <summary>A line of a job's log.</summary>
/// <param name="Level">info, warn or error.</param>
/// <param name="Text">One sentence.</param>
public sealed record WorkMessage(string Level, string Text)
{
    /// <summary>Optimizer step whose numbers the line tells; null: it tells of something else.</summary>
    public int? Step { get; init; }

    /// <summary>Something that stands out on the curves of the job; null: nothing does.</summary>
    public StepMark? Mark { get; init; }
}

/// <summary>Something that a chart of a job shows beside its curves.</summary>
/// <param name="Kind">spike, rollback, dropped, checkpoint.</param>
/// <param name="Step">Where, 1 and up.</param>
/// <param name="Value">Loss of the step, where it is a number.</param>
/// <param name="Score">Of a spike: by how many deviations it stands out.</param>
/// <param name="Target">Of a rollback: the step whose checkpoint the run went back to.</param>
/// <param name="Records">Those of the batch, or those to blame; the first few.</param>
public sealed record StepMark(string Kind, int Step, double? Value = null, double? Score = null, int? Target = null, IReadOnlyList<MarkedRecord>? Records = null);

/// <summary>A record, and where it came from.</summary>
/// <param name="Record">Its identity.</param>
/// <param name="File">As it was uploaded; null when nobody knows.</param>
/// <param name="Line">1 and up; null when nobody knows.</param>
public sealed record MarkedRecord(Digest Record, string? File, long? Line);

/// <summary>What a running job reports between heartbeats.</summary>
/// <param name="Fence">Of the claim.</param>
/// <param name="Step">Steps done.</param>
/// <param name="TotalSteps">Steps planned.</param>
/// <param name="Metrics">New points, oldest first.</param>
/// <param name="Messages">New lines, oldest first.</param>
public sealed record WorkReport(long Fence, int Step, int TotalSteps, IReadOnlyList<StepMetrics> Metrics, IReadOnlyList<WorkMessage> Messages);

/// <summary>Ends a row, hands it back (state queued) for another worker, or sets it aside (state paused).</summary>
/// <param name="Fence">Of the claim.</param>
/// <param name="State">Completed, failed, cancelled; queued hands the row back at once, paused does what was asked for.</param>
/// <param name="Result"><see cref="IngestResult"/> or <see cref="TrainResult"/> when completed.</param>
/// <param name="Errors">Why it failed.</param>
public sealed record WorkFinish(long Fence, WorkState State, JsonElement? Result, IReadOnlyList<Problem>? Errors)
{
    /// <summary>Of a job that completed or paused: the step it has reached, with the last value of everything measured up to there. Null: it does not say.</summary>
    public StepMetrics? Reached { get; init; }
}

/// <summary>What finishing led to. Asking again with the same fence gives the same answer.</summary>
/// <param name="State">State of the row now.</param>
/// <param name="Name">Dataset or model that came of it.</param>
/// <param name="Version">Its version number.</param>
/// <param name="Commit">Its commit.</param>
public sealed record WorkOutcome(WorkState State, ResourceName? Name, int? Version, Digest? Commit);
