using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.History;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.WorkTrees;

/// <summary>
/// Decides how to get from one tree to another while index and files keep what was changed in them: git's two-way merge. A path that is the same in
/// both trees is left alone; one that differs is written or removed only when index and file are those of the first tree.
/// </summary>
internal sealed class SwitchPlanner(IObjectStore store, IndexSnapshot index, PathState paths)
{
    private readonly SwitchPlan _plan = new();

    public async Task<SwitchPlan> PlanAsync(Digest? from, Digest? to, CancellationToken ct)
    {
        var changes = new List<TreeChange>();
        await foreach (var change in TreeDiff.CompareAsync(store, from, to, ct))
            changes.Add(change);
        foreach (var change in changes.Where(c => c.New is null))
            await GoneAsync(change.Path.ToString(), change.Old!, ct);
        foreach (var change in changes.Where(c => c.New is not null))
            await ComesAsync(change.Path.ToString(), change.Old, change.New!, ct);
        return _plan;
    }

    private async Task GoneAsync(string path, TreeEntry old, CancellationToken ct)
    {
        if (Current(path) is { } current)
        {
            if (!IsSame(current, old) || !await paths.IsCleanAsync(path, current, ct))
                _plan.Changed.Add(path);
            else
                _plan.Removes.Add(path);
        }
        else if (paths.Facts(path) is { } facts && !await paths.MayGoAsync(path, facts, ct))
            _plan.Untracked.Add(path);
    }

    private async Task ComesAsync(string path, TreeEntry? old, TreeEntry now, CancellationToken ct)
    {
        if (Current(path) is { } current)
        {
            if (IsSame(current, now))
                return;
            if (old is null || !IsSame(current, old) || !await paths.IsCleanAsync(path, current, ct))
                _plan.Changed.Add(path);
            else
                _plan.Writes[path] = now;
        }
        else if (old is not null)
            _plan.Changed.Add(path);
        else if (await IsFreeAsync(path, ct))
            _plan.Writes[path] = now;
    }

    /// <summary>Whether nothing that counts stands where a file is to be made; notes what does.</summary>
    private async Task<bool> IsFreeAsync(string path, CancellationToken ct)
    {
        if (paths.Obstacle(path) is { } obstacle)
        {
            if (_plan.Removes.Contains(obstacle) || await paths.MayGoAsync(obstacle, paths.Facts(obstacle)!.Value, ct))
                return true;
            _plan.Untracked.Add(obstacle);
            return false;
        }
        if (paths.Facts(path) is not { } facts)
            return true;
        if (facts.Kind == NameKind.Folder)
            return await IsClearAsync(path, ct);
        if (await paths.MayGoAsync(path, facts, ct))
            return true;
        _plan.Untracked.Add(path);
        return false;
    }

    /// <summary>Whether a folder that a file replaces holds only what goes anyway.</summary>
    private async Task<bool> IsClearAsync(string folder, CancellationToken ct)
    {
        var clear = true;
        foreach (var (path, item) in index.Below(folder))
        {
            if (_plan.Removes.Contains(path))
                continue;
            if (item.Stage == 0 && await paths.IsCleanAsync(path, item, ct))
                _plan.Removes.Add(path);
            else
                clear = !_plan.Changed.Add(path) && clear;
        }
        foreach (var path in paths.UntrackedBelow(folder))
        {
            _plan.Untracked.Add(path);
            clear = false;
        }
        return clear;
    }

    private IndexItem? Current(string path)
    {
        var (folder, name) = GitOrder.Split(path);
        return index.Find(folder, name) is { Stage: 0 } item ? item : null;
    }

    private static bool IsSame(IndexItem item, TreeEntry entry) => item.Id == entry.Id && item.Mode == entry.Mode;
}
