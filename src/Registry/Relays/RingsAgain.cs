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
                {
                    await doorbell.RingAsync(new(row.Id, row.Kind, (int)row.Attempt), ct);
                    rung++;
                }
        return rung;
    }
}
