using Temper.Core.Blobs;
using Temper.Core.Ids;
using Temper.Storage.Sql;

namespace Temper.Registry.Uploads;

/// <summary>
/// Files that an earlier upload of the same dataset holds are copied within the store instead of being sent again. The copy is verified like bytes that
/// were sent. What is large is left to the sender, so that opening an upload answers soon.
/// </summary>
internal sealed class UploadReuse(Db db, IBlobStore blobs)
{
    private const long LargestFile = 64L << 20;
    private const long MostBytes = 1L << 30;

    private const string Held = """
        select f.upload_id, f.path from upload_files f join uploads u on u.id = f.upload_id
        where u.kind = 'dataset' and u.name = @name and u.state = 'completed' and f.sha256 = @sha and f.size = @size order by u.id desc limit 1
        """;

    private const string Fill = "update upload_files set received = size where upload_id = @id and idx = @index and received = 0 and token is null";

    /// <summary>Fills what it can of a new upload. A sender who was faster is not disturbed: his bytes count, or the same ones are there.</summary>
    public async Task FillAsync(UploadRow upload, CancellationToken ct)
    {
        var left = MostBytes;
        foreach (var file in await UploadFileRow.ListAsync(db, upload.Id, ct))
        {
            if (file.Size is 0 or > LargestFile || file.Size > left)
                continue;
            if (await db.FindAsync<HeldRow>(Held, new { name = upload.Name, sha = file.Sha256, size = file.Size }, ct) is not { } held)
                continue;
            if (await blobs.FindAsync(BlobLayout.Upload(upload.Name, held.UploadId, held.Path), ct) is not { } blob || blob.Size != file.Size)
                continue;
            await using (var content = await blobs.OpenAsync(blob.Key, 0, null, blob.ETag, ct))
                await blobs.CreateAsync(file.Key(upload), content, ct);
            await db.ExecuteAsync(Fill, new { id = upload.Id, index = file.Idx }, ct);
            left -= file.Size;
        }
    }

    private sealed record HeldRow
    {
        public string UploadId { get; init; } = "";
        public string Path { get; init; } = "";
    }
}
