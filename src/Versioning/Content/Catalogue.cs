using System.Globalization;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Storage.Sql;
using Temper.Versioning.Chunks;
using Temper.Versioning.Objects;
using Temper.Versioning.Packs;

namespace Temper.Versioning.Content;

/// <summary>The content store's tables, read.</summary>
internal sealed class Catalogue(Db db)
{
    private sealed record FileRow
    {
        public long Size { get; init; }
        public string Chunker { get; init; } = "";
        public string? BlobKey { get; init; }
        public bool IsChunk { get; init; }
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

    /// <summary>Size of a file; null when it is unknown. A chunk is the file of its bytes.</summary>
    public async Task<long?> FindFileAsync(Digest file, CancellationToken ct) =>
        (await FileRowAsync(file, ct))?.Size;

    /// <summary>Whether an object is in a pack.</summary>
    public async Task<bool> HasAsync(Digest id, CancellationToken ct) =>
        await db.ScalarAsync<string>("select pack_id from pack_entries where id = @id limit 1", new { id }, ct) is not null;

    /// <summary>Whether an object is in a pack that will stay: another may go before something leads to what relies on it.</summary>
    public async Task<bool> WillKeepAsync(Digest id, CancellationToken ct) =>
        await db.ScalarAsync<string>("select pack_id from pack_entries where id = @id and pack_id not in (select pack_id from dead_packs) limit 1", new { id }, ct) is not null;

    /// <summary>Keeps the blob of a pack from being removed, before it is written or found: a pack of these bytes may be one that was forgotten.</summary>
    public Task ClaimAsync(Digest pack, CancellationToken ct) => db.ExecuteAsync("delete from forgotten_packs where pack_id = @pack", new { pack }, ct);

    /// <summary>Kind of a tree, commit, tag or file; null when it is unknown.</summary>
    public async Task<ObjectKind?> FindKindAsync(Digest id, CancellationToken ct) =>
        await db.ScalarAsync<string>("""
            select kind from (select kind from pack_entries where id = @id union all select 'chunk' as kind from files where id = @id) k
            order by case kind when 'chunk' then 2 when 'recipe' then 2 else 1 end limit 1
            """, new { id }, ct) is { } word ? FileOr(ObjectIds.Kind(word)) : null;

    /// <summary>Trees, commits, tags and files whose ids begin with these digits.</summary>
    public async Task<List<(Digest Id, ObjectKind Kind)>> FindPrefixAsync(string hex, int most, CancellationToken ct)
    {
        // 'g' follows 'f': no id that begins with the digits sorts behind it.
        var rows = await db.QueryAsync<PlaceRow>("""
            select distinct id, kind from (select id, case kind when 'recipe' then 'chunk' else kind end as kind from pack_entries where id >= @hex and id < @end
                union all select id, 'chunk' as kind from files where id >= @hex and id < @end) k order by id, kind limit @most
            """, new { hex, end = hex + "g", most = (long)most }, ct);
        return [.. rows.Select(r => (r.Id, ObjectIds.Kind(r.Kind)))];
    }

    private static ObjectKind FileOr(ObjectKind kind) => kind == ObjectKind.Recipe ? ObjectKind.Chunk : kind;

    /// <summary>The chunks of a file in order; null when it is unknown.</summary>
    public async Task<Recipe?> FindRecipeAsync(Digest file, CancellationToken ct)
    {
        var found = await FileRowAsync(file, ct);
        if (found is null)
            return null;
        if (found.IsChunk)
            return new(file, found.Size, Chunking.Whole, [new(file, (int)found.Size)]);
        var rows = await db.QueryAsync<PlaceRow>("select chunk_id as id, n, len from file_chunks where file_id = @file order by n", new { file }, ct);
        return new(file, found.Size, found.Chunker, [.. rows.Select(r => new FileChunk(r.Id, (int)r.Len))]);
    }

    /// <summary>The commit's row.</summary>
    public Task<CommitRow?> FindCommitAsync(Digest commit, CancellationToken ct) =>
        db.FindAsync<CommitRow>("select id, tree, meta, gen, at_ms from commits where id = @commit", new { commit }, ct);

    /// <summary>Where a tree, commit or tag lies.</summary>
    public async Task<(Digest Pack, PackEntry Entry)> PlaceAsync(Digest id, ObjectKind kind, CancellationToken ct) =>
        await FindPlaceAsync(id, kind, ct) ?? throw new TemperException("object_missing", $"The store has no {ObjectIds.Word(kind)} {id}.");

    /// <summary>Where an object lies; null when it is in no pack.</summary>
    public async Task<(Digest Pack, PackEntry Entry)?> FindPlaceAsync(Digest id, ObjectKind kind, CancellationToken ct) =>
        await db.FindAsync<PlaceRow>("""
            select id, pack_id, kind, off, stored, size, form from pack_entries where id = @id and kind = @kind order by pack_id limit 1
            """, new { id, kind = ObjectIds.Word(kind) }, ct) is { } row ? (row.PackId!.Value, EntryOf(row)) : null;

    /// <summary>Those of the ids that are in a pack.</summary>
    public async Task<HashSet<Digest>> PresentAsync(IReadOnlyCollection<Digest> ids, CancellationToken ct)
    {
        var present = new HashSet<Digest>();
        foreach (var some in ids.Chunk(500))
        {
            var parameters = some.Select((id, n) => KeyValuePair.Create($"p{n}", (object)id.Hex)).ToDictionary();
            var names = string.Join(", ", parameters.Keys.Select(name => $"@{name}"));
            present.UnionWith(await db.QueryAsync<Digest>($"select distinct id from pack_entries where id in ({names}) and kind <> 'recipe'", parameters, ct));
        }
        return present;
    }

    /// <summary>Places of all chunks of a file, in order, and its size.</summary>
    public async Task<(long Size, List<ChunkPlace> Places)> PlacesAsync(Digest file, CancellationToken ct)
    {
        var found = await FileRowAsync(file, ct)
            ?? throw new TemperException("object_missing", $"The store has no file {file}.");
        if (found.IsChunk && await PlaceAsync(file, ObjectKind.Chunk, ct) is var (only, entry))
            return (found.Size, [new(file, 0, entry.Size, only, entry, BlobLayout.Pack(only))]);
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

    private async Task<FileRow?> FileRowAsync(Digest file, CancellationToken ct) =>
        await db.FindAsync<FileRow>("select size, chunker, blob_key from files where id = @file", new { file }, ct)
        ?? (await db.ScalarAsync<long?>("select size from pack_entries where id = @file and kind = 'chunk' limit 1", new { file }, ct) is { } size
            ? new() { Size = size, IsChunk = true }
            : file == Chunking.EmptyFile ? new() { Chunker = Chunking.Whole } : null);

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
