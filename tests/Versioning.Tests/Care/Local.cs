using System.Text;
using Temper.Core.Ids;
using Temper.Testing;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.Tests;

/// <summary>A repository in a new folder, with commits made by a few words, for tests of what looks after it.</summary>
internal sealed class Local : IAsyncDisposable
{
    private readonly TempFolder _folder = new();

    public static readonly Signature Someone = new("Ada", "ada@example.org", TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());

    public string Work => _folder.Of("work");

    public string Home => _folder.Of("work", ".temper");

    public string Of(params string[] parts) => _folder.Of(parts);

    public Repository Repository { get; private set; } = null!;

    public static async Task<Local> NewAsync(TimeProvider? clock = null)
    {
        var local = new Local();
        local.Repository = await Repository.InitAsync(local.Work, new InitOptions(), clock ?? TimeProvider.System, CancellationToken.None);
        return local;
    }

    /// <summary>Opens it anew, as another process would.</summary>
    public async Task ReopenAsync(TimeProvider? clock = null)
    {
        await Repository.DisposeAsync();
        Repository = await Repository.OpenAsync(Work, clock ?? TimeProvider.System, CancellationToken.None);
    }

    /// <summary>Commits exactly these files on main.</summary>
    public async Task<Digest> CommitAsync(params (string Path, string Text)[] files)
    {
        using var held = await Repository.LockAsync(CancellationToken.None);
        await using var batch = Repository.Objects.BeginBatch();
        var entries = new List<IndexEntry>();
        foreach (var (path, text) in files)
        {
            var file = await batch.AddFileAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), new FileHint(path), CancellationToken.None);
            entries.Add(new(SafePath.Parse(path), 0, EntryMode.File, file.Id, file.Size, default));
        }
        await Repository.Index.RemoveAsync([.. (await Repository.Index.LoadAsync(CancellationToken.None)).Select(e => e.Path)], CancellationToken.None);
        await Repository.Index.PutAsync(entries, CancellationToken.None);
        var tree = await Repository.Index.WriteTreeAsync(batch, CancellationToken.None);
        var parent = await Repository.Refs.FindAsync("refs/heads/main", CancellationToken.None);
        var commit = batch.AddCommit(new Commit(tree, Someone, Someone, "a commit\n") { Parents = parent is { } p ? [p] : [] });
        await batch.StoreAsync(CancellationToken.None);
        await Repository.Index.KeepTreesAsync(CancellationToken.None);
        await Repository.Refs.UpdateAsync([new("refs/heads/main", parent, commit)], "commit", Someone, CancellationToken.None);
        return commit;
    }

    public async Task MoveMainAsync(Digest from, Digest to)
    {
        await Repository.Refs.UpdateAsync([new("refs/heads/main", from, to)], "reset", Someone, CancellationToken.None);
        await Repository.Index.ReadTreeAsync(Repository.Objects, (await Repository.Objects.ReadCommitAsync(to, CancellationToken.None)).Tree, CancellationToken.None);
    }

    public IReadOnlyList<string> Packs() => [.. Directory.GetFiles(Path.Combine(Home, "objects", "packs"))];

    public async Task<string> ReadAsync(Digest commit, string path)
    {
        var tree = await Repository.Objects.ReadTreeAsync((await Repository.Objects.ReadCommitAsync(commit, CancellationToken.None)).Tree, CancellationToken.None);
        await using var stream = await Repository.Objects.OpenFileAsync(tree.Single(e => e.Name == path).Id, 0, null, CancellationToken.None);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await Repository.DisposeAsync();
        _folder.Dispose();
    }
}
