using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>Makes a branch and checks it out.</summary>
internal static class NewBranch
{
    public static async Task<int> CheckOutAsync(VersionSession session, string name, string? start, bool replace, bool force, RepositoryLock held, CancellationToken ct)
    {
        var repository = session.Repository;
        var full = RefName.Branch(name);
        var old = await repository.Refs.FindAsync(full, ct);
        if (old is not null && !replace)
            throw new VersionExit(VersionVerb.Fatal, "ref_exists", $"There is a branch '{name}' already.");
        var head = await repository.Refs.HeadAsync(ct);
        if (start is null && head.Commit is null)
        {
            await repository.Refs.SetHeadAsync(new(full, null), $"checkout: moving from {head.ShortBranch} to {name}", session.Mover(), ct);
            return 0;
        }
        var target = start is null ? head.Commit!.Value : await RevisionNames.CommitAsync(repository, start, ct);
        // Files first: where they cannot be changed, no branch is made either.
        if (start is not null || force)
            await FilesAsync(session, head, target, force, held, ct);
        await repository.Refs.UpdateAsync([new(full, old, target)], $"branch: {(old is null ? "Created from" : "Reset to")} {start ?? "HEAD"}", session.Mover(), ct);
        await repository.Refs.SetHeadAsync(new(full, target), $"checkout: moving from {head.ShortBranch ?? head.Commit?.Hex} to {name}", session.Mover(), ct);
        session.Work.EndSwitch();
        if (start is not null)
            repository.Merging.End();
        session.Note(old is null ? $"On the new branch {name}" : $"On branch {name}, moved");
        return 0;
    }

    private static async Task FilesAsync(VersionSession session, Head head, Digest target, bool force, RepositoryLock held, CancellationToken ct)
    {
        var from = head.Commit is { } commit ? (await session.Repository.Objects.ReadCommitAsync(commit, ct)).Tree : (Digest?)null;
        var to = (await session.Repository.Objects.ReadCommitAsync(target, ct)).Tree;
        try
        {
            if (force)
                await session.Work.ResetAsync(to, held, ct);
            else
                await session.Work.SwitchAsync(from, to, held, ct);
            await BranchSwitch.CheckOutMetadataAsync(session.Repository, target, ct);
        }
        catch (TemperException error) when (error.Code is "worktree_changed" or "index_unmerged")
        {
            throw new VersionExit(VersionVerb.Negative, error);
        }
    }
}
