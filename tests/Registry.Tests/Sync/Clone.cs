using System.Text;
using Temper.Core.Ids;
using Temper.Testing;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;
using Temper.Versioning.Sync;

namespace Temper.Registry.Tests.Sync;

/// <summary>A person's clone: commits files, pushes and fetches.</summary>
internal sealed class Clone : IAsyncDisposable
{
    public static readonly Signature Someone = new("Some One", "one@example.org", 1_700_000_000_000);
    private readonly TempFolder _folder;

    private Clone(TempFolder folder, Repository repository) => (_folder, Repository) = (folder, repository);

    public Repository Repository { get; }

    public string Folder => _folder.Path;

    public TransferMeter Meter { get; } = new(null, TimeProvider.System);

    public string Scratch => Path.Combine(Repository.Home, "objects", "tmp");

    public static async Task<Clone> NewAsync(bool bare = false)
    {
        var folder = new TempFolder();
        return new(folder, await Repository.InitAsync(folder.Path, new() { Bare = bare }, TimeProvider.System, default));
    }

    /// <summary>A commit of exactly these files, on a branch.</summary>
    public async Task<Digest> CommitAsync(string branch, params (string Path, byte[] Bytes)[] files)
    {
        var reference = RefName.Heads + branch;
        var old = await Repository.Refs.FindAsync(reference, default);
        await using var batch = Repository.Objects.BeginBatch();
        var entries = new List<(string[] Path, TreeEntry Entry)>();
        foreach (var (path, bytes) in files)
        {
            var file = await batch.AddFileAsync(new MemoryStream(bytes), new(path), default);
            entries.Add((path.Split('/'), new(EntryMode.File, path.Split('/')[^1], file.Id, file.Size)));
        }
        var commit = batch.AddCommit(new(Folded(batch, entries, 0).Id, Someone, Someone, $"{files.Length} files\n") { Parents = old is { } parent ? [parent] : [] });
        await batch.StoreAsync(default);
        await Repository.Refs.UpdateAsync([new(reference, old, commit)], "commit", Someone, default);
        return commit;
    }

    public Task MoveAsync(string branch, Digest? old, Digest? next) => Repository.Refs.UpdateAsync([new(RefName.Heads + branch, old, next)], "reset", Someone, default);

    public Task<IReadOnlyList<PushedRef>> PushAsync(IRemote remote, string branch, Digest next, bool force = false) =>
        PushAsync(remote, false, new PushRef(RefName.Heads + branch, next, force));

    public Task<IReadOnlyList<PushedRef>> PushAsync(IRemote remote, bool atomic, params PushRef[] refs) => new Pusher(Repository, remote, Meter).RunAsync(refs, atomic, default);

    public Task<IReadOnlyList<FetchedRef>> FetchAsync(IRemote remote, Func<FetchOptions, FetchOptions>? options = null)
    {
        var all = new FetchOptions { Specs = [RefSpec.Branches("origin")] };
        return new Fetcher(Repository, remote, Meter).RunAsync(options?.Invoke(all) ?? all, Someone, default);
    }

    /// <summary>All files of a commit, read and checked.</summary>
    public async Task<SortedDictionary<string, byte[]>> FilesAsync(Digest commit)
    {
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        var waiting = new Stack<(string Path, Digest Tree)>([("", (await Repository.Objects.ReadCommitAsync(commit, default)).Tree)]);
        while (waiting.TryPop(out var next))
        {
            foreach (var entry in await Repository.Objects.ReadTreeAsync(next.Tree, default))
            {
                if (entry.Mode == EntryMode.Folder)
                    waiting.Push(($"{next.Path}{entry.Name}/", entry.Id));
                else
                    files.Add(next.Path + entry.Name, await ReadAsync(entry.Id));
            }
        }
        return files;
    }

    public async Task<byte[]> ReadAsync(Digest file)
    {
        await using var stream = await Repository.Objects.OpenFileAsync(file, 0, null, default);
        var bytes = new byte[stream.Length];
        await stream.ReadExactlyAsync(bytes);
        Assert.Equal(file, Digest.Of(bytes));
        return bytes;
    }

    public async ValueTask DisposeAsync()
    {
        await Repository.DisposeAsync();
        _folder.Dispose();
    }

    public static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    private static (Digest Id, long Size) Folded(IObjectBatch batch, IEnumerable<(string[] Path, TreeEntry Entry)> entries, int depth)
    {
        var list = new List<TreeEntry>();
        foreach (var group in entries.GroupBy(e => e.Path[depth], StringComparer.Ordinal))
        {
            if (group.First().Path.Length == depth + 1)
                list.Add(group.Single().Entry);
            else
                list.Add(Folded(batch, group, depth + 1) is var (id, size) ? new(EntryMode.Folder, group.Key, id, size) : throw new InvalidOperationException());
        }
        return batch.AddFolder(list);
    }
}
