using Temper.Ingest;

namespace Temper.Functions.Ingest;

/// <summary>One turn of the ingestion worker: it claims and works while rows are waiting, then ends.</summary>
public sealed class IngestTurn(IngestWorker worker, UnderWay underWay, TimeProvider clock)
{
    /// <summary>Claims of one call end here, before the function's own limit; the row is handed back, and the registry rings again.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(8);

    /// <summary>Runs until the worker finds nothing to claim, or until its time is over.</summary>
    /// <exception cref="OperationCanceledException">The caller or the end of the process stopped it; the row was handed back.</exception>
    public Task RunAsync(CancellationToken ct) => underWay.RunAsync(DrainAsync, ct);

    private async Task DrainAsync(CancellationToken ct)
    {
        using var over = new CancellationTokenSource(Longest, clock);
        using var turn = CancellationTokenSource.CreateLinkedTokenSource(ct, over.Token);
        try
        {
            await worker.DrainAsync(turn.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // The turn is over: that is an end like any other.
        }
    }
}
