using Microsoft.Extensions.Logging;
using Temper.Registry.Work;
using Temper.Storage.Sql;

namespace Temper.Registry.Uploads;

/// <summary>
/// Every hour removes uploads that nobody continued for a week, and the blobs of uploads whose bytes lie in packs since they became a model version.
/// </summary>
internal sealed class UploadSweeper(Db db, UploadedFiles files, TimeProvider clock, ILogger<UploadSweeper> log) : HourlySweep(clock, log)
{
    private static readonly TimeSpan Idle = TimeSpan.FromDays(7);

    private const string Due = $"""
        select {UploadRow.Columns} from uploads where (state = 'open' and touched_ms < @before) or kept = 0 order by touched_ms, id limit 100
        """;

    /// <inheritdoc/>
    public override async Task<int> SweepAsync(CancellationToken ct)
    {
        var before = (Clock.GetUtcNow() - Idle).ToUnixTimeMilliseconds();
        var due = await db.QueryAsync<UploadRow>(Due, new { before }, ct);
        foreach (var upload in due)
        {
            // First out of reach, then gone: a sender who comes back meanwhile is told that the upload is unknown.
            if (upload.State == "open" && await db.ExecuteAsync("update uploads set state = 'dropped', kept = 0 where id = @id and state = 'open' and touched_ms < @before", new { id = upload.Id, before }, ct) == 0)
                continue;
            await files.RemoveAsync(upload, ct);
            await db.InTransactionAsync(async (session, token) =>
            {
                await session.ExecuteAsync("delete from upload_parts where upload_id = @id", new { id = upload.Id }, token);
                await session.ExecuteAsync("update uploads set kept = 2 where id = @id", new { id = upload.Id }, token);
            }, ct);
        }
        return due.Count;
    }
}
