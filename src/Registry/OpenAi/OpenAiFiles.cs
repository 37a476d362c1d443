using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Registry.Jobs;
using Temper.Registry.Uploads;
using Temper.Registry.Work;
using Temper.Storage.Sql;

namespace Temper.Registry.OpenAi;

/// <summary>
/// Files as OpenAI's clients send them. Each becomes a dataset of the file's id and is ingested at once, by the same pipeline as every upload, so that its
/// faults are known before a job asks for it.
/// </summary>
internal sealed class OpenAiFiles(Db db, IBlobStore blobs, SingleFiles uploads, JobControls controls, TimeProvider clock)
{
    public const string Purpose = "fine-tune";

    private const string Columns = "id, filename, purpose, bytes, upload_id, work_id, created_ms";

    private const string Insert = """
        insert into openai_files (id, filename, purpose, bytes, upload_id, work_id, created_ms) values (@id, @filename, @purpose, @bytes, @upload, @work, @now)
        """;

    private const string Newest = $"""
        select {Columns} from openai_files where deleted = 0 and (created_ms < @before or (created_ms = @before and id < @id)) order by created_ms desc, id desc limit @more
        """;

    private const string Oldest = $"""
        select {Columns} from openai_files where deleted = 0 and (created_ms > @before or (created_ms = @before and id > @id)) order by created_ms, id limit @more
        """;

    /// <summary>Stores bytes that arrive; they are no file until <see cref="KeepAsync"/>.</summary>
    /// <exception cref="TemperException">Code <c>path_invalid</c>, <c>upload_too_large</c>.</exception>
    public Task<SingleFiles.Arrived> ArriveAsync(string filename, Stream body, CancellationToken ct) =>
        uploads.ArriveAsync(ResourceName.Parse($"file-{Ulid.New(clock)}"), filename, body, ct);

    /// <summary>Removes what arrived and is not wanted.</summary>
    public Task DropAsync(SingleFiles.Arrived arrived, CancellationToken ct) => blobs.DeleteAsync(arrived.File.Key(arrived.Upload), null, ct);

    /// <summary>Makes it a file, and queues its ingestion.</summary>
    public async Task<FileObject> KeepAsync(SingleFiles.Arrived arrived, CancellationToken ct)
    {
        var id = arrived.Dataset.ToString();
        await uploads.QueueAsync(arrived, (session, work, token) => session.ExecuteAsync(Insert, new
        {
            id,
            filename = arrived.File.Path,
            purpose = Purpose,
            bytes = arrived.File.Size,
            upload = arrived.File.UploadId,
            work,
            now = clock.GetUtcNow().ToUnixTimeMilliseconds(),
        }, token), ct);
        return await GetAsync(id, ct);
    }

    /// <exception cref="TemperException">Code <c>not_found</c>.</exception>
    public async Task<FileObject> GetAsync(string id, CancellationToken ct) => await ShowAsync(await FindAsync(id, "id", ct), ct);

    /// <summary>The file's row.</summary>
    /// <exception cref="TemperException">Code <c>not_found</c>, blaming <paramref name="parameter"/>.</exception>
    public async Task<FileRow> FindAsync(string id, string parameter, CancellationToken ct) =>
        await db.FindAsync<FileRow>($"select {Columns} from openai_files where id = @id and deleted = 0", new { id }, ct)
        ?? throw new TemperException([new("not_found", $"There is no file '{(id.Length > 60 ? id[..60] : id)}'.") { Path = parameter, Hint = "Send it to POST /v1/files first; GET /v1/files lists all." }]);

    public async Task<OpenAiList<FileObject>> ListAsync(string? purpose, string? after, int? limit, bool ascending, CancellationToken ct)
    {
        var most = OpenAiList<FileObject>.Limit(limit);
        var (before, id) = after is null ? (ascending ? 0 : long.MaxValue, "") : (await FindAsync(after, "after", ct)) is { } row ? (row.CreatedMs, row.Id) : default;
        var rows = purpose is null or Purpose ? await db.QueryAsync<FileRow>(ascending ? Oldest : Newest, new { before, id, more = most + 1 }, ct) : [];
        var files = new List<FileObject>();
        foreach (var found in rows)
            files.Add(await ShowAsync(found, ct));
        return OpenAiList<FileObject>.Of(files, most, file => file.Id);
    }

    /// <summary>Out of reach at once; its bytes go with the next sweep. What was trained on it keeps its sealed records.</summary>
    public async Task DeleteAsync(string id, CancellationToken ct)
    {
        var row = await FindAsync(id, "id", ct);
        try
        {
            await controls.CancelAsync(WorkId.Parse(row.WorkId), ct);
        }
        catch (TemperException e) when (e.Code == "job_ended")
        {
            // Ingested already: nothing to stop.
        }
        await db.InTransactionAsync(async (session, token) =>
        {
            await session.ExecuteAsync("update openai_files set deleted = 1 where id = @id", new { id }, token);
            await session.ExecuteAsync("update uploads set kept = 0 where id = @upload", new { upload = row.UploadId }, token);
        }, ct);
    }

    /// <summary>Its bytes, as they were sent.</summary>
    public async Task<Stream> OpenAsync(string id, CancellationToken ct)
    {
        var row = await FindAsync(id, "id", ct);
        return await blobs.OpenAsync(BlobLayout.Upload(ResourceName.Parse(row.Id), row.UploadId, row.Filename), 0, null, null, ct);
    }

    private async Task<FileObject> ShowAsync(FileRow row, CancellationToken ct)
    {
        var ingestion = (await db.FindAsync<WorkRow>($"select {WorkRow.Columns} from work where id = @id", new { id = row.WorkId }, ct))?.ToInfo();
        var (status, details) = ingestion switch
        {
            { Rejected: true } => ("error", "Its records cannot be used; a job on it says why."),
            { State: WorkState.Completed } => ("processed", null),
            { Ended: true } => ("error", ingestion.Errors.Count == 0 ? "Ingestion was cancelled." : OpenAiJson.Message(ingestion.Errors)),
            _ => ("uploaded", (string?)null),
        };
        return new(row.Id, row.Bytes, row.CreatedMs / 1000, row.Filename, row.Purpose, status, details);
    }
}

/// <summary>A row of <c>openai_files</c>.</summary>
internal sealed record FileRow
{
    public string Id { get; init; } = "";
    public string Filename { get; init; } = "";
    public string Purpose { get; init; } = "";
    public long Bytes { get; init; }
    public string UploadId { get; init; } = "";
    public string WorkId { get; init; } = "";
    public long CreatedMs { get; init; }
}

/// <summary>A file as OpenAI's clients read it.</summary>
internal sealed record FileObject(string Id, long Bytes, long CreatedAt, string Filename, string Purpose, string Status, string? StatusDetails)
{
    public string Object => "file";

    public long? ExpiresAt => null;
}
