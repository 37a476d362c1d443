using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Storage.Sql;

namespace Temper.Registry.Uploads;

/// <summary>The blobs of an upload: joined from their parts, verified, marked complete, removed.</summary>
internal sealed class UploadedFiles(Db db, IBlobStore blobs)
{
    private const string Anew = "update upload_files set received = 0, token = null where upload_id = @id and idx = @index";
    private const string Parts = "select number, token, size from upload_parts where upload_id = @id and idx = @index order by number";

    /// <summary>Makes a blob of each file's parts; one that is there was joined before.</summary>
    public async Task JoinAsync(UploadRow upload, IReadOnlyList<UploadFileRow> rows, CancellationToken ct)
    {
        foreach (var row in rows)
        {
            var key = row.Key(upload);
            if (await blobs.FindAsync(key, ct) is not null)
                continue;
            if (row.Size == 0)
                await blobs.CreateAsync(key, Stream.Null, ct);
            else
                await blobs.CommitPartsAsync(key, row.Token!, await PartsAsync(row, ct), ct);
        }
    }

    /// <summary>Reads every file back and gives the rows with the versions that were read. Those whose bytes are not as announced are dropped and begin anew.</summary>
    /// <exception cref="TemperException">Code <c>UPLOAD_HASH_MISMATCH</c>, one problem a file.</exception>
    public async Task<IReadOnlyList<UploadFileRow>> VerifyAsync(UploadRow upload, IReadOnlyList<UploadFileRow> rows, CancellationToken ct)
    {
        var (problems, verified) = (new List<Problem>(), new List<UploadFileRow>());
        foreach (var row in rows)
        {
            var info = await blobs.FindAsync(row.Key(upload), ct) ?? throw new TemperException("blob_missing", $"{row.Path} of upload {upload.Id} is not in the store.");
            var found = await DigestAsync(info, ct);
            if (info.Size == row.Size && found == row.Sha256)
            {
                verified.Add(row with { Version = info.ETag });
                continue;
            }
            problems.Add(new("UPLOAD_HASH_MISMATCH", $"{row.Path}: {info.Size} bytes with SHA-256 {found.Short}… arrived; {row.Size} with {row.Sha256.Short}… were announced.") { File = row.Path });
            await blobs.DeleteAsync(info.Key, info.ETag, ct);
            await db.InTransactionAsync(async (session, token) =>
            {
                await session.ExecuteAsync("delete from upload_parts where upload_id = @id and idx = @index", new { id = upload.Id, index = row.Idx }, token);
                await session.ExecuteAsync(Anew, new { id = upload.Id, index = row.Idx }, token);
            }, ct);
        }
        return problems.Count > 0 ? throw new TemperException(problems) : verified;
    }

    /// <summary>Writes <c>_complete.json</c>, which tells that all files are whole, with their hashes.</summary>
    public async Task MarkAsync(UploadRow upload, IReadOnlyList<UploadFileRow> rows, CancellationToken ct)
    {
        var marker = JsonSerializer.SerializeToUtf8Bytes(new { format = 1, upload = upload.Id, files = rows.Select(row => row.Entry).OrderBy(file => file.Path, StringComparer.Ordinal) }, Wire.Json);
        await blobs.CreateAsync(BlobLayout.Upload(upload.Name, upload.Id, UploadNames.Marker), new MemoryStream(marker, writable: false), ct);
    }

    /// <summary>Removes what is in the store of an upload that nobody needs any more.</summary>
    public async Task RemoveAsync(UploadRow upload, CancellationToken ct)
    {
        foreach (var row in await UploadFileRow.ListAsync(db, upload.Id, ct))
            if (row.Token is { } token && !upload.Completed)
                await blobs.AbandonPartsAsync(row.Key(upload), token, ct);
        await foreach (var blob in blobs.ListAsync($"uploads/{upload.Name}/{upload.Id}/", ct))
            await blobs.DeleteAsync(blob.Key, null, ct);
    }

    private async Task<Digest> DigestAsync(BlobInfo blob, CancellationToken ct)
    {
        await using var stream = await blobs.OpenAsync(blob.Key, 0, null, blob.ETag, ct);
        return await Digest.OfAsync(stream, ct);
    }

    private async Task<IReadOnlyList<BlobPart>> PartsAsync(UploadFileRow row, CancellationToken ct)
    {
        var parts = await db.QueryAsync<PartRow>(Parts, new { id = row.UploadId, index = row.Idx }, ct);
        return [.. parts.Select(part => new BlobPart((int)part.Number, part.Token, part.Size))];
    }

    private sealed record PartRow
    {
        public long Number { get; init; }
        public string Token { get; init; } = "";
        public long Size { get; init; }
    }
}
