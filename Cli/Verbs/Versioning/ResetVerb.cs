using System.CommandLine;
using Temper.Core.Ids;
using Temper.Versioning.History;
using Temper.Versioning.Repositories;
using Temper.Versioning.WorkTrees;

namespace Temper.Cli.Verbs.Versioning;

internal static class ResetVerb
{
    private static readonly Argument<string[]> Names = new("name") { Description = "A commit [default: HEAD], then paths", Arity = ArgumentArity.ZeroOrMore, HelpName = "COMMIT|PATH" };
    private static readonly Option<bool> Soft = new("--soft") { Description = "Move the branch; index and files stay" };
    private static readonly Option<bool> Mixed = new("--mixed") { Description = "Move the branch and the index; files stay (this is the default)" };
    private static readonly Option<bool> Hard = new("--hard") { Description = "Move the branch, index and files; local changes are lost" };

    public static Command Build() => VersionVerb.Make("reset", """
        Move the branch that is checked out to another commit, or take paths out of the index.

        Examples:
          temper reset HEAD~1
          temper reset --hard v1
          temper reset -- card.md
        """, Names, Soft, Mixed, Hard).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var parsed = session.Parsed;
        var (soft, hard) = (parsed.GetValue(Soft), parsed.GetValue(Hard));
        if ((soft ? 1 : 0) + (hard ? 1 : 0) + (parsed.GetValue(Mixed) ? 1 : 0) > 1)
            throw new VersionExit(VersionVerb.Fatal, "usage", "--soft, --mixed and --hard exclude each other.");
        var (name, paths) = await SplitAsync(session, ct);
        using var held = await session.Repository.LockAsync(ct);
        if (paths.Count > 0)
            return soft || hard
                ? throw new VersionExit(VersionVerb.Fatal, "usage", "Only the index of paths can be reset; --soft and --hard move whole branches.")
                : await PathsAsync(session, name, paths, ct);
        var head = await session.Repository.Refs.HeadAsync(ct);
        var target = name is null or "HEAD" ? head.Commit : await RevisionNames.CommitAsync(session.Repository, name, ct);
        if (soft && (session.Repository.Merging.Heads().Count > 0 || (await session.Work.ConflictsAsync(ct)).Count > 0))
            throw new VersionExit(VersionVerb.Fatal, "index_unmerged", "A merge is under way; only index and files can be reset.", "--hard gives the merge up.");
        var tree = target is { } commit ? (await session.Repository.Objects.ReadCommitAsync(commit, ct)).Tree : (Digest?)null;
        if (hard)
            await session.Work.ResetAsync(tree, held, ct);
        else if (!soft)
            await session.Repository.Index.ReadTreeAsync(session.Repository.Objects, tree, ct);
        await MoveAsync(session, head, target, name ?? "HEAD", ct);
        if (hard && target is { } at)
            await BranchSwitch.CheckOutMetadataAsync(session.Repository, at, ct);
        session.Work.EndSwitch();
        if (!soft)
            session.Repository.Merging.End();
        await ShowAsync(session, target, soft, hard, ct);
        return 0;
    }

    private static async Task MoveAsync(VersionSession session, Head head, Digest? target, string name, CancellationToken ct)
    {
        if (target is not { } commit)
            return;
        if (head.Commit is { } old)
            session.Repository.Merging.SetOrigin(old);
        if (head.Commit != commit)
            await CommitWriter.MoveAsync(session.Repository, head, commit, $"reset: moving to {name}", session.Mover(), ct);
    }

    private static async Task<int> PathsAsync(VersionSession session, string? name, List<string> paths, CancellationToken ct)
    {
        var tree = name is null or "HEAD" && (await session.Repository.Refs.HeadAsync(ct)).Commit is null ? (Digest?)null : await RevisionNames.TreeAsync(session.Repository, name ?? "HEAD", ct);
        await session.Work.ResetIndexAsync(tree, PathFilter.Of(paths)!, ct);
        await ShowAsync(session, null, false, false, ct);
        return 0;
    }

    private static async Task ShowAsync(VersionSession session, Digest? target, bool soft, bool hard, CancellationToken ct)
    {
        if (session.Json)
            session.Document(new { commit = target });
        if (session.Quiet || session.Json || soft)
            return;
        if (hard)
        {
            if (target is { } commit)
                session.Out.WriteLine($"HEAD is now at {commit.Short} {Output.Style.Clean(CommitWriter.Subject((await session.Repository.Objects.ReadCommitAsync(commit, ct)).Message))}");
            return;
        }
        var changed = (await session.Work.StatusAsync(UntrackedFiles.No, false, null, ct)).Tracked.Where(t => t.Unstaged != ' ' || t.IsUnmerged).ToList();
        if (changed.Count > 0)
            session.Out.WriteLine("Changed, not in the index:");
        foreach (var path in changed)
            session.Out.WriteLine($"{(path.IsUnmerged ? 'U' : path.Unstaged)}\t{session.Shown(path.Path)}");
    }

    /// <summary>The commit and the paths; a first word that names a commit is one, unless <c>--</c> stands before it.</summary>
    private static async Task<(string? Name, List<string> Paths)> SplitAsync(VersionSession session, CancellationToken ct)
    {
        var names = session.Parsed.GetValue(Names) ?? [];
        var before = session.BeforeDashes(names);
        if (before is > 1)
            throw new VersionExit(VersionVerb.Fatal, "usage", "At most one commit stands before --.");
        if (names.Length == 0 || before == 0)
            return (null, [.. names.Select(session.PathOf)]);
        if (before == 1 || await RevisionNames.FindAsync(session.Repository, names[0], ct) is not null)
            return (names[0], [.. names.Skip(1).Select(session.PathOf)]);
        foreach (var name in names)
            if (await session.Work.NamedAsync(session.PathOf(name), ct) == PathMatch.Nothing)
                throw new VersionExit(VersionVerb.Fatal, "revision_unknown", $"'{name}' is neither a commit nor a path here.");
        return (null, [.. names.Select(session.PathOf)]);
    }
}
