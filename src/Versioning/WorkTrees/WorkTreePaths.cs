using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.History;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.WorkTrees;

/// <summary>What is restored, from where, to where.</summary>
/// <param name="Paths">Which files.</param>
/// <param name="Source">A tree; null: the index.</param>
public sealed record RestoreOptions(PathFilter Paths, Digest? Source)
{
    /// <summary>Whether the source is a tree, which may be the empty one.</summary>
    public bool FromTree { get; init; }

    /// <summary>Whether the index is changed.</summary>
    public bool Staged { get; init; }

    /// <summary>Whether files are changed.</summary>
    public bool Files { get; init; }

    /// <summary>Whether files that the source does not have stay.</summary>
    public bool Overlay { get; init; }

    /// <summary>The side of a conflict that is taken, 2 ours, 3 theirs; 0: none, a path in conflict is an error.</summary>
    public int Side { get; init; }
}

public sealed partial class WorkTree
{
    /// <summary>Brings paths back from a tree or from the index, whatever was changed in them. The caller holds the lock.</summary>
    /// <returns>How many paths fitted; 0 means that nothing did.</returns>
    /// <exception cref="TemperException">Code <c>index_unmerged</c>: a path in conflict would be restored from the index.</exception>
    public async Task<int> RestoreAsync(RestoreOptions options, RepositoryLock held, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(held);
        var index = await repository.Index.SnapshotAsync(ct);
        var source = options.FromTree ? await FromTreeAsync(options, ct) : FromIndex(index, options);
        var tracked = index.Below("").Where(e => options.Paths.Matches(e.Path)).Select(e => e.Path).ToHashSet(StringComparer.Ordinal);
        var gone = options.Overlay || !options.FromTree ? [] : tracked.Where(path => !source.ContainsKey(path)).ToList();
        if (source.Count + gone.Count == 0)
            return 0;
        var written = new Dictionary<string, IndexEntry>(StringComparer.Ordinal);
        if (options.Files)
        {
            var differing = source.Where(s => Differs(index, s.Key, s.Value)).ToDictionary(StringComparer.Ordinal);
            foreach (var entry in await WriteAsync(gone, new SortedDictionary<string, TreeEntry>(differing, GitOrder.Comparer), held, ct))
                written[entry.Path.ToString()] = entry;
        }
        if (options.FromTree ? options.Staged : options.Side == 0)
            await UpdateIndexAsync(index, source, gone, written, options, ct);
        return source.Count + gone.Count;
    }

    private async Task UpdateIndexAsync(
        IndexSnapshot index, Dictionary<string, TreeEntry> source, List<string> gone, Dictionary<string, IndexEntry> written, RestoreOptions options, CancellationToken ct)
    {
        if (!options.FromTree)
        {
            if (written.Count > 0)
                await repository.Index.RefreshAsync(written.Values, ct);
            return;
        }
        var put = source.Select(s => written.GetValueOrDefault(s.Key) ?? Entry(index, s.Key, s.Value)).OfType<IndexEntry>().ToList();
        await repository.Index.ChangeAsync([.. gone.Select(SafePath.Parse)], put, ct);
    }

    /// <summary>The entry as it will be; null where the index has it already.</summary>
    private static IndexEntry? Entry(IndexSnapshot index, string path, TreeEntry entry)
    {
        var (folder, name) = GitOrder.Split(path);
        return index.Find(folder, name) is { Stage: 0 } item && item.Id == entry.Id && item.Mode == entry.Mode
            ? null
            : new(SafePath.Below(folder, name), 0, entry.Mode, entry.Id, entry.Size, default);
    }

    private bool Differs(IndexSnapshot index, string path, TreeEntry entry)
    {
        var (folder, name) = GitOrder.Split(path);
        var stamp = index.Find(folder, name) is { Stage: 0 } item && item.Id == entry.Id && item.Mode == entry.Mode ? item.Stamp : default;
        var full = Path.Combine(repository.WorkFolder, path);
        return _check.Compare(new(name, 0, entry.Mode, entry.Id, entry.Size, stamp), ScannedFolder.StatPath(full), full).Change != ' ';
    }

    private async Task<Dictionary<string, TreeEntry>> FromTreeAsync(RestoreOptions options, CancellationToken ct)
    {
        var found = new Dictionary<string, TreeEntry>(StringComparer.Ordinal);
        await foreach (var change in TreeDiff.CompareAsync(repository.Objects, null, options.Source, options.Paths, ct))
            found[change.Path.ToString()] = change.New!;
        return found;
    }

    private static Dictionary<string, TreeEntry> FromIndex(IndexSnapshot index, RestoreOptions options)
    {
        var found = new Dictionary<string, TreeEntry>(StringComparer.Ordinal);
        var conflicts = Conflicts(index).Where(c => options.Paths.Matches(c.Key)).OrderBy(c => c.Key, GitOrder.Comparer).ToList();
        if (conflicts.FindAll(c => options.Side == 0 || (c.Value >> options.Side - 1 & 1) == 0) is { Count: > 0 } open)
            throw new TemperException([.. open.Select(c => new Problem("index_unmerged", options.Side == 0 ? $"'{c.Key}' is in conflict." : $"'{c.Key}' does not have that side.") { File = c.Key })]);
        foreach (var (path, item) in index.Below(""))
            if (item.Stage == (conflicts.Exists(c => c.Key == path) ? options.Side : 0) && options.Paths.Matches(path))
                found[path] = new(item.Mode, item.Name, item.Id, item.Size);
        return found;
    }
}
