using Temper.Core.Ids;
using Temper.Storage.Folder;
using Temper.Storage.Sql;
using Temper.Testing;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Tests;

/// <summary>A store for tests of histories and merges.</summary>
internal sealed class TestStore : IAsyncDisposable
{
    private static readonly CancellationToken Ct = CancellationToken.None;
    private readonly TempFolder _folder = new();
    private readonly Db _db;
    private readonly ContentStore _store;

    private TestStore()
    {
        _db = Db.Sqlite(_folder.Of("temper.db"));
        _store = new(new FolderBlobStore(_folder.Of("blobs"), TimeProvider.System), _db, TimeProvider.System, _folder.Path);
    }

    public static async Task<TestStore> NewAsync()
    {
        var store = new TestStore();
        await store._db.ExecuteAsync(VersioningSchema.Version1, null, Ct);
        return store;
    }

    public IObjectStore Objects => _store;

    public IObjectBatch Begin() => _store.NewBatch();

    public async Task SaveAsync(IObjectBatch batch)
    {
        await batch.StoreAsync(Ct);
        await _db.InTransactionAsync(((ContentBatch)batch).RecordAsync, Ct);
    }

    /// <summary>Imports a history; the ids of its commits by their place.</summary>
    public async Task<Digest[]> ImportAsync(IReadOnlyList<Version> history)
    {
        await using var batch = Begin();
        var ids = await AddHistoryAsync(batch, history);
        await SaveAsync(batch);
        return ids;
    }

    public static async Task<Digest[]> AddHistoryAsync(IObjectBatch batch, IReadOnlyList<Version> history)
    {
        var ids = new Digest[history.Count];
        for (var i = 0; i < ids.Length; i++)
        {
            var who = new Signature("A", "a@x", history[i].AtMs);
            ids[i] = batch.AddCommit(new(await AddTreeAsync(batch, history[i].Files), who, who, history[i].Message) { Parents = [.. history[i].Parents.Select(p => ids[p])] });
        }
        return ids;
    }

    public async Task<Digest> TreeAsync(IReadOnlyDictionary<string, VersionFile> files)
    {
        await using var batch = Begin();
        var tree = await AddTreeAsync(batch, files);
        await SaveAsync(batch);
        return tree;
    }

    public static async Task<Digest> AddTreeAsync(IObjectBatch batch, IReadOnlyDictionary<string, VersionFile> files)
    {
        var entries = new List<TreeEntry>();
        foreach (var (name, file) in files.Where(f => !f.Key.Contains('/', StringComparison.Ordinal)))
        {
            var stored = await batch.AddFileAsync(new MemoryStream(file.Content), new(name), Ct);
            entries.Add(new(file.Mode, name, stored.Id, stored.Size));
        }
        foreach (var folder in files.Where(f => f.Key.Contains('/', StringComparison.Ordinal)).GroupBy(f => f.Key[..f.Key.IndexOf('/', StringComparison.Ordinal)]))
        {
            var id = await AddTreeAsync(batch, folder.ToDictionary(f => f.Key[(folder.Key.Length + 1)..], f => f.Value));
            entries.Add(new(EntryMode.Folder, folder.Key, id, folder.Sum(f => f.Value.Content.Length)));
        }
        return batch.AddFolder(entries).Id;
    }

    public async Task<Dictionary<string, (EntryMode Mode, byte[] Content)>> ReadAsync(Digest tree)
    {
        var files = new Dictionary<string, (EntryMode, byte[])>(StringComparer.Ordinal);
        foreach (var (path, entry) in await _store.ListFilesAsync(tree, Ct))
            files.Add(path.ToString(), (entry.Mode, await _store.ReadFileAsync(entry.Id, Ct)));
        return files;
    }

    public async ValueTask DisposeAsync()
    {
        await _db.DisposeAsync();
        _folder.Dispose();
    }
}
