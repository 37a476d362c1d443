using System.Buffers;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Storage.Sql;

namespace Temper.Registry.Uploads;

/// <summary>
/// Stores pieces of files. Each piece is staged under a part number of its own, then counted if the file still ends where the piece begins: of two
/// senders of one piece, one is counted and the other's bytes are never joined.
/// </summary>
internal sealed class UploadPieces(Db db, IBlobStore blobs, TimeProvider clock)
{
    private const string Reserve = $"""
        update upload_files set next_part = next_part + 1 where upload_id = @id and idx = @index and received = @offset
            and exists (select 1 from uploads u where u.id = @id and u.state = 'open')
        returning {UploadFileRow.Columns}
        """;

    private const string Begin = "update upload_files set token = @token where upload_id = @id and idx = @index and token is null";

    private const string Count = """
        update upload_files set received = received + @length where upload_id = @id and idx = @index and received = @offset and token = @token
            and exists (select 1 from uploads u where u.id = @id and u.state = 'open')
        """;

    private const string Keep = "insert into upload_parts (upload_id, idx, number, token, size) values (@id, @index, @number, @part, @length)";

    /// <summary>Stores the piece that is <paramref name="body"/>.</summary>
    /// <exception cref="TemperException">Codes <c>upload_offset</c>, <c>upload_piece_size</c>, <c>not_found</c>.</exception>
    public async Task<UploadProgress> SendAsync(string id, int index, long offset, Stream body, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(UploadSessions.PartSize + 1);
        try
        {
            var length = await body.ReadAtLeastAsync(buffer.AsMemory(0, UploadSessions.PartSize + 1), UploadSessions.PartSize + 1, throwOnEndOfStream: false, ct);
            if (length is 0 or > UploadSessions.PartSize)
                throw new TemperException("upload_piece_size", $"A piece of {(length == 0 ? "0" : $"more than {UploadSessions.PartSize}")} bytes was sent; expected 1 to {UploadSessions.PartSize}.");
            var file = await db.InTransactionAsync((session, token) => session.FindAsync<UploadFileRow>(Reserve, new { id, index = (long)index, offset }, token), ct)
                ?? throw await WhyNotAsync(id, index, offset, ct);
            if (offset + length > file.Size)
                throw new TemperException("upload_piece_size", $"{file.Path} has {file.Size} bytes; a piece of {length} bytes at {offset} goes beyond.");
            return await StoreAsync(file, offset, buffer.AsMemory(0, length), ct);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<UploadProgress> StoreAsync(UploadFileRow file, long offset, ReadOnlyMemory<byte> piece, CancellationToken ct)
    {
        var upload = (await UploadRow.FindAsync(db, file.UploadId, ct))!;
        var token = await TokenAsync(upload, file, ct);
        var part = await blobs.StagePartAsync(file.Key(upload), token, (int)file.NextPart - 1, new MemoryStream(piece.ToArray(), writable: false), ct);
        var row = new { id = file.UploadId, index = file.Idx, offset, length = (long)piece.Length, number = (long)part.Number, part = part.Token, token, now = clock.GetUtcNow().ToUnixTimeMilliseconds() };
        var counted = await db.InTransactionAsync(async (session, none) =>
        {
            if (await session.ExecuteAsync(Count, row, none) == 0)
                return false;
            await session.ExecuteAsync(Keep, row, none);
            await session.ExecuteAsync("update uploads set touched_ms = @now where id = @id", row, none);
            return true;
        }, ct);
        if (!counted)
            throw await WhyNotAsync(file.UploadId, (int)file.Idx, offset, ct);
        DurableSteps.Passed("upload.part_stored");
        RegistryTelemetry.UploadedBytes.Add(piece.Length);
        return new(file.Path, file.Size, offset + piece.Length);
    }

    private async Task<string> TokenAsync(UploadRow upload, UploadFileRow file, CancellationToken ct)
    {
        if (file.Token is { } known)
            return known;
        var token = await blobs.BeginPartsAsync(file.Key(upload), ct);
        if (await db.ExecuteAsync(Begin, new { id = upload.Id, index = file.Idx, token }, ct) == 1)
            return token;
        await blobs.AbandonPartsAsync(file.Key(upload), token, ct);
        return (await UploadFileRow.ListAsync(db, upload.Id, ct))[(int)file.Idx].Token ?? throw await WhyNotAsync(upload.Id, (int)file.Idx, file.Received, ct);
    }

    private async Task<TemperException> WhyNotAsync(string id, int index, long offset, CancellationToken ct)
    {
        var upload = await UploadRow.FindAsync(db, id, ct);
        if (upload is null)
            return UploadSessions.Unknown(id);
        var files = await UploadFileRow.ListAsync(db, id, ct);
        if (index < 0 || index >= files.Count)
            return new("not_found", $"Upload {id} has files 0 to {files.Count - 1}; there is no file {index}.");
        return new("upload_offset", $"{files[index].Path}: a piece at {offset} was sent; the server holds {files[index].Received} bytes{(upload.Completed ? " and the upload is completed" : "")}.");
    }
}
