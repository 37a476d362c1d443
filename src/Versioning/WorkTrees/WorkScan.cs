using System.Runtime.CompilerServices;
using Temper.Versioning.History;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.WorkTrees;

/// <summary>
/// Compares the work tree to an index: every folder is listed once, every tracked file asked for its facts once, and hashed only when these differ
/// from what the index remembers. Folders are shared out among two threads.
/// </summary>
internal sealed class WorkScan(string root, IndexSnapshot index, FileCheck check, IgnoreRules rules, UntrackedFiles untracked, bool wantsIgnored, SparsePaths? sparse = null)
{
    private readonly ScanResult _result = new();
    private PathFilter? _only;

    /// <summary>Reads the tree.</summary>
    /// <param name="only">Folders that cannot hold wanted paths are not opened; null: all.</param>
    /// <param name="ct">Ends the work.</param>
    public ScanResult Run(PathFilter? only, CancellationToken ct)
    {
        _only = only;
        FolderQueue.Run<(string Folder, IgnoreRules Rules)>(("", rules), Math.Min(2, Environment.ProcessorCount), (work, queue) => Tracked(work.Folder, work.Rules, queue), ct);
        return _result;
    }

    private void Tracked(string folder, IgnoreRules above, Action<(string, IgnoreRules)> queue)
    {
        using var open = ScannedFolder.Open(Full(folder));
        if (open is null)
        {
            Deleted(folder);
            return;
        }
        var own = Own(folder, above, open);
        var (items, below) = (index.Items(folder), index.Subfolders(folder));
        var here = new Dictionary<string, NameKind>(open.Names.Count, StringComparer.Ordinal);
        foreach (var (name, kind) in open.Names)
        {
            here[name] = kind;
            if (kind != NameKind.Folder || IsOurs(name))
                continue;
            if (below.Contains(name))
            {
                if (_only?.MayMatchBelow(PathOf(folder, name)) != false)
                    queue((PathOf(folder, name), own));
            }
            else if (untracked != UntrackedFiles.No)
                Untracked(PathOf(folder, name), own);
        }
        var met = Compare(folder, items, here, open);
        foreach (var name in below)
            if (here.GetValueOrDefault(name, NameKind.Special) != NameKind.Folder)
                Deleted(PathOf(folder, name));
        // Most often every file is tracked, and then there are no others to look for.
        if (untracked != UntrackedFiles.No && met < open.Names.Count(n => n.Kind is NameKind.File or NameKind.Link))
            Others(folder, own, items, here);
    }

    /// <summary>How many names of the folder are tracked files, or sides of conflicts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Compare(string folder, List<IndexItem> items, Dictionary<string, NameKind> here, ScannedFolder open)
    {
        var (last, met) = ("", 0);
        foreach (var item in items)
        {
            if (item.Name == last)
                continue;
            last = item.Name;
            var isFile = here.TryGetValue(item.Name, out var kind) && kind != NameKind.Folder;
            met += isFile && kind != NameKind.Special ? 1 : 0;
            if (item.Stage != 0)
                continue;
            var facts = isFile ? open.Stat(item.Name) : null;
            if (check.IsSame(item, facts))
                continue;
            var path = PathOf(folder, item.Name);
            if (_only?.Matches(path) == false || facts is null && sparse?.Holds(path) == false)
                continue;
            var (change, stamp) = check.Compare(item, facts, Full(path));
            if (change != ' ')
                _result.Changed.Add((path, change));
            else if (stamp is { } now)
                _result.Verified.Add((item with { Stamp = now }).In(folder));
        }
        return met;
    }

    private void Others(string folder, IgnoreRules own, List<IndexItem> items, Dictionary<string, NameKind> here)
    {
        var known = items.Select(item => item.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, kind) in here)
            if (kind is NameKind.File or NameKind.Link && !known.Contains(name) && !IsOurs(name))
                Other(PathOf(folder, name), own, false);
    }

    private void Other(string path, IgnoreRules own, bool isFolder)
    {
        if (!own.Ignores(path, isFolder))
            _result.Untracked.Add(isFolder ? path + "/" : path);
        else if (wantsIgnored)
            _result.Ignored.Add(isFolder ? path + "/" : path);
    }

    /// <summary>A folder of which nothing is tracked.</summary>
    private void Untracked(string folder, IgnoreRules above)
    {
        if (_only is not null && !_only.MayMatchBelow(folder))
            return;
        if (above.Ignores(folder, true))
        {
            if (wantsIgnored && HasFiles(folder))
                _result.Ignored.Add(folder + "/");
            return;
        }
        var (files, ignored) = (new List<string>(), new List<string>());
        Collect(folder, above, files, wantsIgnored ? ignored : null, untracked == UntrackedFiles.Normal && !wantsIgnored);
        if (files.Count > 0 && untracked == UntrackedFiles.Normal)
        {
            // A folder that took the place of a tracked file is told by that file's removal, as in git.
            if (index.Find(GitOrder.Split(folder).Folder, GitOrder.Split(folder).Name) is null)
                _result.Untracked.Add(folder + "/");
        }
        else
            files.ForEach(_result.Untracked.Add);
        ignored.ForEach(_result.Ignored.Add);
    }

    /// <summary>Whether files were found; stops at the first one where one is enough.</summary>
    private bool Collect(string folder, IgnoreRules above, List<string> files, List<string>? ignored, bool one)
    {
        using var open = ScannedFolder.Open(Full(folder));
        if (open is null)
            return false;
        if (open.Names.Exists(n => n is { Name: RepositoryLayout.Folder, Kind: NameKind.Folder }))
        {
            files.Add(folder + "/");
            return true;
        }
        var own = Own(folder, above, open);
        var any = false;
        foreach (var (name, kind) in open.Names)
        {
            var path = PathOf(folder, name);
            if (kind == NameKind.Special || IsOurs(name))
                continue;
            if (own.Ignores(path, kind == NameKind.Folder))
                ignored?.Add(kind == NameKind.Folder ? path + "/" : path);
            else if (kind == NameKind.Folder)
                any |= Collect(path, own, files, ignored, one);
            else
            {
                files.Add(path);
                any = true;
            }
            if (any && one)
                return true;
        }
        return any;
    }

    private bool HasFiles(string folder)
    {
        using var open = ScannedFolder.Open(Full(folder));
        return open?.Names.Exists(n => n.Kind is NameKind.File or NameKind.Link || (n.Kind == NameKind.Folder && HasFiles(PathOf(folder, n.Name)))) == true;
    }

    private void Deleted(string folder)
    {
        var last = "";
        foreach (var item in index.Items(folder))
            if (item.Stage == 0 && item.Name != last && _only?.Matches(PathOf(folder, item.Name)) != false && sparse?.Holds(PathOf(folder, item.Name)) != false)
                _result.Changed.Add((PathOf(folder, last = item.Name), 'D'));
        foreach (var name in index.Subfolders(folder))
            Deleted(PathOf(folder, name));
    }

    private IgnoreRules Own(string folder, IgnoreRules above, ScannedFolder open) => untracked == UntrackedFiles.No
        ? above
        : above.Below(folder, open.Names.Exists(n => n is { Name: IgnoreRules.File, Kind: NameKind.File }) ? Full(PathOf(folder, IgnoreRules.File)) : null);

    // What the tools keep in a work tree is no part of it; neither could be stored.
    private static bool IsOurs(string name) => name is RepositoryLayout.Folder or ".git";

    private string Full(string path) => path.Length == 0 ? root : Path.Combine(root, path);

    private static string PathOf(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";
}
