using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Storage.Sql;
using Temper.Versioning.Objects;
using Temper.Versioning.Packs;

namespace Temper.Versioning.Content;

/// <summary>Rows that a batch will add to the catalogue.</summary>
internal sealed class BatchRows(TimeProvider clock)
{
    private readonly List<StoredPack> _packs = [];
    private readonly HashSet<Digest> _objects = [];
    private readonly Dictionary<Digest, (Recipe Recipe, BlobKey? Blob)> _files = [];
    private readonly List<(Digest Id, Commit Commit)> _commits = [];

    public bool HasObject(Digest id) => _objects.Contains(id);

    public bool HasFile(Digest id) => _files.ContainsKey(id);

    public void AddPack(StoredPack pack)
    {
        _packs.Add(pack);
        _objects.UnionWith(pack.Entries.Select(e => e.Id));
    }

    public void AddFile(Recipe recipe, BlobKey? blob)
    {
        // A copy in packs wins over one that depends on another blob.
        if (!_files.TryGetValue(recipe.File, out var known) || known.Blob is not null)
            _files[recipe.File] = (recipe, blob);
    }

    public void AddCommit(Digest id, Commit commit)
    {
        if (_commits.TrueForAll(c => c.Id != id))
            _commits.Add((id, commit));
    }

    public async Task InsertAsync(DbSession session, CancellationToken ct)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        await session.InsertAsync("packs", ["id", "size", "created_ms"], [.. _packs.Select(p => new object?[] { p.Id, p.Size, now })], ct);
        await session.InsertAsync("pack_entries", ["id", "pack_id", "kind", "off", "stored", "size", "form"],
            [.. _packs.SelectMany(p => p.Entries.Select(e => new object?[] { e.Id, p.Id, ObjectIds.Word(e.Kind), e.Offset, (long)e.Stored, (long)e.Size, (int)e.Form }))], ct);
        foreach (var (recipe, blob) in _files.Values)
            await InsertAsync(session, recipe, blob, now, ct);
        foreach (var (id, commit) in _commits)
            await InsertAsync(session, id, commit, ct);
    }

    /// <summary>Rows of a file. One that is known stays as it is: its chunks may be cut in another way.</summary>
    public static async Task InsertAsync(DbSession session, Recipe recipe, BlobKey? blob, long now, CancellationToken ct)
    {
        const string Insert = "insert into files (id, size, chunker, blob_key, created_ms) values (@id, @size, @chunker, @blob, @now) on conflict (id) do nothing";
        if (await session.ExecuteAsync(Insert, new { id = recipe.File, size = recipe.Size, chunker = recipe.Chunker, blob = blob?.ToString(), now }, ct) == 1)
            await session.InsertAsync("file_chunks", ["file_id", "n", "chunk_id", "len"],
                [.. recipe.Chunks.Select((c, n) => new object?[] { recipe.File, (long)n, c.Id, (long)c.Length })], ct);
    }

    private static async Task InsertAsync(DbSession session, Digest id, Commit commit, CancellationToken ct)
    {
        long generation = 1;
        foreach (var parent in commit.Parents)
            generation = Math.Max(generation, 1 + (await session.ScalarAsync<long?>("select gen from commits where id = @parent", new { parent }, ct)
                ?? throw new TemperException("object_missing", $"The commit {id} follows {parent}, which the store does not have.")));
        await session.InsertAsync("commits", ["id", "tree", "meta", "gen", "at_ms"], [[id, commit.Tree, commit.Meta, generation, commit.Committer.AtMs]], ct);
        await session.InsertAsync("parents", ["commit_id", "n", "parent_id"], [.. commit.Parents.Select((p, n) => new object?[] { id, (long)n, p })], ct);
    }
}
