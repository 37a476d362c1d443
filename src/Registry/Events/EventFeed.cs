using System.Runtime.CompilerServices;
using Temper.Core.Events;
using Temper.Registry.Schema;
using Temper.Storage.Sql;

namespace Temper.Registry.Events;

/// <summary>Reads the log of events. Safe from any thread.</summary>
public sealed class EventFeed
{
    private const int Batch = 500;
    private const string Columns = "seq, type, subject, at_ms, data, traceparent";

    private readonly Db _db;
    private readonly Journal _journal;
    private readonly RegistryOptions _options;
    private readonly TimeProvider _clock;

    internal EventFeed(Db db, Journal journal, RegistryOptions options, TimeProvider clock) => (_db, _journal, _options, _clock) = (db, journal, options, clock);

    /// <summary>Number of the newest event; 0 when there is none.</summary>
    public async Task<long> LastSeqAsync(CancellationToken ct) => await _db.ScalarAsync<long>("select last from event_counter where id = 1", null, ct);

    /// <summary>Events after <paramref name="after"/>, oldest first; null <paramref name="subject"/>: all.</summary>
    public async Task<IReadOnlyList<TemperEvent>> ReadAsync(long after, string? subject, int limit, CancellationToken ct)
    {
        var rows = subject is null
            ? await _db.QueryAsync<Row>($"select {Columns} from events where seq > @after order by seq limit @limit", new { after, limit }, ct)
            : await _db.QueryAsync<Row>($"select {Columns} from events where subject = @subject and seq > @after order by seq limit @limit", new { after, limit, subject }, ct);
        return [.. rows.Select(row => new TemperEvent(row.Seq, row.Type, row.Subject, row.AtMs, Column.Element(row.Data)!.Value, row.Traceparent))];
    }

    /// <summary>As <see cref="ReadAsync"/>, then waits for more, until <paramref name="ct"/>. Null after each silence of <see cref="RegistryOptions.PingEvery"/>.</summary>
    public async IAsyncEnumerable<TemperEvent?> FollowAsync(long after, string? subject, [EnumeratorCancellation] CancellationToken ct)
    {
        var quiet = _clock.GetTimestamp();
        while (true)
        {
            var beat = _journal.Committed.Next;
            var events = await ReadAsync(after, subject, Batch, ct);
            foreach (var occurred in events)
            {
                yield return occurred;
                (after, quiet) = (occurred.Seq, _clock.GetTimestamp());
            }
            if (events.Count == Batch)
                continue;
            if (_clock.GetElapsedTime(quiet) >= _options.PingEvery)
            {
                yield return null;
                quiet = _clock.GetTimestamp();
            }
            await Pulse.WaitAsync(beat, _options.LookEvery, _clock, ct);
        }
    }

    private sealed record Row
    {
        public long Seq { get; init; }
        public string Type { get; init; } = "";
        public string Subject { get; init; } = "";
        public long AtMs { get; init; }
        public string Data { get; init; } = "";
        public string? Traceparent { get; init; }
    }
}
