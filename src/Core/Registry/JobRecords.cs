using System.Text.Json;
using System.Text.Json.Serialization;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;

namespace Temper.Core.Registry;

/// <summary>Asks for a training job, or binds one to a dataset so that every new sealed version starts it.</summary>
/// <param name="Recipe">The recipe, as JSON. The registry keeps it as it is; the trainer checks it before the first step.</param>
/// <param name="Base">Reference of the model to train.</param>
/// <param name="Dataset">Reference of the dataset; of a binding, its name.</param>
/// <param name="Output">Model that gets the new version.</param>
/// <param name="Datasets">References of all datasets in the recipe's order, <paramref name="Dataset"/> among them, where the recipe names several; null: only that one.</param>
public sealed record JobRequest(JsonElement Recipe, string Base, string Dataset, ResourceName Output, IReadOnlyList<string>? Datasets = null)
{
    /// <summary>-100 to 100: higher first, then age.</summary>
    public int Priority { get; init; }

    /// <summary>Memory that the job will need, bytes, where the caller knows better than the registry; null: the registry's lower bound.</summary>
    public long? Memory { get; init; }
}

/// <summary>An attempt of a job that did not bring it to its end.</summary>
/// <param name="Attempt">1 and up.</param>
/// <param name="AtMs">When it ended, milliseconds since 1970, UTC.</param>
/// <param name="Worker">Who had it.</param>
/// <param name="Code">Why: <c>lease_expired</c>, <c>worker_gone</c>, <c>handed_back</c>, or the code of an error.</param>
/// <param name="Message">The same in a sentence.</param>
public sealed record JobTry(int Attempt, long AtMs, string? Worker, string Code, string Message);

/// <summary>A training job, or any other row of work, as people follow it.</summary>
/// <param name="Id">The row.</param>
/// <param name="Kind">Ingest or train.</param>
/// <param name="State">Where it stands.</param>
/// <param name="CancelRequested">Whether someone asked it to stop.</param>
/// <param name="Phase">Short word for people.</param>
/// <param name="Progress">0 to 1; exactly 1 only when completed.</param>
/// <param name="Step">Optimizer steps done.</param>
/// <param name="TotalSteps">Optimizer steps planned; 0 before the plan.</param>
/// <param name="Attempt">Claims so far.</param>
/// <param name="Worker">Who holds the lease.</param>
/// <param name="Payload">What was asked for.</param>
/// <param name="Outcome">What came of it.</param>
/// <param name="Errors">Why it failed.</param>
/// <param name="CreatedMs">Milliseconds since 1970, UTC.</param>
/// <param name="StartedMs">First claim.</param>
/// <param name="EndedMs">When it reached a final state.</param>
public sealed record JobInfo(WorkId Id, WorkKind Kind, WorkState State, bool CancelRequested, string Phase, double Progress, int Step, int TotalSteps,
    int Attempt, string? Worker, JsonElement Payload, WorkOutcome? Outcome, IReadOnlyList<Problem> Errors, long CreatedMs, long? StartedMs, long? EndedMs)
{
    /// <summary>-100 to 100: higher first, then age.</summary>
    public int Priority { get; init; }

    /// <summary>Whether someone asked a running job to pause.</summary>
    public bool PauseRequested { get; init; }

    /// <summary>Memory that it is known to need, bytes; 0 where nobody knows.</summary>
    public long Memory { get; init; }

    /// <summary>Why no worker has taken it although some looked; null where none did.</summary>
    public string? Waits { get; init; }

    /// <summary>Last word of the worker that holds it, milliseconds since 1970, UTC.</summary>
    public long? HeartbeatMs { get; init; }

    /// <summary>When a running job will end if it goes on as of late, milliseconds since 1970, UTC.</summary>
    public long? EstimatedFinishMs { get; init; }

    /// <summary>Attempts that did not bring it to its end, oldest first; the last 20.</summary>
    public IReadOnlyList<JobTry> Tries { get; init; } = [];

    /// <summary>Optimizer step behind which it pauses by itself; null: none.</summary>
    public int? PauseAt { get; init; }

    /// <summary>Phase of a job that its sweep ended because others were better; its state is cancelled.</summary>
    public const string StoppedPhase = "stopped";

    /// <summary>Whether it will never change again.</summary>
    [JsonIgnore]
    public bool Ended => State is WorkState.Completed or WorkState.Failed or WorkState.Cancelled;

    /// <summary>Its state in one word, with what was asked of it: cancelling, pausing, rejected, stopped (by its sweep).</summary>
    [JsonIgnore]
    public string Standing => Rejected ? "rejected" : State == WorkState.Cancelled && Phase == StoppedPhase ? "stopped" : State == WorkState.Running && CancelRequested ? "cancelling" : State == WorkState.Running && PauseRequested ? "pausing"
        : State.ToString().ToLowerInvariant();

    /// <summary>Whether it came to its end and found that its data cannot be used: the version that it made is a rejected one.</summary>
    [JsonIgnore]
    public bool Rejected => Kind == WorkKind.Ingest && State == WorkState.Completed && Outcome is { Version: not null, Commit: null };

    /// <summary>The dataset that is ingested, or the model that gets a version; null when the payload does not say.</summary>
    [JsonIgnore]
    public string? Subject => Payload.ValueKind == JsonValueKind.Object && Payload.TryGetProperty(Kind == WorkKind.Ingest ? "dataset" : "output", out var name)
        && name.ValueKind == JsonValueKind.String ? name.GetString() : null;
}

