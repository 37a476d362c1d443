using System.Globalization;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Storage.Sql;
using Temper.Versioning.Objects;
using Temper.Versioning.Packs;

namespace Temper.Versioning.Content;

/// <summary>The content store's tables, read.</summary>
internal sealed class Catalogue(Db db)
{
    private sealed record FileRow
    {
        public long Size { get; init; }
        public string? BlobKey { get; init; }
    }

    private sealed record PlaceRow
    {
        public Digest Id { get; init; }
        public Digest? PackId { get; init; }
        public string Kind { get; init; } = "";
        public long Off { get; init; }
        public long Stored { get; init; }
        public long Size { get; init; }
        public int Form { get; init; }
        public long N { get; init; }
        public long Len { get; init; }
    }

    /// <summary>Size of a file; null when it is unknown.</summary>
    public async Task<long?> FindFileAsync(Digest file, CancellationToken ct) =>
        (await db.FindAsync<FileRow>("select size, blob_key from files where id = @file", new { file }, ct))?.Size;

    /// <summary>Whether an object is in a pack.</summary>
    public async Task<bool> HasAsync(Digest id, CancellationToken ct) =>
        await db.ScalarAsync<string>("select pack_id from pack_entries where id = @id limit 1", new { id }, ct) is not null;

    /// <summary>The commit's row.</summary>
    public Task<CommitRow?> FindCommitAsync(Digest commit, CancellationToken ct) =>
        db.FindAsync<CommitRow>("select id, tree, meta, gen, at_ms from commits where id = @commit", new { commit }, ct);

    /// <summary>Where a tree, commit or tag lies.</summary>
    public async Task<(Digest Pack, PackEntry Entry)> PlaceAsync(Digest id, ObjectKind kind, CancellationToken ct)
    {
        var row = await db.FindAsync<PlaceRow>("""
            select id, pack_id, kind, off, stored, size, form from pack_entries where id = @id and kind = @kind order by pack_id limit 1
            """, new { id, kind = ObjectIds.Word(kind) }, ct);
        return row is null
            ? throw new TemperException("object_missing", $"The store has no {ObjectIds.Word(kind)} {id}.")
            : (row.PackId!.Value, EntryOf(row));
    }

    /// <summary>Places of all chunks of a file, in order, and its size.</summary>
    public async Task<(long Size, List<ChunkPlace> Places)> PlacesAsync(Digest file, CancellationToken ct)
    {
        var found = await db.FindAsync<FileRow>("select size, blob_key from files where id = @file", new { file }, ct)
            ?? throw new TemperException("object_missing", $"The store has no file {file}.");
        var rows = await db.QueryAsync<PlaceRow>("""
            select c.n, c.len, c.chunk_id as id, e.pack_id, coalesce(e.kind, '') as kind, coalesce(e.off, 0) as off,
                coalesce(e.stored, 0) as stored, coalesce(e.size, 0) as size, coalesce(e.form, 0) as form
            from file_chunks c left join pack_entries e on e.id = c.chunk_id and e.kind = 'chunk'
            where c.file_id = @file order by c.n, e.pack_id
            """, new { file }, ct);
        var places = new List<ChunkPlace>();
        long start = 0;
        foreach (var row in rows.DistinctBy(r => r.N))
        {
            places.Add(PlaceOf(row, start, found.BlobKey, file));
            start += row.Len;
        }
        return start == found.Size
            ? (found.Size, places)
            : throw new TemperException("object_corrupt", $"The chunks of the file {file} have {start} bytes together; the file should have {found.Size}.");
    }

    private static ChunkPlace PlaceOf(PlaceRow row, long start, string? blob, Digest file)
    {
        if (blob is not null)
            return new(row.Id, start, (int)row.Len, null, null, BlobKey.Parse(blob));
        if (row.PackId is not { } pack)
            throw new TemperException("object_missing", string.Create(CultureInfo.InvariantCulture, $"Chunk {row.N} ({row.Id}) of the file {file} is in no pack."));
        var entry = EntryOf(row);
        PackFormat.Check(entry, long.MaxValue, pack);
        return entry.Size == row.Len
            ? new(row.Id, start, entry.Size, pack, entry, BlobLayout.Pack(pack))
            : throw new TemperException("object_corrupt", $"The chunk {row.Id} of the file {file} has {entry.Size} bytes; the file says {row.Len}.");
    }

    private static PackEntry EntryOf(PlaceRow row) =>
        new(row.Id, ObjectIds.Kind(row.Kind), row.Off, checked((int)row.Stored), checked((int)row.Size), (PackForm)row.Form);
}
