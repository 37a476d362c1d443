using System.Diagnostics;
using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Registry;
using Temper.Core.Work;

namespace Temper.Training.Jobs;

/// <summary>A job's own process.</summary>
public static class JobProcess
{
    /// <summary>The row has its last word, or was handed back.</summary>
    public const int Finished = 0;

    /// <summary>The row belongs to another worker; nothing was said.</summary>
    public const int Lost = 3;

    /// <summary>The row was handed back because of the disk, the store or the network: wait before claiming again.</summary>
    public const int Surroundings = 5;

    /// <summary>A process that shared the work ended by itself; the row has no last word, and the supervisor counts it as a crash.</summary>
    public const int Crashed = 6;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Sends what anybody writes for people to standard error; the first thing that a host does, before code of plug-ins runs.</summary>
    public static void QuietOutput() => Console.SetOut(Console.Error);

    /// <summary>
    /// Reads a <see cref="JobStart"/> line, runs the job, finishes the row. Exit code 0: the row has its last word; 3: it has none (lease lost); 5: handed back, try later.
    /// The process ends at once when <paramref name="input"/> ends.
    /// </summary>
    /// <param name="input">Standard input.</param>
    /// <param name="parts">Engines and tasks by name; plug-ins add theirs.</param>
    /// <param name="codeVersion">Product version and commit, for the lineage.</param>
    /// <param name="clock">Time.</param>
    public static async Task<int> RunAsync(Stream input, JobParts parts, string codeVersion, TimeProvider clock)
    {
        var start = Lifeline.ReadStart(input);
        if (start.Rank is { } rank)
            return await FollowAsync(start, rank, input, parts, codeVersion, clock).ConfigureAwait(false);
        // Never disposed: the lifeline may speak until the process ends, also while spans of a finished job are still being sent.
        var host = new CancellationTokenSource();
        Lifeline.Watch(input, host.Cancel);
        using var signals = Lifeline.OnSignals(host.Cancel);
        if (start.DieAt is { } step)
            DurableSteps.Arm(step);
        return await RunAsync(start, parts, codeVersion, clock, host.Token).ConfigureAwait(false);
    }

    /// <summary>Standard output belongs to the exchange with the leader: see <see cref="QuietOutput"/>. Signals are the leader's business: it decides, and its end is this process's.</summary>
    private static async Task<int> FollowAsync(JobStart start, RankStart rank, Stream input, JobParts parts, string codeVersion, TimeProvider clock)
    {
        using var signals = Lifeline.OnSignals(() => { });
        return await FollowerJob.RunAsync(start, rank, parts, codeVersion, input, Console.OpenStandardOutput(), clock).ConfigureAwait(false);
    }

    /// <summary>The same without a pipe: <paramref name="host"/> asks for a checkpoint and an end.</summary>
    internal static async Task<int> RunAsync(JobStart start, JobParts parts, string codeVersion, TimeProvider clock, CancellationToken host)
    {
        ActivityContext.TryParse(start.Claim.Traceparent, null, isRemote: true, out var parent);
        using var span = TrainingTelemetry.Source.StartActivity("job.run", ActivityKind.Consumer, parent);
        span?.SetTag("job", start.Claim.Id.ToString()).SetTag("attempt", start.Claim.Attempt);
        using var registry = new RegistryClient(start.Registry, start.ApiKey, Patience, clock);
        await using var lease = new LeaseKeeper(registry, start.Claim, clock, host);
        Console.Out.WriteLine(ChildJob.LeaseTaken);
        var end = await new JobRunner(start, parts, codeVersion, registry, lease, clock).RunAsync().ConfigureAwait(false);
        var exit = end.Crashed ? Crashed : await FinishAsync(lease, end).ConfigureAwait(false);
        var outcome = exit == Lost ? "lost" : JsonNamingPolicy.SnakeCaseLower.ConvertName(end.State.ToString());
        span?.SetTag("outcome", outcome);
        TrainingTelemetry.Jobs.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
        return exit;
    }

    private static async Task<int> FinishAsync(LeaseKeeper lease, JobEnd end)
    {
        if (lease.Lost)
            return Lost;
        try
        {
            await lease.FinishAsync(end.State, end.Result is null ? null : Core.Json.Wire.ToElement(end.Result), end.Problems, CancellationToken.None, end.Reached).ConfigureAwait(false);
            DurableSteps.Passed("train.finished");
            return end is { State: WorkState.Queued, Problems: not null } ? Surroundings : Finished;
        }
        catch (TemperException e) when (e.Code is "lease_lost")
        {
            return Lost;
        }
    }
}

/// <summary>How a job ended, before the registry knows.</summary>
/// <param name="State">Completed, failed, cancelled, or queued to hand it back.</param>
/// <param name="Result">When completed.</param>
/// <param name="Problems">When failed.</param>
internal sealed record JobEnd(WorkState State, TrainResult? Result = null, IReadOnlyList<Problem>? Problems = null)
{
    /// <summary>How far it is, with the last value of everything measured up to there; null: nothing to tell.</summary>
    public StepMetrics? Reached { get; init; }

    /// <summary>What a log says of a step: of each number the last finite value up to there.</summary>
    public static StepMetrics At(int step, IReadOnlyList<StepMetrics> log)
    {
        var last = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var point in log.Where(point => point.Step <= step))
            foreach (var (name, value) in point.Values.Where(v => double.IsFinite(v.Value)))
                last[name] = value;
        return new(step, last);
    }

    /// <summary>A process that shared the work is gone: this attempt is over, and how to go on is the supervisor's decision.</summary>
    public bool Crashed { get; init; }
}
