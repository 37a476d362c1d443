using System.Diagnostics;
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

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

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
        // Never disposed: the lifeline may speak until the process ends, also while spans of a finished job are still being sent.
        var host = new CancellationTokenSource();
        Lifeline.Watch(input, host.Cancel);
        using var signals = Lifeline.OnSignals(host.Cancel);
        if (start.DieAt is { } step)
            DurableSteps.Arm(step);
        return await RunAsync(start, parts, codeVersion, clock, host.Token).ConfigureAwait(false);
    }

    /// <summary>The same without a pipe: <paramref name="host"/> asks for a checkpoint and an end.</summary>
    internal static async Task<int> RunAsync(JobStart start, JobParts parts, string codeVersion, TimeProvider clock, CancellationToken host)
    {
        ActivityContext.TryParse(start.Claim.Traceparent, null, isRemote: true, out var parent);
        using var span = TrainingTelemetry.Source.StartActivity("job.run", ActivityKind.Consumer, parent);
        span?.SetTag("job", start.Claim.Id.ToString()).SetTag("attempt", start.Claim.Attempt);
        using var registry = new RegistryClient(start.Registry, start.ApiKey, Patience, clock);
        await using var lease = new LeaseKeeper(registry, start.Claim, clock, host);
        var end = await new JobRunner(start, parts, codeVersion, registry, lease, clock).RunAsync().ConfigureAwait(false);
        var exit = await FinishAsync(lease, end).ConfigureAwait(false);
        span?.SetTag("outcome", exit == Lost ? "lost" : end.State.ToString());
        TrainingTelemetry.Jobs.Add(1, new KeyValuePair<string, object?>("outcome", exit == Lost ? "lost" : end.State.ToString()));
        return exit;
    }

    private static async Task<int> FinishAsync(LeaseKeeper lease, JobEnd end)
    {
        if (lease.Lost)
            return Lost;
        try
        {
            await lease.FinishAsync(end.State, end.Result is null ? null : Core.Json.Wire.ToElement(end.Result), end.Problems, CancellationToken.None).ConfigureAwait(false);
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
internal sealed record JobEnd(WorkState State, TrainResult? Result = null, IReadOnlyList<Problem>? Problems = null);
