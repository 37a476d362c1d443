using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Merging;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>Ends a merge that waits for its conflicts to be resolved.</summary>
internal static class MergeEnd
{
    public static async Task<int> AbortAsync(VersionSession session, RepositoryLock held, CancellationToken ct)
    {
        if (session.Repository.Merging.Heads().Count == 0)
            throw None();
        var head = await session.Repository.Refs.HeadAsync(ct);
        await new WorkTreeMerge(session.Repository, session.Work).AbortAsync(await TreeAsync(session.Repository, head.Commit, ct), held, ct);
        if (head.Commit is { } commit)
            await BranchSwitch.CheckOutMetadataAsync(session.Repository, commit, ct);
        session.Repository.Merging.End();
        session.Work.EndSwitch();
        if (session.Json)
            session.Document(new { result = "aborted" });
        return 0;
    }

    public static async Task<int> ContinueAsync(VersionSession session, string[] messages, CancellationToken ct)
    {
        if (session.Repository.Merging.Heads().Count == 0)
            throw None();
        if (await session.Work.ConflictsAsync(ct) is { Count: > 0 } open)
            throw new TemperException([.. open.Select(path => new Problem("index_unmerged", $"'{path}' is in conflict; nothing can be committed before that is resolved.") { File = path })]);
        var message = CommitWriter.Clean(messages.Length > 0 ? string.Join("\n\n", messages) : session.Repository.Merging.Message() ?? "");
        var made = await CommitWriter.CommitAsync(session.Repository, new(message, session.Author(), session.Committer()), ct);
        if (session.Json)
            session.Document(new { result = "merged", commit = made.Id });
        else if (!session.Quiet)
            session.Out.WriteLine($"[{made.Head.ShortBranch ?? "no branch"} {made.Id.Short}] {Output.Style.Clean(CommitWriter.Subject(made.Commit.Message))}");
        return 0;
    }

    /// <summary>The tree of a commit; null for none.</summary>
    public static async Task<Digest?> TreeAsync(Repository repository, Digest? commit, CancellationToken ct) => commit is { } id ? (await repository.Objects.ReadCommitAsync(id, ct)).Tree : null;

    private static VersionExit None() => new(VersionVerb.Fatal, "merge_none", "No merge is under way.");
}
