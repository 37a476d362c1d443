using System.CommandLine;
using Temper.Core.Ids;
using Temper.Versioning.History;
using Temper.Versioning.Repositories;
using Temper.Versioning.WorkTrees;

namespace Temper.Cli.Verbs.Versioning;

internal static class CheckoutVerb
{
    private static readonly Argument<string[]> Names = new("name") { Description = "A branch or commit, or paths after --", Arity = ArgumentArity.ZeroOrMore, HelpName = "COMMIT|PATH" };
    private static readonly Option<string?> New = new("-b") { Description = "Make a branch and check it out", HelpName = "BRANCH" };
    private static readonly Option<string?> Again = new("-B") { Description = "Make or move a branch and check it out", HelpName = "BRANCH" };
    private static readonly Option<bool> Detach = new("--detach", "-d") { Description = "Check out the commit, not the branch" };
    private static readonly Option<bool> Force = new("--force", "-f") { Description = "Throw local changes away" };
    private static readonly Option<bool> Ours = new("--ours") { Description = "Of a conflict, our side" };
    private static readonly Option<bool> Theirs = new("--theirs") { Description = "Of a conflict, their side" };

    public static Command Build() => VersionVerb.Make("checkout", """
        Check out a branch or a commit, or bring paths back.
        Local changes are kept; where they would be lost, nothing is done.

        Examples:
          temper checkout main
          temper checkout -b trial HEAD~3
          temper checkout v1 -- card.md
        """, Names, New, Again, Detach, Force, Ours, Theirs).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var parsed = session.Parsed;
        var names = parsed.GetValue(Names) ?? [];
        using var held = await session.Repository.LockAsync(ct);
        if ((parsed.GetValue(New) ?? parsed.GetValue(Again)) is { } branch)
            return await NewBranch.CheckOutAsync(session, branch, names is [var start, ..] ? start : null, parsed.GetValue(Again) is not null, parsed.GetValue(Force), held, ct);
        var (name, paths) = await SplitAsync(session, names, ct);
        if (paths.Count > 0)
            return await PathsAsync(session, name, paths, held, ct);
        if (name is null)
            return 0;
        return await SwitchAsync(session, name, parsed.GetValue(Detach), parsed.GetValue(Force), held, ct);
    }

    public static async Task<int> SwitchAsync(VersionSession session, string name, bool detach, bool force, RepositoryLock held, CancellationToken ct)
    {
        if (name is "-" or "@{-1}")
            name = await RevisionNames.PreviousAsync(session.Repository, ct) ?? throw new VersionExit(VersionVerb.Negative, "revision_unknown", "No branch was checked out before.");
        var head = await session.Repository.Refs.HeadAsync(ct);
        if (name is "HEAD" or "@" && !detach)
        {
            await BranchSwitch.ToAsync(session, head.Branch, head.Commit, name, force, held, ct);
            return 0;
        }
        var branch = RefName.Heads + name;
        var commit = await session.Repository.Refs.FindAsync(branch, ct) is { } tip ? tip : await RevisionNames.FindCommitAsync(session.Repository, name, ct);
        if (commit is null)
            throw new VersionExit(VersionVerb.Negative, "path_unmatched", $"'{name}' is neither a branch, a commit nor a tracked file.");
        var attached = !detach && await session.Repository.Refs.FindAsync(branch, ct) is not null;
        await BranchSwitch.ToAsync(session, attached ? branch : null, commit, name, force, held, ct);
        return 0;
    }

    private static async Task<int> PathsAsync(VersionSession session, string? name, List<string> paths, RepositoryLock held, CancellationToken ct)
    {
        var tree = name is null ? (Digest?)null : await RevisionNames.TreeAsync(session.Repository, name, ct);
        return await PathRestore.RunAsync(session, paths, new(PathFilter.Of(paths)!, tree)
        {
            FromTree = name is not null,
            Staged = true,
            Files = true,
            Overlay = true,
            Side = session.Parsed.GetValue(Ours) ? 2 : session.Parsed.GetValue(Theirs) ? 3 : 0,
        }, held, ct);
    }

    /// <summary>A commit and paths. Without <c>--</c> the first word is a commit if it names one, else a path.</summary>
    private static async Task<(string? Name, List<string> Paths)> SplitAsync(VersionSession session, string[] names, CancellationToken ct)
    {
        var before = session.BeforeDashes(names);
        if (before is > 1)
            throw new VersionExit(VersionVerb.Fatal, "usage", "At most one commit stands before --.");
        if (names.Length == 0)
            return (null, []);
        if (before is { } count)
        {
            // Before -- stands a commit, or nothing: what is none is not taken for a path.
            if (count == 1 && names[0] != "-" && await RevisionNames.FindAsync(session.Repository, names[0], ct) is null && (names.Length > 1 || await RemoteBranch.FollowAsync(session, names[0], ct) is null))
                throw RevisionNames.Unknown(names[0]);
            return (count == 1 ? names[0] : null, [.. names.Skip(count).Select(session.PathOf)]);
        }
        if (names[0] is "-" || await RevisionNames.FindAsync(session.Repository, names[0], ct) is not null)
            return (names[0], [.. names.Skip(1).Select(session.PathOf)]);
        if (session.Parsed.GetValue(Detach))
            throw RevisionNames.Unknown(names[0]);
        if (await RemoteBranch.FollowAsync(session, names[0], ct) is { } followed && names.Length == 1)
            return (followed, []);
        if (names.Length == 1 && !await session.Work.IsTrackedAsync(session.PathOf(names[0]), ct))
            throw new VersionExit(VersionVerb.Negative, "path_unmatched", $"'{names[0]}' is neither a branch, a commit nor a tracked file.");
        return (null, [.. names.Select(session.PathOf)]);
    }
}
