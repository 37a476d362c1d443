using System.CommandLine;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Repositories;
using Temper.Versioning.Sync;

namespace Temper.Cli.Verbs.Versioning;

internal static class PullVerb
{
    private static readonly Argument<string[]> Words = new("remote") { Description = "The remote, then its branch [default: what the branch follows]", Arity = ArgumentArity.ZeroOrMore, HelpName = "REMOTE" };
    private static readonly Option<bool> ForwardOnly = new("--ff-only") { Description = "Refuse when the branches went apart" };
    private static readonly Option<bool> NoRebase = new("--no-rebase") { Description = "Merge when the branches went apart [default]" };

    public static Command Build() => VersionVerb.Make("pull", """
        Fetch a remote's branch and bring the one that is checked out to it: forward where that is all, else by a merge.

        Examples:
          temper pull
          temper pull --ff-only origin main
        """, Words, ForwardOnly, NoRebase).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var (repository, words) = (session.Repository, session.Parsed.GetValue(Words) ?? []);
        var head = await repository.Refs.HeadAsync(ct);
        var (remote, branch) = await FromAsync(repository, head, words, ct);
        var fetched = await FetchVerb.FetchAsync(session, remote, [RefSpec.Parse(branch)], new(), ct);
        if (fetched.FirstOrDefault(f => f.Remote == branch || RefName.Short(f.Remote) == branch)?.New is not { } theirs)
            throw new VersionExit(VersionVerb.Negative, "revision_unknown", $"The remote has no branch '{branch}'.");
        using (var held = await repository.LockAsync(ct))
        {
            head = await repository.Refs.HeadAsync(ct);
            if (head.Commit == theirs || head.Commit is { } ours && await IsBehindAsync(repository, theirs, ours, ct))
            {
                session.Note("Already up to date.");
                return 0;
            }
            if (head.Commit is not { } at || await IsBehindAsync(repository, at, theirs, ct))
                return await ForwardAsync(session, head, theirs, held, ct);
        }
        if (session.Parsed.GetValue(ForwardOnly))
            throw new VersionExit(VersionVerb.Fatal, "non_fast_forward", "The branches went apart, so moving forward is not enough.", "`temper pull` merges them.");
        return await MergeAsync(session, RefName.Short(branch), remote, theirs, ct);
    }

    private static async Task<(string Remote, string Branch)> FromAsync(Repository repository, Head head, string[] words, CancellationToken ct)
    {
        var remote = await RemoteWork.NameAsync(repository, words.FirstOrDefault(), ct);
        if (words.Length > 1)
            return (remote, words[1]);
        if (head.ShortBranch is { } branch && new RemoteSettings(repository).Upstream(branch) is var (follows, merge) && follows == remote)
            return (remote, merge);
        throw new VersionExit(VersionVerb.Negative, "usage", $"The branch {head.ShortBranch ?? "(none)"} follows none of {remote}.", $"temper pull {remote} BRANCH, or `temper push -u {remote}`");
    }

    private static Task<bool> IsBehindAsync(Repository repository, Digest old, Digest next, CancellationToken ct) =>
        Connectivity.IsFastForwardAsync(repository.Objects, old, next, ShallowFile.Read(repository), ct);

    private static async Task<int> ForwardAsync(VersionSession session, Head head, Digest theirs, RepositoryLock held, CancellationToken ct)
    {
        var repository = session.Repository;
        var from = head.Commit is { } commit ? (await repository.Objects.ReadCommitAsync(commit, ct)).Tree : (Digest?)null;
        try
        {
            await session.Work.SwitchAsync(from, (await repository.Objects.ReadCommitAsync(theirs, ct)).Tree, held, ct);
        }
        catch (TemperException error) when (error.Code is "worktree_changed" or "index_unmerged")
        {
            throw new VersionExit(VersionVerb.Negative, error);
        }
        await BranchSwitch.CheckOutMetadataAsync(repository, theirs, ct);
        if (head.Branch is { } branch)
            await repository.Refs.UpdateAsync([new(branch, head.Commit, theirs)], "pull: Fast-forward", session.Mover(), ct);
        else
            await repository.Refs.SetHeadAsync(new(null, theirs), "pull: Fast-forward", session.Mover(), ct);
        session.Work.EndSwitch();
        session.Note($"Fast-forward {head.Commit?.Short}..{theirs.Short}");
        return 0;
    }

    /// <summary>Leaves the merge to the verb that does merges, as if it had been called next.</summary>
    private static async Task<int> MergeAsync(VersionSession session, string branch, string remote, Digest theirs, CancellationToken ct)
    {
        string[] words = ["merge", "--at", session.Folder, "-m", $"Merge branch '{branch}' of {new RemoteSettings(session.Repository).Url(remote) ?? remote}", theirs.Hex];
        return await CommandLine.Build(words).Parse(words).InvokeAsync(session.Parsed.InvocationConfiguration, ct);
    }
}
