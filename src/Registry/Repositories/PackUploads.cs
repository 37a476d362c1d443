using System.Buffers;
using Microsoft.AspNetCore.Http;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Storage.Sql;

namespace Temper.Registry.Repositories;

/// <summary>A row of <c>pack_uploads</c>.</summary>
internal sealed record PackUploadRow
{
    public const string Columns = "id, repo_id, sha256, size, received, state";

    public string Id { get; init; } = "";
    public string RepoId { get; init; } = "";
    public Digest Sha256 { get; init; }
    public long Size { get; init; }
    public long Received { get; init; }
    public string State { get; init; } = "";

    public PackProgress Progress => new(Id, Received, Size, PackUploads.PartSize, State == "completed");
}

/// <summary>
/// Packs on their way in. A piece is a blob of its own and counts when it begins where the one before ended; a piece whose connection broke counts as
/// far as it came. The unfinished upload of the same pack is continued, by whoever sends it and with whichever registry process answers.
/// </summary>
internal sealed class PackUploads(Db db, IBlobStore blobs, TimeProvider clock)
{
    /// <summary>Largest piece, bytes.</summary>
    public const int PartSize = 8 << 20;

    // A pack of 1 GiB, its last object and its index.
    private const long Largest = (1L << 30) + (256 << 20);

    private const string Insert = """
        insert into pack_uploads (id, repo_id, sha256, size, state, created_ms, touched_ms) values (@id, @repo, @sha, @size, 'open', @now, @now) on conflict do nothing
        """;

    private const string Count = """
        update pack_uploads set received = received + @length, touched_ms = @now where id = @id and received = @at and state = 'open'
        """;

    /// <summary>Begins an upload, or finds the unfinished one of the same pack; a pack that is there already is completed.</summary>
    /// <exception cref="TemperException">Code <c>upload_too_large</c>.</exception>
    public async Task<PackProgress> OpenAsync(RepositoryRow repo, PackRequest request, CancellationToken ct)
    {
        if (request.Size is < 1 or > Largest)
            throw new TemperException("upload_too_large", $"A pack of {request.Size} bytes was announced; the server takes 1 to {Largest}.");
        if (await FindPackAsync(request.Sha256, ct) is { } there)
            return new(request.Sha256.Hex, there, there, PartSize, Completed: true);
        var row = new { id = Ulid.New(clock), repo = repo.Id, sha = request.Sha256, size = request.Size, now = clock.GetUtcNow().ToUnixTimeMilliseconds() };
        await db.ExecuteAsync(Insert, row, ct);
        var open = await db.FindAsync<PackUploadRow>($"select {PackUploadRow.Columns} from pack_uploads where repo_id = @repo and sha256 = @sha and state = 'open'", row, ct);
        return open?.Progress ?? await OpenAsync(repo, request, ct);
    }

    /// <summary>Size of a pack that is there, which counts as new from now on, so that no collection takes it away before a reference leads to it.</summary>
    private Task<long?> FindPackAsync(Digest pack, CancellationToken ct) => db.InTransactionAsync(async (session, token) =>
    {
        var row = new { pack, now = clock.GetUtcNow().ToUnixTimeMilliseconds() };
        if (await session.ExecuteAsync("update packs set created_ms = @now where id = @pack", row, token) == 0)
            return null;
        await session.ExecuteAsync("delete from dead_packs where pack_id = @pack", row, token);
        return await session.ScalarAsync<long?>("select size from packs where id = @pack", row, token);
    }, ct);

    /// <exception cref="TemperException">Code <c>not_found</c>.</exception>
    public async Task<PackUploadRow> GetAsync(RepositoryRow repo, string id, CancellationToken ct) =>
        await db.FindAsync<PackUploadRow>($"select {PackUploadRow.Columns} from pack_uploads where id = @id and repo_id = @repo and state <> 'dropped'", new { id, repo = repo.Id }, ct)
            ?? throw new TemperException("not_found", "There is no such upload; it may have been removed after a week of silence.");

