using System.Diagnostics;
using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>
/// Claims rows of kind <see cref="WorkKind.Ingest"/>, turns each upload into a sealed or rejected dataset version, and finishes the row.
/// Many may run; the registry's leases keep them apart, and create-only blobs make a repetition harmless.
/// </summary>
/// <param name="registry">Where rows are claimed and finished; a patient client.</param>
/// <param name="doorbell">What wakes the worker.</param>
/// <param name="blobs">Uploads, caches and sealed versions.</param>
/// <param name="options">How to ingest.</param>
/// <param name="clock">Time.</param>
public sealed class IngestWorker(RegistryClient registry, IDoorbell doorbell, IBlobStore blobs, IngestOptions options, TimeProvider clock)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BetweenSweeps = TimeSpan.FromHours(1);
    private long? _swept;

    /// <summary>Works until <paramref name="ct"/>; a claim under way is handed back.</summary>
    public Task RunAsync(CancellationToken ct) => Loop().RunAsync([WorkKind.Ingest], WorkAsync, ct);

    /// <summary>Works until nothing is left to claim, or until <paramref name="ct"/>; a claim under way is then handed back.</summary>
    public Task DrainAsync(CancellationToken ct) => Loop().DrainAsync([WorkKind.Ingest], WorkAsync, TimeSpan.Zero, ct);

    private WorkLoop Loop() => new(registry, doorbell, options.Worker, options.Lease, clock);

    private async Task WorkAsync(WorkClaim claim, CancellationToken host)
    {
        using var span = IngestTelemetry.Source.StartActivity("ingest", ActivityKind.Consumer, claim.Traceparent);
        span?.SetTag("work.id", claim.Id.ToString()).SetTag("work.attempt", claim.Attempt);
        var lease = new LeaseKeeper(registry, claim, clock, host);
        await using (lease.ConfigureAwait(false))
        {
            try
            {
                await FinishAsync(lease, await RunAsync(lease, span).ConfigureAwait(false), host).ConfigureAwait(false);
            }
            catch (TemperException e) when (e.Code == "lease_lost")
            {
                // Another worker has the row, or will have it; what this one wrote is content-keyed and harmless.
                span?.SetStatus(ActivityStatusCode.Error, "lease lost");
            }
            catch (TemperException e) when (e.Kind == ErrorKind.Environment)
            {
                // The registry does not answer: the lease runs out and the row comes back by itself.
                span?.SetStatus(ActivityStatusCode.Error, e.Message);
            }
        }
    }

    /// <summary>How the row ends; null when the lease is lost and nothing may be said any more.</summary>
    private async Task<Ending?> RunAsync(LeaseKeeper lease, Activity? span)
    {
        IngestPipeline? pipeline = null;
        try
        {
            var payload = lease.Claim.Payload.Deserialize<IngestPayload>(Wire.Json) ?? throw new TemperException("invalid_json", "The row's payload is null.");
            pipeline = new IngestPipeline(blobs, options, new(ModelAsync, DatasetAsync), clock);
            var result = await pipeline.RunAsync(payload, lease.Progress, lease.Stop).ConfigureAwait(false);
            span?.SetTag("dataset", payload.Dataset.ToString()).SetTag("dataset.version_key", result.VersionKey).SetTag("dataset.sealed", result.Sealed);
            return new(WorkState.Completed, result, null) { Pipeline = pipeline };
        }
        catch (TurnOverException)
        {
            // Progress, not failure: the slices are committed, and whoever claims the row next goes on behind them.
            await CountTurnsAsync(pipeline, lease.Claim.Attempt).ConfigureAwait(false);
            return lease.Lost ? null : new(WorkState.Queued, null, null);
        }
        catch (OperationCanceledException) when (lease.Stop.IsCancellationRequested)
        {
            if (lease.Lost)
                return null;
            return lease.CancelRequested
                ? new(WorkState.Cancelled, null, [new("cancelled", "Ingestion was cancelled; nothing was sealed.")])
                : new(WorkState.Queued, null, null);
        }
        catch (TemperException e) when (e.Kind == ErrorKind.Environment)
        {
            span?.SetStatus(ActivityStatusCode.Error, e.Message);
            return await AgainAsync(lease, pipeline, e.Problems).ConfigureAwait(false);
        }
        catch (TemperException e)
        {
            span?.SetStatus(ActivityStatusCode.Error, e.Message);
            return new(WorkState.Failed, null, e.Problems);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or HttpRequestException or TimeoutException)
        {
            span?.SetStatus(ActivityStatusCode.Error, e.Message);
            return await AgainAsync(lease, pipeline, [new("storage_unavailable", e.Message)]).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The worker outlives any one row: what nobody foresaw ends this row, not the loop.
            span?.SetStatus(ActivityStatusCode.Error, e.ToString());
            return new(WorkState.Failed, null, [new("internal", $"{e.GetType().Name}: {e.Message}") { Hint = $"Please report it with the id {lease.Claim.Id}." }]);
        }
    }

    /// <summary>The environment failed, not the user: pause, then hand the row back, until the attempts are used up.</summary>
    private async Task<Ending?> AgainAsync(LeaseKeeper lease, IngestPipeline? pipeline, IReadOnlyList<Problem> problems)
    {
        if (lease.Claim.Attempt - await CountTurnsAsync(pipeline, null).ConfigureAwait(false) >= options.Attempts)
            return new(WorkState.Failed, null, problems);
        var pause = TimeSpan.FromSeconds(Math.Pow(2, lease.Claim.Attempt - 1));
        try
        {
            await Task.Delay(pause < LongestPause ? pause : LongestPause, clock, lease.Stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // A lost lease or a stopping host ends the pause early; either way the row is free.
        }
        return lease.Lost ? null : new(WorkState.Queued, null, problems);
    }

    /// <summary>
    /// Claims that ended with their turn, among them <paramref name="ended"/> where one just did: they are no attempts that failed. A store that cannot
    /// even say how many there were counts them as failed.
    /// </summary>
    private static async Task<int> CountTurnsAsync(IngestPipeline? pipeline, int? ended)
    {
        try
        {
            return pipeline is null ? 0 : await pipeline.CountTurnsAsync(ended, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TemperException or IOException or UnauthorizedAccessException or HttpRequestException or TimeoutException)
        {
            return 0;
        }
    }

    private async Task FinishAsync(LeaseKeeper lease, Ending? ending, CancellationToken host)
    {
        if (ending is null)
            return;
        // A stopping host still hands its row back; only the registry's silence may cut that short.
        using var patience = host.IsCancellationRequested ? new CancellationTokenSource(TimeSpan.FromSeconds(10)) : new CancellationTokenSource();
        var result = ending.Result is null ? (JsonElement?)null : Wire.ToElement(ending.Result);
        await lease.FinishAsync(ending.State, result, ending.Errors, patience.Token).ConfigureAwait(false);
        DurableSteps.Passed("ingest.finished");
        if (ending.Pipeline is null)
            return;
        await ending.Pipeline.SweepAsync(host).ConfigureAwait(false);
        if (_swept is { } last && clock.GetElapsedTime(last) < BetweenSweeps)
            return;
        _swept = clock.GetTimestamp();
        await new StageSweep(blobs, options, clock).RunAsync(host).ConfigureAwait(false);
    }

    private async Task<ModelPin> ModelAsync(string reference, CancellationToken ct)
    {
        try
        {
            return (await registry.Models.ResolveAsync(reference, ct).ConfigureAwait(false)).Pin;
        }
        catch (TemperException e) when (e.Code == "not_found")
        {
            throw new TemperException([new Problem("CFG_BAD_VALUE", $"The configuration names a model that does not exist: '{reference}'.") { Value = reference, Hint = "`temper models` lists what exists." }], e);
        }
    }

    private Task<DatasetPin> DatasetAsync(string reference, CancellationToken ct) => registry.Datasets.ResolveAsync(reference, ct);

    private sealed record Ending(WorkState State, IngestResult? Result, IReadOnlyList<Problem>? Errors)
    {
        /// <summary>Of a version that was made: what it left behind can go once the row has ended.</summary>
        public IngestPipeline? Pipeline { get; init; }
    }
}
