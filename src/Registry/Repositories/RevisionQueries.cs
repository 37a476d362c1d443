using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Versioning.Content;
using Temper.Versioning.History;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;
using Temper.Versioning.Repositories;

namespace Temper.Registry.Repositories;

/// <summary>Reads commits, folders and files of repositories without a clone.</summary>
internal sealed class RevisionQueries(ContentStore content, RefTable refs)
{
    private const int MostFiles = 10_000;

    /// <summary>The commit that a text names: an id, HEAD, a branch, a tag, or the full name of a reference.</summary>
    /// <exception cref="TemperException">Code <c>not_found</c>.</exception>
    public async Task<Digest> ResolveAsync(RepositoryRow repo, string revision, CancellationToken ct)
    {
        var all = await refs.ListAsync(repo.Id, "", ct);
        foreach (var name in revision is "HEAD" ? [RefName.Heads + repo.DefaultBranch] : (string[])[revision, RefName.Heads + revision, RefName.Tags + revision])
            if (all.FirstOrDefault(r => r.Name == name) is { } found)
                return await PeelAsync(found.Target, ct);
        return Digest.TryParse(revision, out var id) && await content.FindKindAsync(id, ct) is ObjectKind.Commit or ObjectKind.Tag
            ? await PeelAsync(id, ct)
            : throw new TemperException("not_found", $"'{(revision.Length > 80 ? revision[..80] : revision)}' names no commit of {repo.Ns}/{repo.Name}.");
    }

    public async Task<CommitInfo> CommitAsync(Digest id, CancellationToken ct)
    {
        var commit = await content.ReadCommitAsync(id, ct);
        return new(id, commit.Tree, commit.Meta, commit.Parents, Person(commit.Author), Person(commit.Committer), commit.Message);
    }

    /// <summary>Newest first; the cursor says how many came before.</summary>
    public async Task<Page<CommitInfo>> LogAsync(Digest tip, string? path, string? cursor, int limit, CancellationToken ct)
    {
        limit = Math.Clamp(limit, 1, 1000);
        var skip = (int)Math.Min(int.MaxValue, Paging.Number(cursor, 0));
        var commits = new List<CommitInfo>();
        var options = new WalkOptions { Include = [tip], Skip = skip, Most = limit + 1, Paths = path is null ? null : PathFilter.Of([path]) };
        await foreach (var node in CommitWalk.RunAsync(new(content), options, ct))
            commits.Add(await CommitAsync(node.Id, ct));
        return new([.. commits.Take(limit)], commits.Count > limit ? FormattableString.Invariant($"{skip + limit}") : null);
    }

    /// <exception cref="TemperException">Code <c>not_found</c>.</exception>
    public async Task<TreeInfo> TreeAsync(Digest commit, string path, CancellationToken ct)
    {
        var tree = (await content.ReadCommitAsync(commit, ct)).Tree;
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            tree = (await content.ReadTreeAsync(tree, ct)).FirstOrDefault(e => e.Name == part && e.Mode == EntryMode.Folder)?.Id
                ?? throw new TemperException("not_found", $"The commit {commit.Short} has no folder '{path}'.");
        return new(commit, path, tree, [.. (await content.ReadTreeAsync(tree, ct)).Select(e => new TreeItem(Convert.ToString((int)e.Mode, 8).PadLeft(6, '0'), e.Name, e.Id, e.Size))]);
    }

    /// <exception cref="TemperException">Codes <c>not_found</c>, <c>path_invalid</c>.</exception>
    public async Task<FileEntry> FileAsync(Digest commit, string path, CancellationToken ct)
    {
        var tree = (await content.ReadCommitAsync(commit, ct)).Tree;
        var file = await content.FindFileAsync(tree, SafePath.Parse(path), ct) ?? throw new TemperException("not_found", $"The commit {commit.Short} has no file '{path}'.");
        return new(path, file.Size, file.Id);
    }

    public async Task<MergeBaseInfo> BasesAsync(Digest a, Digest b, CancellationToken ct) => new(await MergeBases.FindAsync(new(content), a, b, ct));

    public async Task<Comparison> CompareAsync(Digest a, Digest b, CancellationToken ct)
    {
        var graph = new CommitGraph(content);
        var from = (await MergeBases.FindAsync(graph, a, b, ct)).Select(id => (Digest?)id).FirstOrDefault();
        var files = new List<FileChange>();
        await foreach (var change in TreeDiff.CompareAsync(content, from is { } id ? (await graph.NodeAsync(id, ct)).Tree : null, (await graph.NodeAsync(b, ct)).Tree, ct))
        {
            if (files.Count == MostFiles)
                return new(a, b, from, await CountAsync(graph, b, a, ct), await CountAsync(graph, a, b, ct), files, true);
            files.Add(new(change.Path.ToString(), change.Status.ToString(), change.Old?.Id, change.New?.Id, change.Old?.Size, change.New?.Size));
        }
        return new(a, b, from, await CountAsync(graph, b, a, ct), await CountAsync(graph, a, b, ct), files, false);
    }

    private static async Task<int> CountAsync(CommitGraph graph, Digest include, Digest exclude, CancellationToken ct)
    {
        var count = 0;
        await foreach (var _ in CommitWalk.RunAsync(graph, new() { Include = [include], Exclude = [exclude] }, ct))
            count++;
        return count;
    }

    private async Task<Digest> PeelAsync(Digest id, CancellationToken ct)
    {
        while (await content.FindKindAsync(id, ct) == ObjectKind.Tag)
            id = (await content.ReadTagAsync(id, ct)).Target;
        return await content.FindKindAsync(id, ct) == ObjectKind.Commit ? id : throw new TemperException("not_found", $"{id} is no commit.");
    }

    private static PersonInfo Person(Signature who) => new(who.Name, who.Mail, who.AtMs, who.OffsetMinutes);
}
