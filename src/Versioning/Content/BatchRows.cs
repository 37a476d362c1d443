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
        await session.InsertAsync("files", ["id", "size", "chunker", "blob_key", "created_ms"],
            [.. _files.Values.Select(f => new object?[] { f.Recipe.File, f.Recipe.Size, f.Recipe.Chunker, f.Blob?.ToString(), now })], ct);
        await session.InsertAsync("file_chunks", ["file_id", "n", "chunk_id", "len"],
            [.. _files.Values.SelectMany(f => f.Recipe.Chunks.Select((c, n) => new object?[] { f.Recipe.File, (long)n, c.Id, (long)c.Length }))], ct);
        foreach (var (id, commit) in _commits)
            await InsertAsync(session, id, commit, ct);
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
