using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Tests;

/// <summary>A store for tests of histories and merges.</summary>
internal sealed class TestStore : IAsyncDisposable
{
    private static readonly CancellationToken Ct = CancellationToken.None;
    private readonly LocalStore _store;

    private TestStore(LocalStore store) => _store = store;

    public static async Task<TestStore> NewAsync() => new(await LocalStore.NewAsync());

    public ContentStore Objects => _store.Objects;

    public IObjectBatch Begin() => _store.Objects.NewBatch();

    public Task SaveAsync(IObjectBatch batch) => _store.SaveAsync(batch);

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
        foreach (var (path, entry) in await Objects.ListFilesAsync(tree, Ct))
            files.Add(path.ToString(), (entry.Mode, await Objects.ReadFileAsync(entry.Id, Ct)));
        return files;
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();
}
