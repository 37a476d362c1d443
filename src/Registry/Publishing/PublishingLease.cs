using Temper.Core.Errors;
using Temper.Registry.Work;
using Temper.Storage.Sql;

namespace Temper.Registry.Publishing;

/// <summary>Keeps the lease of a row while the registry itself works on it: the worker has said its last word and sends no more heartbeats.</summary>
internal sealed class PublishingLease : IAsyncDisposable
{
    private const string Keep = "update work set lease_until_ms = @until, phase = 'publish' where id = @id and fence = @fence and state = 'running'";

    private readonly Db _db;
    private readonly WorkRow _row;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _done = new();
    private readonly Task _keeping;

    public PublishingLease(Db db, WorkRow row, TimeProvider clock)
    {
        (_db, _row, _clock) = (db, row, clock);
        _keeping = KeepAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _done.CancelAsync();
        await _keeping;
        _done.Dispose();
    }

    private async Task KeepAsync()
    {
        while (!_done.IsCancellationRequested)
        {
            try
            {
                await _db.ExecuteAsync(Keep, new { until = _clock.GetUtcNow().ToUnixTimeMilliseconds() + _row.LeaseMs, id = _row.Id, fence = _row.Fence }, _done.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (TemperException e) when (e.Kind == ErrorKind.Environment)
            {
                // The transaction that ends the row meets the same database, and tells.
            }
            await Task.Delay(TimeSpan.FromMilliseconds(_row.LeaseMs / 3.0), _clock, _done.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