/// <summary>Something that happened to a job, with the numbers and lines that came with it: a message of <c>GET /api/v1/jobs/{id}/stream</c>.</summary>
/// <param name="Seq">Grows; a reader that was cut off asks for what comes after the last one it saw.</param>
/// <param name="Type"><c>work.state</c>, <c>work.progress</c>, <c>work.log</c>, <c>work.queued</c>, <c>work.waits</c>.</param>
/// <param name="AtMs">Milliseconds since 1970, UTC.</param>
/// <param name="Data">State, phase, progress, step.</param>
/// <param name="Metrics">Points, in order of steps.</param>
/// <param name="Log">Lines, in order.</param>
public sealed record JobNews(long Seq, string Type, long AtMs, JsonElement Data, IReadOnlyList<StepMetrics> Metrics, IReadOnlyList<JobLogLine> Log);

/// <summary>The curves of a job, thin enough to be drawn whatever its length.</summary>
/// <param name="Seq">Everything up to this event is in it: <c>stream?after=SEQ</c> goes on from here.</param>
/// <param name="Series">By name of the measure: pairs of step and value, in order of steps. Of a long job the lowest and the highest of each stretch of steps.</param>
/// <param name="Marks">Spikes, rollbacks and dropped updates, in the order in which they happened.</param>
public sealed record JobCurves(long Seq, SortedDictionary<string, IReadOnlyList<double[]>> Series, IReadOnlyList<StepMark> Marks);

/// <summary>Where a job stands among those that wait.</summary>
/// <param name="Priority">-100 to 100: higher first, then age.</param>
public sealed record JobPriority(int Priority);

/// <summary>A line of a job's log with its time.</summary>
/// <param name="Seq">Grows by one; a reader that knows the last one asks for those after it.</param>
/// <param name="AtMs">Milliseconds since 1970, UTC.</param>
/// <param name="Level">info, warn or error.</param>
/// <param name="Text">One sentence.</param>
public sealed record JobLogLine(long Seq, long AtMs, string Level, string Text)
{
    /// <summary>What it marks on the curves; null: nothing.</summary>
    public StepMark? Mark { get; init; }
}

/// <summary>A page of a list.</summary>
/// <param name="Items">In the list's own order.</param>
/// <param name="NextCursor">Ask with it for the next page; null at the end.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor);

/// <summary>Who answers at this address.</summary>
/// <param name="Product">temper.</param>
/// <param name="Version">Product version and commit.</param>
/// <param name="Edition">embedded, cluster or azure.</param>
public sealed record ServerInfo(string Product, string Version, string Edition);
