using Temper.Core.Blobs;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Ingest;

namespace Temper.Functions.Ingest;

/// <summary>One turn of the ingestion worker: it claims and works while rows are waiting, then ends.</summary>
public sealed class IngestTurn(RegistryClient registry, IBlobStore blobs, TimeProvider clock)
{
    /// <summary>Claims of one call end here; the function's own limit is nine minutes, and the next ring or sweep goes on.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(8);

    /// <summary>Runs until the worker finds nothing to claim.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        stop.CancelAfter(Longest);
        await new IngestWorker(registry, new EndOfWork(stop), blobs, new IngestOptions(), clock).RunAsync(stop.Token);
        ct.ThrowIfCancellationRequested();
    }

    /// <summary>A worker that waits for the bell has nothing left to do: here that is the end.</summary>
    private sealed class EndOfWork(CancellationTokenSource stop) : IDoorbell
    {
        public Task RingAsync(WorkRing ring, CancellationToken ct) => Task.CompletedTask;

        public async Task<WorkRing?> WaitAsync(IReadOnlyList<WorkKind> kinds, TimeSpan atMost, CancellationToken ct)
        {
            await stop.CancelAsync();
            return null;
        }

        public Task SettleAsync(WorkRing ring, CancellationToken ct) => Task.CompletedTask;
    }
}
