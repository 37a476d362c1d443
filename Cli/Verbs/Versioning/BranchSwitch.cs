using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Metadata;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>Checks out a branch or a commit: files and index first, HEAD last.</summary>
internal static class BranchSwitch
{
    /// <param name="session">Where.</param>
    /// <param name="branch">Full name of the branch that HEAD follows then; null: none.</param>
    /// <param name="commit">What is checked out; null: a branch without commits.</param>
    /// <param name="name">As it was asked for, for the log.</param>
    /// <param name="force">Whether local changes are thrown away.</param>
    /// <param name="held">The lock.</param>
    /// <param name="ct">Ends the work.</param>
    /// <exception cref="VersionExit">Exit 1: local changes would be lost, or files are in conflict.</exception>
    public static async Task ToAsync(VersionSession session, string? branch, Digest? commit, string name, bool force, RepositoryLock held, CancellationToken ct)
    {
        var repository = session.Repository;
        var head = await repository.Refs.HeadAsync(ct);
        var from = await TreeAsync(repository, head.Commit, ct);
        var to = await TreeAsync(repository, commit, ct);
        try
        {
            if (force)
                await session.Work.ResetAsync(to, held, ct);
            else if (from != to || head.Commit != commit || (await session.Work.ConflictsAsync(ct)).Count > 0)
                await session.Work.SwitchAsync(from, to, held, ct);
        }
        catch (TemperException error) when (error.Code is "worktree_changed" or "index_unmerged")
        {
            throw new VersionExit(VersionVerb.Negative, error);
        }
        if (commit is { } at)
            await CheckOutMetadataAsync(repository, at, ct);
        await repository.Refs.SetHeadAsync(new(branch, commit), $"checkout: moving from {head.ShortBranch ?? head.Commit?.Hex} to {name}", session.Mover(), ct);
        session.Work.EndSwitch();
        repository.Merging.End();
        if (!session.Quiet)
            session.Note(branch is not null ? $"On branch {RefName.Short(branch)}" : $"At {commit?.Short}, on no branch");
    }

    /// <summary>Brings the metadata files to those of a commit.</summary>
    public static async Task CheckOutMetadataAsync(Repository repository, Digest commit, CancellationToken ct) =>
        await MetadataTree.CheckOutAsync(repository.Objects, (await repository.Objects.ReadCommitAsync(commit, ct)).Meta, Path.Combine(repository.Home, "metadata"), ct);

    private static async Task<Digest?> TreeAsync(Repository repository, Digest? commit, CancellationToken ct) => commit is { } id ? (await repository.Objects.ReadCommitAsync(id, ct)).Tree : null;
}
