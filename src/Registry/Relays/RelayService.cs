using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Temper.Core.Events;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Events;
using Temper.Storage.Sql;

namespace Temper.Registry.Relays;

/// <summary>
/// Copies the outbox to every target: each in order, at least once. A target that fails is tried again after 1 s, 2 s, … up to 5 minutes and holds
/// up nobody else; of several registry processes one tells a target at a time.
/// </summary>
internal sealed class RelayService : BackgroundService
{
    private const int Batch = 100;
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    private readonly List<(string Name, IEventRelay Target)> _targets;
    private readonly Db _db;
    private readonly Journal _journal;
    private readonly EventFeed _feed;
    private readonly RegistryOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<RelayService> _log;

    public RelayService(IEnumerable<IEventRelay> relays, IEnumerable<IDoorbell> doorbells, Db db, Journal journal, EventFeed feed, RegistryOptions options, TimeProvider clock, ILogger<RelayService> log)
    {
        (_db, _journal, _feed, _options, _clock, _log) = (db, journal, feed, options, clock, log);
        _targets =
        [
            .. options.Webhooks.Select(target => ($"webhook {target.Address}", (IEventRelay)new WebhookRelay(target, clock))),
            .. relays.Select(relay => ($"relay {relay.GetType().FullName}", relay)),
            .. doorbells.Where(bell => bell is not RegistryDoorbell).Select(bell => ($"doorbell {bell.GetType().FullName}", (IEventRelay)new DoorbellRelay(bell))),
        ];
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(_targets.Select(target => TellAsync(target.Name, target.Target, stoppingToken)));

    public override void Dispose()
    {
        foreach (var webhook in _targets.Select(target => target.Target).OfType<WebhookRelay>())
            webhook.Dispose();
        base.Dispose();
    }

    private async Task TellAsync(string name, IEventRelay target, CancellationToken ct)
    {
        var cursor = new RelayCursor(_db, name, _clock);
        var pause = TimeSpan.FromSeconds(1);
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await cursor.CreateAsync(ct);
                var beat = _journal.Committed.Next;
                var told = await RoundAsync(cursor, target, ct);
                pause = TimeSpan.FromSeconds(1);
                if (!told)
                    await Pulse.WaitAsync(beat, _options.LookEvery, _clock, ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Whatever a target throws means the same: it has not got the event.
                _log.LogWarning(e, "{Target} did not take an event; trying again in {Pause}.", name, pause);
                await Task.Delay(pause, _clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    /// <summary>Whether there may be more at once.</summary>
    private async Task<bool> RoundAsync(RelayCursor cursor, IEventRelay target, CancellationToken ct)
    {
        if (await cursor.TakeAsync(ct) is not { } last)
            return false;
        var events = await _feed.ReadAsync(last, null, Batch, ct);
        foreach (var occurred in events)
        {
            await target.RelayAsync(occurred, ct);
            if (!await cursor.MoveAsync(occurred.Seq, ct))
                return false;
        }
        return events.Count == Batch;
    }
}
