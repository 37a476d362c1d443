using System.Globalization;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Registry.Events;
using Temper.Storage.Sql;

namespace Temper.Registry.Work;

/// <summary>Says in the rows of jobs that a worker looked at and had to leave why it did. Written only when that is news.</summary>
internal sealed class WaitReasons(Db db, Journal journal, RegistryOptions options)
{
    private const int MostRows = 100;

    private const string Waiting = "select id, name, memory, waits, offered, traceparent from work where state = 'queued' and kind = 'train' order by priority desc, created_ms, id limit @most";

    private const string Running = "select count(*) from work where state in ('queued', 'running') and state = 'running' and kind = 'train'";

    /// <summary>After a claim that found nothing.</summary>
    public async Task NoteAsync(ClaimRequest request, CancellationToken ct)
    {
        if (!request.Kinds.Contains(WorkKind.Train) || (request.FreeMemory is null && options.MostRunningJobs <= 0))
            return;
        var rows = await db.QueryAsync<Row>(Waiting, new { most = MostRows }, ct);
        if (rows.Count == 0)
            return;
        var running = options.MostRunningJobs > 0 ? await db.ScalarAsync<long>(Running, null, ct) : 0;
        foreach (var row in rows)
            if (Reason(row, request, running) is { } reason && reason.Text != row.Waits)
                await WriteAsync(row, reason.Text, reason.Offered, ct);
    }

    /// <summary>Of several workers that have too little, the one with most speaks.</summary>
    private (string Text, long? Offered)? Reason(Row row, ClaimRequest request, long running)
    {
        if (options.MostRunningJobs > 0 && running >= options.MostRunningJobs)
            return (running == 1 ? "1 job runs, and this registry allows no more at once" : FormattableString.Invariant($"{running} jobs run, and this registry allows no more at once"), row.Offered);
        if (request.FreeMemory is not { } free || row.Memory <= free || (row.Offered is { } offered && offered >= free && row.Waits is not null))
            return null;
        return ($"needs {Size(row.Memory)}, worker has {Size(free)}", free);
    }

    private Task<bool> WriteAsync(Row row, string text, long? offered, CancellationToken ct) => journal.WriteAsync(async (session, events, token) =>
    {
        if (await session.ExecuteAsync("update work set waits = @text, offered = @offered where id = @id and state = 'queued'", new { id = row.Id, text, offered }, token) == 1)
            events.Add("work.waits", row.Id.ToString(), new { row.Id, row.Name, reason = text }, row.Traceparent);
        return true;
    }, ct);

    /// <summary>In the unit that leaves one to four digits: 9.1 GiB.</summary>
    internal static string Size(long bytes) => bytes < 1 << 30
        ? (bytes / 1048576.0).ToString("0.#", CultureInfo.InvariantCulture) + " MiB"
        : (bytes / 1073741824.0).ToString("0.0", CultureInfo.InvariantCulture) + " GiB";

    private sealed record Row
    {
        public WorkId Id { get; init; }
        public string Name { get; init; } = "";
        public long Memory { get; init; }
        public string? Waits { get; init; }
        public long? Offered { get; init; }
        public string? Traceparent { get; init; }
    }
}