    /// <summary>Takes a piece, or as much of it as arrives.</summary>
    /// <exception cref="TemperException">Codes <c>upload_offset</c>, <c>upload_piece_size</c>, <c>not_found</c>.</exception>
    public async Task<PackProgress> SendAsync(RepositoryRow repo, string id, long offset, Stream body, CancellationToken ct)
    {
        var upload = await GetAsync(repo, id, ct);
        if (offset != upload.Received || upload.State != "open")
            throw Offset(upload, offset);
        var buffer = ArrayPool<byte>.Shared.Rent(PartSize + 1);
        try
        {
            var (length, whole) = await ReadAsync(body, buffer.AsMemory(0, PartSize + 1));
            if (length > PartSize || offset + length > upload.Size || length == 0 && whole)
                throw new TemperException("upload_piece_size", $"A piece of {length} bytes at {offset} was sent; expected 1 to {Math.Min(PartSize, upload.Size - offset)}.");
            if (length > 0)
                await KeepAsync(upload, offset, buffer.AsMemory(0, length));
            return (upload with { Received = offset + length }).Progress;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The pieces of an upload, in order.</summary>
    public Task<IReadOnlyList<PieceRow>> PiecesAsync(string id, CancellationToken ct) =>
        db.QueryAsync<PieceRow>("select at, size, blob_key from pack_upload_pieces where upload_id = @id order by at", new { id }, ct);

    /// <summary>Forgets what has arrived; the upload goes into <paramref name="state"/>: open, to be sent anew, completed or dropped.</summary>
    public async Task EndAsync(string id, string state, CancellationToken ct)
    {
        var pieces = await PiecesAsync(id, ct);
        await db.InTransactionAsync(async (session, token) =>
        {
            var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
            await session.ExecuteAsync("update pack_uploads set state = @state, touched_ms = @now, received = case when @state = 'completed' then size else 0 end where id = @id",
                new { id, state, now }, token);
            await session.ExecuteAsync("delete from pack_upload_pieces where upload_id = @id", new { id }, token);
        }, ct);
        foreach (var piece in pieces)
            await blobs.DeleteAsync(BlobKey.Parse(piece.BlobKey), null, ct);
    }

    private async Task KeepAsync(PackUploadRow upload, long offset, ReadOnlyMemory<byte> piece)
    {
        // What has arrived is kept though nobody waits for the answer any more.
        var none = CancellationToken.None;
        var key = BlobLayout.PackPiece(upload.Id, offset, Ulid.New(clock));
        await blobs.CreateAsync(key, new MemoryStream(piece.ToArray(), writable: false), none);
        var row = new { id = upload.Id, at = offset, length = (long)piece.Length, key = key.ToString(), now = clock.GetUtcNow().ToUnixTimeMilliseconds() };
        var counted = await db.InTransactionAsync(async (session, token) => await session.ExecuteAsync(Count, row, token) == 1
            && await session.ExecuteAsync("insert into pack_upload_pieces (upload_id, at, size, blob_key) values (@id, @at, @length, @key)", row, token) == 1, none);
        DurableSteps.Passed("repo.piece_stored");
        if (counted)
            return;
        await blobs.DeleteAsync(key, null, none);
        var now = await db.FindAsync<PackUploadRow>($"select {PackUploadRow.Columns} from pack_uploads where id = @id", row, none);
        throw Offset(now ?? upload, offset);
    }

    private static async Task<(int Length, bool Whole)> ReadAsync(Stream body, Memory<byte> buffer)
    {
        var length = 0;
        try
        {
            int count;
            while (length < buffer.Length && (count = await body.ReadAsync(buffer[length..], CancellationToken.None)) > 0)
                length += count;
            return (length, true);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException || error is BadHttpRequestException { StatusCode: not StatusCodes.Status413PayloadTooLarge })
        {
            return (length, false);
        }
    }

    private static TemperException Offset(PackUploadRow upload, long offset) =>
        new("upload_offset", $"A piece at {offset} was sent; the server holds {upload.Received} bytes{(upload.State == "open" ? "" : $" and the upload is {upload.State}")}.");

    /// <summary>A row of <c>pack_upload_pieces</c>.</summary>
    public sealed record PieceRow
    {
        public long At { get; init; }
        public long Size { get; init; }
        public string BlobKey { get; init; } = "";
    }
}
