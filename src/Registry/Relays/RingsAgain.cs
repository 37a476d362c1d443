using Microsoft.Extensions.Logging;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Schema;
using Temper.Registry.Work;
using Temper.Storage.Sql;

namespace Temper.Registry.Relays;

/// <summary>
/// Rings the doorbells of plug-ins once more for rows that have waited for an hour: a queue may have lost their rings or given them up, and a platform that starts workers
/// by the queue's length would never start one. One ring of each kind, because whoever it wakes works off all rows. A row that says what it waits for (more
/// memory than any worker has) is left alone: to start machines for it again and again is dear.
/// </summary>
internal sealed class RingsAgain(IEnumerable<IDoorbell> doorbells, Db db, TimeProvider clock, ILogger<RingsAgain> log) : HourlySweep(clock, log)
{
    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    private const string Waiting = """
        select id, kind, attempt from work where state = 'queued' and kind = @kind and waits is null and coalesce(beat_ms, created_ms) <= @before
        order by priority desc, created_ms, id limit 1
        """;

    private readonly ILogger _log = log;
    private readonly List<IDoorbell> _doorbells = [.. doorbells.Where(bell => bell is not RegistryDoorbell)];

    /// <summary>How often it rang.</summary>
    public override async Task<int> SweepAsync(CancellationToken ct)
    {
        if (_doorbells.Count == 0)
            return 0;
        var (rung, before) = (0, (Clock.GetUtcNow() - Patience).ToUnixTimeMilliseconds());
        foreach (var kind in Enum.GetValues<WorkKind>())
            if (await db.FindAsync<WorkRow>(Waiting, new { kind = Column.Word(kind), before }, ct) is { } row)
                foreach (var doorbell in _doorbells)
                    rung += await RingAsync(doorbell, new(row.Id, row.Kind, (int)row.Attempt), ct) ? 1 : 0;
        return rung;
    }

    private async Task<bool> RingAsync(IDoorbell doorbell, WorkRing ring, CancellationToken ct)
    {
        try
        {
            await doorbell.RingAsync(ring, ct);
            _log.LogInformation("{Work} has waited for long: {Doorbell} rang again.", ring.Id, doorbell.GetType().Name);
            return true;
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            // Whatever a plug-in throws means the same: it did not ring.
            _log.LogWarning(e, "{Work} has waited for long, and {Doorbell} did not ring; trying again in an hour.", ring.Id, doorbell.GetType().Name);
            return false;
        }
    }
}
