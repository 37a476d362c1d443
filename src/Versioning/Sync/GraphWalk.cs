using System.Runtime.CompilerServices;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Chunks;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Trees;

namespace Temper.Versioning.Sync;

/// <summary>
/// All objects that one side lacks of the other, each once: per commit, oldest first, the folders and files that its parents do not have at the same
/// path, recipes of the files among them, then the commit. What a push sends, what a fetch asks for, and what is looked at before a reference moves.
/// The order depends on the query alone.
/// </summary>
/// <param name="store">Has everything that is wanted.</param>
/// <param name="query">What is wanted and what is there.</param>
public sealed class GraphWalk(IObjectStore store, GraphQuery query)
{
    private readonly HashSet<Digest> _seen = [];

    /// <summary>Whether an object that is not in the store may be a file of one chunk that is still to come.</summary>
    public bool TakesUnknownForChunks { get; init; }

    /// <summary>Walks. Call once.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public async IAsyncEnumerable<GraphItem> ItemsAsync([EnumeratorCancellation] CancellationToken ct)
    {
        var (tags, tips, trees, files) = (new List<GraphItem>(), new HashSet<Digest>(), new List<Digest>(), new List<(Digest Id, long Size, string? Path)>());
        foreach (var want in query.Want)
            await PeelAsync(want, tags, tips, trees, files, ct);
        foreach (var commit in await new CommitRange(store, query).ListAsync(tips, ct))
            await foreach (var item in CommitAsync(commit, ct))
                yield return item;
        foreach (var tree in trees)
            await foreach (var item in TreeAsync(tree, [], query.Wanted, ct))
                yield return item;
        foreach (var item in await RecipesAsync(files, ct))
            yield return item;
        foreach (var tag in tags)
            yield return tag;
    }

    private async Task PeelAsync(Digest id, List<GraphItem> tags, HashSet<Digest> tips, List<Digest> trees, List<(Digest Id, long Size, string? Path)> files, CancellationToken ct)
    {
        while (_seen.Add(id))
        {
            switch (await store.FindKindAsync(id, ct))
            {
                case ObjectKind.Commit:
                    tips.Add(id);
                    return;
                case ObjectKind.Tag:
                    var body = await BodyAsync(id, ObjectKind.Tag, ct);
                    tags.Insert(0, new(ObjectKind.Tag, id, body));
                    id = TagCodec.Decode(body).Target;
                    break;
                case ObjectKind.Tree:
                    _seen.Remove(id);
                    trees.Add(id);
                    return;
                case null when !TakesUnknownForChunks:
                    throw Missing(id, "object");
                default:
                    files.Add((id, 0, null));
                    return;
            }
        }
    }

    private async IAsyncEnumerable<GraphItem> CommitAsync(RangeCommit commit, [EnumeratorCancellation] CancellationToken ct)
    {
        var parents = new List<Commit>();
        foreach (var parent in commit.Parents)
            parents.Add(await store.ReadCommitAsync(parent, ct));
        await foreach (var item in TreeAsync(commit.Commit.Tree, [.. parents.Select(p => p.Tree)], query.Wanted, ct))
            yield return item;
        if (commit.Commit.Meta is { } meta)
            await foreach (var item in TreeAsync(meta, [.. parents.Select(p => p.Meta).OfType<Digest>()], null, ct))
                yield return item;
        yield return new(ObjectKind.Commit, commit.Id, await BodyAsync(commit.Id, ObjectKind.Commit, ct), commit.Cut);
    }

    private async IAsyncEnumerable<GraphItem> TreeAsync(Digest root, List<Digest> before, Func<string, bool>? wanted, [EnumeratorCancellation] CancellationToken ct)
    {
        var waiting = new Stack<(Digest Tree, List<Digest> Before, string Path)>([(root, before, "")]);
        while (waiting.TryPop(out var next))
        {
            if (next.Before.Contains(next.Tree) || !_seen.Add(next.Tree))
                continue;
            var folder = await FolderNodes.NewAsync(store, next.Tree, next.Before, ct);
            foreach (var (id, body) in folder.Nodes)
                if (id == next.Tree || _seen.Add(id))
                    yield return new(ObjectKind.Tree, id, body);
            var files = new List<(Digest Id, long Size, string? Path)>();
            var old = folder.Before.ToLookup(e => e.Name, StringComparer.Ordinal);
            foreach (var entry in folder.Entries)
            {
                var was = old[entry.Name].ToList();
                if (entry.Mode == EntryMode.Folder)
                    waiting.Push((entry.Id, [.. was.Where(e => e.Mode == EntryMode.Folder).Select(e => e.Id)], $"{next.Path}{entry.Name}/"));
                else if (entry.Id != Chunking.EmptyFile && !(entry.Size > query.LargestFile) && wanted?.Invoke(next.Path + entry.Name) != false && was.TrueForAll(e => e.Id != entry.Id) && _seen.Add(entry.Id))
                    files.Add((entry.Id, entry.Size, next.Path + entry.Name));
            }
            foreach (var item in await RecipesAsync(files, ct))
                yield return item;
        }
    }

    /// <summary>Most small files are one chunk each, which one question tells of them all.</summary>
    private async Task<IReadOnlyList<GraphItem>> RecipesAsync(List<(Digest Id, long Size, string? Path)> files, CancellationToken ct)
    {
        var several = (await store.FindMissingAsync([.. files.Select(f => f.Id)], ct)).ToHashSet();
        var items = new List<GraphItem>();
        foreach (var (file, size, path) in files)
        {
            var recipe = several.Contains(file) ? await store.FindBodyAsync(file, ObjectKind.Recipe, ct) : null;
            if (recipe is null && several.Contains(file) && !TakesUnknownForChunks)
                throw Missing(file, "file");
            items.Add(recipe is null ? new(ObjectKind.Chunk, file, default, Size: size, Path: path) : new(ObjectKind.Recipe, file, recipe, Path: path));
        }
        return items;
    }

    private async Task<byte[]> BodyAsync(Digest id, ObjectKind kind, CancellationToken ct) =>
        await store.FindBodyAsync(id, kind, ct) ?? throw Missing(id, ObjectIds.Word(kind));

    private static TemperException Missing(Digest id, string what) => new("object_missing", $"The {what} {id} is not in the store.");
}
