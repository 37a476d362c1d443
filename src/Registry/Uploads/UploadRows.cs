using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Storage.Sql;

namespace Temper.Registry.Uploads;

/// <summary>A row of <c>uploads</c>.</summary>
internal sealed record UploadRow
{
    public const string Columns = "id, kind, name, state, work_id, model_version, traceparent";

    public string Id { get; init; } = "";
    public UploadKind Kind { get; init; }
    public ResourceName Name { get; init; }
    public string State { get; init; } = "";
    public string? WorkId { get; init; }
    public long? ModelVersion { get; init; }
    public string? Traceparent { get; init; }

    public bool Completed => State == "completed";

    public static Task<UploadRow?> FindAsync(Db db, string id, CancellationToken ct) =>
        db.FindAsync<UploadRow>($"select {Columns} from uploads where id = @id and state <> 'dropped'", new { id }, ct);
}

/// <summary>A row of <c>upload_files</c>.</summary>
internal sealed record UploadFileRow
{
    public const string Columns = "upload_id, idx, path, size, sha256, token, next_part, received";

    public const string Insert = "insert into upload_files (upload_id, idx, path, size, sha256, received) values (@UploadId, @Idx, @Path, @Size, @Sha256, @Received)";

    public string UploadId { get; init; } = "";
    public long Idx { get; init; }
    public string Path { get; init; } = "";
    public long Size { get; init; }
    public Digest Sha256 { get; init; }
    public string? Token { get; init; }
    public long NextPart { get; init; }
    public long Received { get; init; }

    /// <summary>Version of the blob whose bytes were found to be these; not kept in the table.</summary>
    public string? Version { get; init; }

    public FileEntry Entry => new(Path, Size, Sha256);

    public UploadProgress Progress => new(Path, Size, Received);

    public BlobKey Key(UploadRow upload) => BlobLayout.Upload(upload.Name, upload.Id, Path);

    public static Task<IReadOnlyList<UploadFileRow>> ListAsync(Db db, string upload, CancellationToken ct) =>
        db.QueryAsync<UploadFileRow>($"select {Columns} from upload_files where upload_id = @upload order by idx", new { upload }, ct);
}
