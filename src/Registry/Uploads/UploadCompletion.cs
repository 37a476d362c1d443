using System.Diagnostics;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Events;
using Temper.Registry.Work;
using Temper.Storage.Sql;

namespace Temper.Registry.Uploads;

/// <summary>Completes uploads: bytes verified, then one transaction that ends the upload and queues its ingestion or makes its model version.</summary>
internal sealed class UploadCompletion(Db db, Journal journal, WorkTable work, UploadedFiles files, ModelImport import, TimeProvider clock)
{
    private const string End = """
        update uploads set state = 'completed', work_id = @work, touched_ms = @now where id = @id and state = 'open'
        """;

    private readonly SharedRuns<string, UploadReceipt> _running = new();

    /// <summary>Completes the upload; asking again gives the same receipt.</summary>
    /// <exception cref="TemperException">Codes <c>upload_incomplete</c>, <c>UPLOAD_HASH_MISMATCH</c> (those files begin anew), <c>not_found</c>.</exception>
    public Task<UploadReceipt> CompleteAsync(string id, CancellationToken ct) => _running.RunAsync(id, () => RunAsync(id), ct);

    /// <summary>Queues ingestion of files that are verified and stored, in the caller's transaction.</summary>
    public async Task<string> QueueAsync(UploadRow upload, IReadOnlyList<UploadFileRow> rows, DbSession session, EventDrafts events, CancellationToken ct)
    {
        var payload = new IngestPayload(upload.Name, upload.Id, [.. rows.OrderBy(row => row.Path, StringComparer.Ordinal)
            .Select(row => new UploadedFile(row.Path, row.Key(upload).ToString(), row.Size, row.Sha256) { Version = row.Version })]);
        events.Add("upload.completed", $"dataset/{upload.Name}", new { name = upload.Name, upload = upload.Id, files = rows.Count, bytes = rows.Sum(row => row.Size) }, upload.Traceparent);
        return (await work.EnqueueAsync(session, events, WorkKind.Ingest, upload.Name, Wire.ToElement(payload), upload.Traceparent ?? Activity.Current?.Id, ct)).ToString();
    }

    private async Task<UploadReceipt> RunAsync(string id)
    {
        using var span = RegistryTelemetry.Source.StartActivity("upload.complete")?.SetTag("temper.upload", id);
        var upload = await UploadRow.FindAsync(db, id, CancellationToken.None) ?? throw UploadSessions.Unknown(id);
        if (upload.Completed)
            return await ReceiptAsync(upload);
        var rows = await UploadFileRow.ListAsync(db, id, CancellationToken.None);
        var missing = rows.Where(row => row.Received < row.Size)
            .Select(row => new Problem("upload_incomplete", $"{row.Path}: {row.Received} of {row.Size} bytes have arrived.") { File = row.Path }).ToList();
        if (missing.Count > 0)
            throw new TemperException(missing);
        await files.JoinAsync(upload, rows, CancellationToken.None);
        rows = await files.VerifyAsync(upload, rows, CancellationToken.None);
        await files.MarkAsync(upload, rows, CancellationToken.None);
        if (upload.Kind == UploadKind.Model)
            await import.RunAsync(upload, rows, CancellationToken.None);
        else
            await journal.WriteAsync(async (session, events, ct) =>
            {
                var locked = await session.FindAsync<UploadRow>($"select {UploadRow.Columns} from uploads where id = @id /*for update*/", new { id }, ct);
                return locked is { Completed: false }
                    && await session.ExecuteAsync(End, new { id, work = await QueueAsync(upload, rows, session, events, ct), now = clock.GetUtcNow().ToUnixTimeMilliseconds() }, ct) == 1;
            }, CancellationToken.None);
        DurableSteps.Passed("upload.completed");
        return await ReceiptAsync((await UploadRow.FindAsync(db, id, CancellationToken.None))!);
    }

    private async Task<UploadReceipt> ReceiptAsync(UploadRow upload) => new(upload.Id,
        upload.WorkId is null ? null : Core.Ids.WorkId.Parse(upload.WorkId),
        upload.ModelVersion is { } version ? await import.VersionAsync(upload.Name, (int)version) : null);
}
