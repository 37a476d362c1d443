using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Versioning.Content;
using Temper.Versioning.History;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;
using Temper.Versioning.Repositories;
using Temper.Versioning.Safety;

namespace Temper.Versioning.WorkTrees;

/// <summary>What <see cref="WorkTree.AddAsync"/> takes into the index.</summary>
public sealed record AddOptions
{
    /// <summary>Only these; null: the whole tree.</summary>
    public PathFilter? Paths { get; init; }

    /// <summary>Whether files that the index does not have stay out.</summary>
    public bool TrackedOnly { get; init; }

    /// <summary>Whether ignored files are taken, too.</summary>
    public bool Force { get; init; }

    /// <summary>Whether nothing is changed.</summary>
    public bool DryRun { get; init; }

    /// <summary>Whether <see cref="WorkTree.UndoAsync"/> may be asked for.</summary>
    public bool Undoable { get; init; }

    /// <summary>Told the number of files done, of all, and the bytes so far.</summary>
    public Action<int, int, long>? Progress { get; init; }
}

/// <summary>What an add did.</summary>
/// <param name="Added">Paths whose content is in the index now, in git's order.</param>
/// <param name="Removed">Paths that are gone from it.</param>
/// <param name="Skipped">Repositories of their own inside the work tree, which are not entered.</param>
public sealed record AddResult(IReadOnlyList<string> Added, IReadOnlyList<string> Removed, IReadOnlyList<string> Skipped)
{
    /// <summary>What looks like a secret in the files that were added, by path: something to warn of.</summary>
    public IReadOnlyList<KeyValuePair<string, SecretFinding>> Secrets { get; init; } = [];

    /// <summary>What the index had at these paths before.</summary>
    internal IReadOnlyList<IndexEntry> Before { get; init; } = [];
}

public sealed partial class WorkTree
{
    /// <summary>Takes new, changed and removed files into the index. The caller holds the lock.</summary>
    /// <exception cref="TemperException">
    /// Codes <c>path_invalid</c>, <c>path_collision</c>, <c>link_refused</c>, and of <see cref="FormatPolicy"/> <c>unsafe_format</c>, <c>format_refused</c>,
    /// <c>safetensors_…</c>: one problem for each path at fault, before the index changes; <c>permission_denied</c>.
    /// </exception>
    public async Task<AddResult> AddAsync(AddOptions options, RepositoryLock held, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(held);
        var clock = held.ClockNs();
        var index = await repository.Index.SnapshotAsync(ct);
        var scan = new WorkScan(repository.WorkFolder, index, _check, options.Force ? IgnoreRules.None : RootRules(),
            options.TrackedOnly ? UntrackedFiles.No : UntrackedFiles.All, false, SparsePaths.Of(repository.Config)).Run(options.Paths, ct);
        var (wanted, removed) = Sort(scan, index, options);
        var skipped = wanted.FindAll(path => path.EndsWith('/'));
        wanted.RemoveAll(path => path.EndsWith('/'));
        AddCheck.ThrowUnlessSafe(repository, index, wanted, removed);
        IReadOnlyList<KeyValuePair<string, SecretFinding>> secrets = [];
        if (!options.DryRun)
            secrets = await StoreAsync(index, wanted, removed, scan, options, clock, ct);
        var before = wanted.Concat(removed).Select(GitOrder.Split).SelectMany(at => index.Items(at.Folder).FindAll(item => item.Name == at.Name).Select(item => item.In(at.Folder)));
        return new(wanted, removed, skipped) { Secrets = secrets, Before = [.. before.Take(options.Undoable ? int.MaxValue : 0)] };
    }

    /// <summary>Takes an add back, for a commit that did not come about.</summary>
    public Task UndoAsync(AddResult added, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(added);
        return repository.Index.ChangeAsync([.. added.Added.Concat(added.Removed).Select(SafePath.Parse)], added.Before, ct);
    }

    private static (List<string> Wanted, List<string> Removed) Sort(ScanResult scan, IndexSnapshot index, AddOptions options)
    {
        var wanted = new SortedSet<string>(scan.Untracked, GitOrder.Comparer);
        var removed = new SortedSet<string>(GitOrder.Comparer);
        foreach (var (path, change) in scan.Changed)
            (change == 'D' ? removed : wanted).Add(path);
        foreach (var path in Conflicts(index).Keys)
            if (options.Paths?.Matches(path) != false)
                wanted.Add(path);
        if (options.Paths is { } paths)
            wanted.RemoveWhere(path => !paths.Matches(path.TrimEnd('/')));
        return ([.. wanted], [.. removed]);
    }

    private async Task<IReadOnlyList<KeyValuePair<string, SecretFinding>>> StoreAsync(IndexSnapshot index, List<string> wanted, List<string> removed, ScanResult scan, AddOptions options, long clock, CancellationToken ct)
    {
        await using var batch = repository.Objects.BeginBatch();
        var put = new List<IndexEntry>(wanted.Count);
        var gone = removed.ToList();
        var reader = new FileIntake(repository, _check, new(FormatRules.From(repository.Config.Get)), batch, clock);
        var (done, bytes) = (0, 0L);
        foreach (var path in wanted)
        {
            var (folder, name) = GitOrder.Split(path);
            var before = index.Find(folder, name);
            if (await reader.ReadAsync(SafePath.Below(folder, name), before, ct) is { } entry)
                put.Add(entry);
            else
                gone.Add(path);
            options.Progress?.Invoke(++done, wanted.Count, bytes += put.Count > 0 ? put[^1].Size : 0);
        }
        if (reader.Refused.Count > 0)
            throw new TemperException(reader.Refused);
        await batch.StoreAsync(ct);
        DurableSteps.Passed("vcs.files_stored");
        put.AddRange(scan.Verified.Select(entry => entry with { Stamp = entry.Stamp.UnlessRacy(clock) }).Where(entry => entry.Stamp.IsKnown));
        if (put.Count > 0 || gone.Count > 0)
            await repository.Index.ChangeAsync([.. gone.Select(SafePath.Parse)], put, ct);
        return reader.Secrets;
    }
}
