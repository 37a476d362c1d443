using Temper.Ingest;

namespace Temper.Functions.Ingest;

/// <summary>One turn of the ingestion worker: it claims and works while rows are waiting, then ends.</summary>
public sealed class IngestTurn(IngestWorker worker)
{
    /// <summary>Claims of one call end here, before the function's own limit; the row is handed back, and the registry rings again.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(8);

    /// <summary>Runs until the worker finds nothing to claim, or until its time is over.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        stop.CancelAfter(Longest);
        try
        {
            await worker.DrainAsync(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            // The turn is over: that is an end like any other.
        }
    }
}
