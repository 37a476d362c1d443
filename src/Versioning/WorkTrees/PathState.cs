using Temper.Core.Ids;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.WorkTrees;

/// <summary>What stands in the work tree at single paths, while a change of it is planned.</summary>
/// <param name="root">Full path of the work tree.</param>
/// <param name="index">The index.</param>
/// <param name="check">How files are compared.</param>
/// <param name="rules">Patterns beside the tree.</param>
/// <param name="begun">Files that a change which a crash cut off may have written: not anybody's work. Null: there was none.</param>
internal sealed class PathState(string root, IndexSnapshot index, FileCheck check, IgnoreRules rules, TreeLookup? begun)
{
    private readonly Dictionary<string, IgnoreRules> _rules = new(StringComparer.Ordinal) { [""] = rules.Below("", Path.Combine(root, IgnoreRules.File)) };

    /// <summary>Facts of a path; null when nothing is there.</summary>
    public FileFacts? Facts(string path) => ScannedFolder.StatPath(Path.Combine(root, path));

    /// <summary>The first folder of a path that is something else; null when none is.</summary>
    public string? Obstacle(string path)
    {
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            if (Facts(path[..slash]) is not { } facts)
                return null;
            if (facts.Kind != NameKind.Folder)
                return path[..slash];
        }
        return null;
    }

    /// <summary>Whether a tracked file is what the index has, or is gone.</summary>
    public async ValueTask<bool> IsCleanAsync(string path, IndexItem item, CancellationToken ct)
    {
        var facts = Facts(path);
        if (facts is null)
            return Obstacle(path) is null || begun is not null;
        return facts.Value.Kind != NameKind.Folder && check.Compare(item, facts, Path.Combine(root, path)).Change == ' ' || await IsBegunAsync(path, facts.Value, ct);
    }

    /// <summary>Whether an untracked file may be replaced: a pattern ignores it.</summary>
    public async ValueTask<bool> MayGoAsync(string path, FileFacts facts, CancellationToken ct) => Ignores(path, facts.Kind == NameKind.Folder) || await IsBegunAsync(path, facts, ct);

    /// <summary>Whether a pattern ignores a path, or a folder that it is in.</summary>
    public bool Ignores(string path, bool isFolder)
    {
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
            if (RulesIn(GitOrder.Split(path[..slash]).Folder).Ignores(path[..slash], true))
                return true;
        return RulesIn(GitOrder.Split(path).Folder).Ignores(path, isFolder);
    }

    /// <summary>Files below a folder that neither the index has nor a pattern ignores.</summary>
    public IEnumerable<string> UntrackedBelow(string folder)
    {
        if (Ignores(folder, true))
            return [];
        var found = new List<string>();
        Collect(folder, found);
        return found;
    }

    private void Collect(string folder, List<string> found)
    {
        using var open = ScannedFolder.Open(Path.Combine(root, folder));
        foreach (var (name, kind) in open?.Names ?? [])
        {
            var path = $"{folder}/{name}";
            if (RulesIn(folder).Ignores(path, kind == NameKind.Folder))
                continue;
            if (kind == NameKind.Folder)
                Collect(path, found);
            else if (index.Find(folder, name) is null)
                found.Add(path);
        }
    }

    private IgnoreRules RulesIn(string folder)
    {
        if (_rules.TryGetValue(folder, out var known))
            return known;
        return _rules[folder] = RulesIn(GitOrder.Split(folder).Folder).Below(folder, Path.Combine(root, folder, IgnoreRules.File));
    }

    private async ValueTask<bool> IsBegunAsync(string path, FileFacts facts, CancellationToken ct) =>
        begun is not null && facts.Kind is NameKind.File or NameKind.Link && await begun.FindAsync(path, ct) is { } entry && entry.Size == facts.Size
        && FileCheck.Hash(Path.Combine(root, path), facts) is Digest id && id == entry.Id && entry.Mode != EntryMode.Folder;
}
