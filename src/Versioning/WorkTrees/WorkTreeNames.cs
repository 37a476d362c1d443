using Temper.Versioning.History;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.WorkTrees;

/// <summary>What a path on a command line stands for.</summary>
public enum PathMatch
{
    /// <summary>No file.</summary>
    Nothing,

    /// <summary>A file or folder that is there, or tracked.</summary>
    Something,

    /// <summary>A file or folder that a pattern keeps out, and that is not tracked.</summary>
    Ignored,
}

public sealed partial class WorkTree
{
    /// <summary>What a path or pattern, relative to the root, stands for.</summary>
    public async Task<PathMatch> NamedAsync(string path, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(path);
        var index = await repository.Index.SnapshotAsync(ct);
        var state = new PathState(repository.WorkFolder, index, _check, RootRules(), null);
        if (IsTracked(index, path))
            return IsInIgnored(state, path) ? PathMatch.Ignored : PathMatch.Something;
        if (path.StartsWith(':'))
            return PathMatch.Something;
        var facts = state.Facts(path);
        if (facts is { } known)
            return state.Ignores(path, known.Kind == NameKind.Folder) ? PathMatch.Ignored : PathMatch.Something;
        if (path.IndexOfAny(['*', '?', '[']) < 0)
            return PathMatch.Nothing;
        var filter = PathFilter.Of([path])!;
        var scan = Scan(index, UntrackedFiles.All, false, filter, ct);
        return scan.Untracked.Any(filter.Matches) || scan.Changed.Any(c => filter.Matches(c.Path)) ? PathMatch.Something : PathMatch.Nothing;
    }

    /// <summary>Whether a folder that a pattern ignores stands at the path or above it: git tells so even where files of it are tracked.</summary>
    private static bool IsInIgnored(PathState state, string path)
    {
        var wild = path.IndexOfAny(['*', '?', '[']);
        var literal = wild < 0 ? path + "/" : path[..wild];
        for (var slash = literal.IndexOf('/', StringComparison.Ordinal); slash > 0; slash = literal.IndexOf('/', slash + 1))
            if (state.Facts(literal[..slash]) is { Kind: NameKind.Folder } && state.Ignores(literal[..slash], true))
                return true;
        return false;
    }

    /// <summary>Paths in conflict, in git's order.</summary>
    public async Task<IReadOnlyList<string>> ConflictsAsync(CancellationToken ct) => [.. Conflicts(await repository.Index.SnapshotAsync(ct)).Keys.Order(GitOrder.Comparer)];

    /// <summary>Whether the index has files that a path or pattern fits.</summary>
    public async Task<bool> IsTrackedAsync(string path, CancellationToken ct) => IsTracked(await repository.Index.SnapshotAsync(ct), path);

    private static bool IsTracked(IndexSnapshot index, string path)
    {
        var (folder, name) = GitOrder.Split(path);
        if (index.Find(folder, name) is not null || index.Items(path).Count > 0 || index.Subfolders(path).Count > 0 || path == ".")
            return true;
        var filter = PathFilter.Of([path])!;
        return path.IndexOfAny(['*', '?', '[']) >= 0 && index.Below("").Any(e => filter.Matches(e.Path));
    }
}
