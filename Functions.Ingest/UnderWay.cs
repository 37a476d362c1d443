using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;

namespace Temper.Functions.Ingest;

/// <summary>What functions are doing at this moment. The Functions host ends a worker process without a word to what runs in it: so a process that ends stops its
/// work, and stays until rows and claims are handed back. Otherwise a deployment would hold them until their leases run out.</summary>
public sealed class UnderWay : IHostedService, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<Task, bool> _running = new();

    /// <summary>Runs <paramref name="work"/>; its token is cancelled by <paramref name="ct"/> and by the end of the process.</summary>
    public async Task RunAsync(Func<CancellationToken, Task> work, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct, _stopping.Token);
        var running = work(stop.Token);
        _running.TryAdd(running, true);
        try
        {
            await running;
        }
        finally
        {
            _running.TryRemove(running, out _);
        }
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Stops what runs and waits for its end. How it ends concerns whoever called it.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_running.Keys).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public void Dispose() => _stopping.Dispose();
}
