using System.Text.Json;
using System.Text.Json.Serialization;
using Temper.Core.Ids;

namespace Temper.Core.Registry;

/// <summary>How a sweep chooses and ends its trials.</summary>
public enum SweepMethod
{
    /// <summary>Every combination of lists of values, each trained to its end.</summary>
    Grid,

    /// <summary>Values drawn from lists and ranges, each trial trained to its end.</summary>
    Random,

    /// <summary>Successive halving: most trials are stopped early, see <see cref="SweepRungs"/>.</summary>
    Halving,
}

/// <summary>Which end of a metric is the better one.</summary>
public enum SweepDirection
{
    /// <summary>Less is better.</summary>
    Minimize,

    /// <summary>More is better.</summary>
    Maximize,
}

/// <summary>Where a sweep stands. The last three are final.</summary>
public enum SweepStatus
{
    /// <summary>Its trials wait or run.</summary>
    Running,

    /// <summary>Set aside on request.</summary>
    Paused,

    /// <summary>All trials have ended and one is the best.</summary>
    Completed,

    /// <summary>All trials have ended and none gave a number to compare.</summary>
    Failed,

    /// <summary>Ended on request.</summary>
    Cancelled,
}

/// <summary>Where a trial stands. The last four are final, and so is <see cref="Evaluating"/>'s job.</summary>
public enum TrialStatus
{
    /// <summary>Its job waits for a worker.</summary>
    Queued,

    /// <summary>Its job runs.</summary>
    Running,

    /// <summary>Its job was paused on request.</summary>
    Paused,

    /// <summary>It has reached its rung and waits for the others.</summary>
    Held,

    /// <summary>Its model waits for the result of the suite.</summary>
    Evaluating,

    /// <summary>It was trained to its end.</summary>
    Completed,

    /// <summary>The sweep stopped it because others were better.</summary>
    Stopped,

    /// <summary>Its job failed.</summary>
    Failed,

    /// <summary>Its job was cancelled.</summary>
    Cancelled,
}

/// <summary>One trial to be: what is different in it, and its whole job.</summary>
/// <param name="Parameters">Settings that were chosen, by path.</param>
/// <param name="Job">The job; its priority and memory are the trial's own.</param>
public sealed record SweepTrialDraft(SortedDictionary<string, JsonElement> Parameters, JobRequest Job);

/// <summary>Asks for a sweep. The same request under the same name again is answered with the sweep that is there.</summary>
/// <param name="Name">Its name, of this sweep alone.</param>
/// <param name="Method">How trials are chosen and ended.</param>
/// <param name="Metric">What is compared: <c>final_loss</c>, <c>eval_loss</c>, any other number that jobs report, or <c>SUITE:METRIC</c>.</param>
/// <param name="Direction">Which end is better.</param>
/// <param name="Trials">1 to 1000, no recipe twice.</param>
public sealed record SweepRequest(ResourceName Name, SweepMethod Method, string Metric, SweepDirection Direction, IReadOnlyList<SweepTrialDraft> Trials)
{
    /// <summary>Of the suite that the metric is of: only its results count; null: those of any suite of the name.</summary>
    public Digest? SuiteDigest { get; init; }

    /// <summary>Of halving: 1 in so many go on, 2 and up; null for others.</summary>
    public int? Eta { get; init; }

    /// <summary>Of halving: steps of the first rung.</summary>
    public int? MinSteps { get; init; }

    /// <summary>Of halving: steps of a whole run, as every recipe has them.</summary>
    public int? MaxSteps { get; init; }

    /// <summary>Alias that is put on the best version, through its gates; null: none.</summary>
    public string? Alias { get; init; }

    /// <summary>The sweep as its author wrote it, for people; null: nothing.</summary>
    public JsonElement? Settings { get; init; }
}

/// <summary>Names the sweep of a job in its payload and in the lineage of what it makes.</summary>
/// <param name="Id">The sweep.</param>
/// <param name="Name">Its name.</param>
/// <param name="Trial">Index of the trial, 0 and up.</param>
/// <param name="Parameters">Settings that were chosen, by path.</param>
public sealed record SweepMark(string Id, ResourceName Name, int Trial, SortedDictionary<string, JsonElement> Parameters);

/// <summary>One trial of a sweep: a row of its table.</summary>
/// <param name="Index">0 and up, in the order of the proposals.</param>
/// <param name="JobId">Its job.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="Parameters">Settings that were chosen, by path.</param>
/// <param name="Rung">Rung that it has entered, 0 and up; 0 where there are no rungs.</param>
/// <param name="Steps">Optimizer steps done.</param>
/// <param name="TotalSteps">Optimizer steps of a whole run; 0 before the job's plan is known.</param>
/// <param name="Metric">Last value of what is compared; null before the first.</param>
/// <param name="Rank">1 and up among those with a value: who came to a later rung first, then by the metric; null for others.</param>
/// <param name="Model">Model that got its version; null before.</param>
/// <param name="Version">That version.</param>
/// <param name="Reason">Why it failed, was stopped, or waits; null where there is nothing to say.</param>
/// <param name="StartedMs">First claim of its job, milliseconds since 1970, UTC.</param>
/// <param name="EndedMs">When its job ended.</param>
public sealed record SweepTrial(int Index, WorkId JobId, TrialStatus Status, SortedDictionary<string, JsonElement> Parameters, int Rung, int Steps, int TotalSteps,
    double? Metric, int? Rank, ResourceName? Model, int? Version, string? Reason, long? StartedMs, long? EndedMs);

/// <summary>A sweep and its table.</summary>
/// <param name="Id">swp- and 26 characters.</param>
/// <param name="Name">Its name.</param>
/// <param name="Method">How trials are chosen and ended.</param>
/// <param name="Metric">What is compared.</param>
/// <param name="Direction">Which end is better.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="CreatedAt">Milliseconds since 1970, UTC.</param>
/// <param name="Trials">In the order of their indices; empty in lists of sweeps.</param>
/// <param name="Best">Index of the best trial, once the sweep is completed; until then of the one that leads; null: none.</param>
public sealed record SweepInfo(string Id, ResourceName Name, SweepMethod Method, string Metric, SweepDirection Direction, SweepStatus Status, long CreatedAt,
    IReadOnlyList<SweepTrial> Trials, int? Best)
{
    /// <summary>How many trials there are.</summary>
    public int TrialCount { get; init; }

    /// <summary>How many of them have ended, whatever came of them.</summary>
    public int EndedCount { get; init; }

    /// <summary>Of halving: 1 in so many go on.</summary>
    public int? Eta { get; init; }

    /// <summary>Of halving: steps of the rungs.</summary>
    public IReadOnlyList<int>? Rungs { get; init; }

    /// <summary>Of halving: the rung that is decided next, 0 and up.</summary>
    public int Rung { get; init; }

    /// <summary>Alias that is put on the best version; null: none.</summary>
    public string? Alias { get; init; }

    /// <summary>What became of the alias, or why there is no best; null: nothing to say.</summary>
    public string? Note { get; init; }

    /// <summary>When it ended, milliseconds since 1970, UTC.</summary>
    public long? EndedAt { get; init; }

    /// <summary>The sweep as its author wrote it; null in lists.</summary>
    public JsonElement? Settings { get; init; }

    /// <summary>Whether it will never change again.</summary>
    [JsonIgnore]
    public bool Ended => Status is SweepStatus.Completed or SweepStatus.Failed or SweepStatus.Cancelled;
}
