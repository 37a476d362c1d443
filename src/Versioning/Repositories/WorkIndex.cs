using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Storage.Sql;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;

namespace Temper.Versioning.Repositories;

/// <summary>
/// What the next commit will hold: a file of the work tree or of a commit under every path, and the sides of conflicts. Each change happens whole or
/// not at all. Reading is safe from any thread; who changes holds the repository's lock.
/// </summary>
public sealed class WorkIndex
{
    private readonly Db _db;
    private Dictionary<string, FolderTree> _written = [];

    internal WorkIndex(Db db) => _db = db;

    /// <summary>All entries, in the order of git: bytes of the path, then stage.</summary>
    /// <exception cref="TemperException">Code <c>index_corrupt</c>.</exception>
    public async Task<IReadOnlyList<IndexEntry>> LoadAsync(CancellationToken ct)
    {
        var entries = new List<IndexEntry>();
        foreach (var (folder, pages) in (await SnapshotAsync(ct)).Folders)
            entries.AddRange(pages.Items.Select(item => item.In(folder)));
        entries.Sort((a, b) => GitOrder.Compare(a.Path.ToString(), b.Path.ToString()) is not 0 and var order ? order : a.Stage.CompareTo(b.Stage));
        return entries;
    }

    /// <summary>The entries of one path: one, or the sides of a conflict, or none.</summary>
    public Task<IReadOnlyList<IndexEntry>> FindAsync(SafePath path, CancellationToken ct)
    {
        var (folder, name) = GitOrder.Split(path.ToString());
        return _db.ReadAsync((session, _) => Task.FromResult<IReadOnlyList<IndexEntry>>([.. IndexPages.Find(session, folder, name).Select(item => item.In(folder))]), ct);
    }

    /// <summary>Puts entries. A merged one (stage 0) ends a conflict of its path, and takes the place of a file where it needs a folder and of a folder where it is a file.</summary>
    public Task PutAsync(IReadOnlyCollection<IndexEntry> entries, CancellationToken ct) => ChangeAsync([], entries, ct);

    /// <summary>Removes paths with all their stages; those that are not there are no error.</summary>
    public Task RemoveAsync(IReadOnlyCollection<SafePath> paths, CancellationToken ct) => ChangeAsync(paths, [], ct);

    /// <summary>Removes paths, then puts entries, in one step.</summary>
    public async Task ChangeAsync(IReadOnlyCollection<SafePath> removed, IReadOnlyCollection<IndexEntry> put, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(removed);
        ArgumentNullException.ThrowIfNull(put);
        await _db.InTransactionAsync((session, _) =>
        {
            var change = new IndexChange();
            foreach (var path in removed)
                change.Remove(path.ToString());
            foreach (var entry in put)
                change.Put(entry);
            change.Apply(session);
            return Task.CompletedTask;
        }, ct);
        DurableSteps.Passed("vcs.index_written");
    }

    /// <summary>Notes new stamps of entries that are otherwise as they were; those that changed in the meantime are left alone.</summary>
    internal Task RefreshAsync(IReadOnlyCollection<IndexEntry> entries, CancellationToken ct) => _db.InTransactionAsync((session, _) =>
    {
        foreach (var folder in entries.GroupBy(entry => GitOrder.Split(entry.Path.ToString()).Folder))
        {
            var stamps = folder.ToDictionary(entry => GitOrder.Split(entry.Path.ToString()).Name);
            var edit = new FolderEdit();
            foreach (var item in IndexPages.Load(session, folder.Key))
                if (item.Stage == 0 && stamps.TryGetValue(item.Name, out var now) && now.Id == item.Id && now.Mode == item.Mode)
                    edit.Put(item with { Stamp = now.Stamp });
            IndexPages.Change(session, folder.Key, edit);
        }
        return Task.CompletedTask;
    }, ct);

    /// <summary>
    /// Adds the trees of all folders that changed since their ids were known; the id of the root. After the batch was stored,
    /// <see cref="KeepTreesAsync"/> keeps the ids.
    /// </summary>
    /// <exception cref="TemperException">Code <c>index_unmerged</c>, with every path in conflict.</exception>
    public async Task<Digest> WriteTreeAsync(IObjectBatch batch, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return await _db.ReadAsync((session, _) =>
        {
            var known = FolderTrees.Load(session);
            if (known.TryGetValue("", out var root))
                return Task.FromResult(root.Id);
            var writer = new TreeWriter(session, known, batch);
            var id = writer.Write();
            _written = writer.Written;
            return Task.FromResult(id);
        }, ct);
    }

    /// <summary>Keeps the ids that <see cref="WriteTreeAsync"/> found, so that the next commit touches changed folders only. The trees must be durable.</summary>
    public async Task KeepTreesAsync(CancellationToken ct)
    {
        if (_written.Count == 0)
            return;
        await _db.InTransactionAsync((session, _) =>
        {
            FolderTrees.Put(session, _written);
            return Task.CompletedTask;
        }, ct);
        _written = [];
    }

    /// <summary>Makes the index the content of a tree, null the empty one. Stamps of files that stay the same are kept; conflicts are forgotten.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public async Task ReadTreeAsync(IObjectStore store, Digest? tree, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(store);
        var reader = new TreeReader(store, await SnapshotAsync(ct));
        if (tree is { } root)
            await reader.ReadAsync("", root, ct);
        else
            reader.Empty();
        await _db.InTransactionAsync((session, _) =>
        {
            reader.Save(session);
            return Task.CompletedTask;
        }, ct);
        DurableSteps.Passed("vcs.index_written");
    }

    /// <summary>Everything at one moment.</summary>
    internal Task<IndexSnapshot> SnapshotAsync(CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        return Task.FromResult(_db.Read(Snapshot));
    }

    private static IndexSnapshot Snapshot(DbSession session)
    {
        using var begin = session.NewCommand("begin");
        begin.ExecuteNonQuery();
        try
        {
            return new(IndexPages.LoadAll(session), FolderTrees.Load(session));
        }
        finally
        {
            using var end = session.NewCommand("rollback");
            end.ExecuteNonQuery();
        }
    }
}
