using System.Text;
using Temper.Versioning.History;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.WorkTrees;

/// <summary>
/// Compares the work tree to an index: every folder is listed once, every tracked file asked for its facts once, and hashed only when these differ
/// from what the index remembers. Folders are shared out among two threads.
/// </summary>
internal sealed class WorkScan(string root, IndexSnapshot index, FileCheck check, IgnoreRules rules, UntrackedFiles untracked, bool wantsIgnored, SparsePaths? sparse = null)
{
    private static readonly byte[] Ours = Encoding.UTF8.GetBytes(RepositoryLayout.Folder), Patterns = Encoding.UTF8.GetBytes(IgnoreRules.File);
    private readonly ScanResult _result = new();
    private PathFilter? _only;

    private sealed record Work(string Folder, IgnoreRules Rules);

    /// <summary>Reads the tree.</summary>
    /// <param name="only">Folders that cannot hold wanted paths are not opened; null: all.</param>
    /// <param name="ct">Ends the work.</param>
    public ScanResult Run(PathFilter? only, CancellationToken ct)
    {
        _only = only;
        FolderQueue.Run(new Work("", rules), Math.Min(2, Environment.ProcessorCount), (work, queue) => Tracked(work.Folder, work.Rules, queue), ct);
        return _result;
    }

    private void Tracked(string folder, IgnoreRules above, Action<Work> queue)
    {
        using var open = ScannedFolder.Open(Full(folder));
        if (open is null)
        {
            Deleted(folder);
            return;
        }
        var own = Own(folder, above, open);
        var (tracked, below) = (new TrackedNames(index.Folders.GetValueOrDefault(folder)), index.Subfolders(folder));
        var folders = 0;
        for (var i = 0; i < open.Count; i++)
        {
            if (open.KindOf(i) != NameKind.Folder)
                File(folder, own, open, i, tracked);
            else if (open.NameOf(i) is var name && !IsOurs(name))
                folders += Folder(folder, name, below, own, queue) ? 1 : 0;
        }
        for (var i = 0; i < tracked.Count; i++)
            if (!tracked.IsMet(i) && tracked[i] is { Stage: 0 } gone)
                Compare(folder, gone.Item, null);
        if (folders == below.Count)
            return;
        foreach (var name in below)
            if (!open.Has(Encoding.UTF8.GetBytes(name), NameKind.Folder))
                Deleted(PathOf(folder, name));
    }

    /// <summary>Whether the folder below is one of which something is tracked.</summary>
    private bool Folder(string folder, string name, IReadOnlySet<string> below, IgnoreRules own, Action<Work> queue)
    {
        if (!below.Contains(name))
        {
            if (untracked != UntrackedFiles.No)
                Untracked(PathOf(folder, name), own);
            return false;
        }
        if (_only?.MayMatchBelow(PathOf(folder, name)) != false)
            queue(new(PathOf(folder, name), own.Ignores(PathOf(folder, name), true) ? IgnoreRules.All : own));
        return true;
    }

    private void File(string folder, IgnoreRules own, ScannedFolder open, int index, TrackedNames tracked)
    {
        var entry = tracked.Find(open.BytesOf(index));
        if (entry < 0)
        {
            if (untracked != UntrackedFiles.No && open.KindOf(index) != NameKind.Special && open.NameOf(index) is var name && !IsOurs(name))
                Other(PathOf(folder, name), own, false);
            return;
        }
        tracked.Meet(entry);
        var row = tracked[entry];
        if (row.Stage != 0 || (_only is not null && !_only.Matches(PathOf(folder, open.NameOf(index)))))
            return;
        var facts = open.StatOf(index);
        if (facts is not { } now || !check.IsSame(row, now))
            Compare(folder, row.Item, facts);
    }

    private void Compare(string folder, IndexItem item, FileFacts? facts)
    {
        var path = PathOf(folder, item.Name);
        if (_only?.Matches(path) == false || facts is null && sparse?.Holds(path) == false)
            return;
        var (change, stamp) = check.Compare(item, facts, Full(path));
        if (change != ' ')
            _result.Changed.Add(new(path, change));
        else if (stamp is { } now)
            _result.Verified.Add((item with { Stamp = now }).In(folder));
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
        if (open.Has(Ours, NameKind.Folder))
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
        return open?.Names.Any(n => n.Kind is NameKind.File or NameKind.Link || (n.Kind == NameKind.Folder && HasFiles(PathOf(folder, n.Name)))) == true;
    }

    private void Deleted(string folder)
    {
        var last = "";
        foreach (var item in index.Items(folder))
            if (item.Stage == 0 && item.Name != last && _only?.Matches(PathOf(folder, item.Name)) != false && sparse?.Holds(PathOf(folder, item.Name)) != false)
                _result.Changed.Add(new(PathOf(folder, last = item.Name), 'D'));
        foreach (var name in index.Subfolders(folder))
            Deleted(PathOf(folder, name));
    }

    private IgnoreRules Own(string folder, IgnoreRules above, ScannedFolder open) => untracked == UntrackedFiles.No
        ? above
        : above.Below(folder, open.Has(Patterns, NameKind.File) ? Full(PathOf(folder, IgnoreRules.File)) : null);

    // What the tools keep in a work tree is no part of it; neither could be stored.
    private static bool IsOurs(string name) => name is RepositoryLayout.Folder or ".git";

    private string Full(string path) => path.Length == 0 ? root : Path.Combine(root, path);

    private static string PathOf(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";
}
