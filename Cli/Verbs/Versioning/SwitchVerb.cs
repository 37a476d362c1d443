using System.CommandLine;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Versioning;

internal static class SwitchVerb
{
    private static readonly Argument<string?> Name = new("name") { Description = "A branch; with --detach a commit; - for the one before", Arity = ArgumentArity.ZeroOrOne, HelpName = "BRANCH" };
    private static readonly Option<string?> New = new("--create", "-c") { Description = "Make a branch and switch to it", HelpName = "BRANCH" };
    private static readonly Option<string?> Again = new("--force-create", "-C") { Description = "Make or move a branch and switch to it", HelpName = "BRANCH" };
    private static readonly Option<bool> Detach = new("--detach", "-d") { Description = "Check out a commit on no branch" };
    private static readonly Option<bool> Force = new("--discard-changes", "--force", "-f") { Description = "Throw local changes away" };

    public static Command Build() => VersionVerb.Make("switch", """
        Switch to another branch.
        Local changes are kept; where they would be lost, nothing is done. The folder to work in is named with --at, as -C makes a branch.

        Examples:
          temper switch main
          temper switch -c trial
          temper switch --detach v1
        """, Name, New, Again, Detach, Force).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var parsed = session.Parsed;
        var name = parsed.GetValue(Name);
        using var held = await session.Repository.LockAsync(ct);
        if (session.Repository.Merging.Heads().Count > 0 && !parsed.GetValue(Force))
            throw new VersionExit(VersionVerb.Fatal, "index_unmerged", "A merge is under way; no other branch can be switched to.", "Commit it, or give it up.");
        if ((parsed.GetValue(New) ?? parsed.GetValue(Again)) is { } branch)
            return await NewBranch.CheckOutAsync(session, branch, name, parsed.GetValue(Again) is not null, parsed.GetValue(Force), held, ct);
        if (name is null)
            throw new VersionExit(VersionVerb.Fatal, "usage", "Name a branch to switch to.");
        if (name is "-")
            name = await RevisionNames.PreviousAsync(session.Repository, ct) ?? throw RevisionNames.Unknown("-");
        if (!parsed.GetValue(Detach) && await session.Repository.Refs.FindAsync(RefName.Heads + name, ct) is null)
        {
            if (await RevisionNames.FindCommitAsync(session.Repository, name, ct) is not null)
                throw new VersionExit(VersionVerb.Fatal, "revision_unknown", $"'{name}' is a commit and not a branch.", "--detach checks it out on no branch.");
            _ = await RemoteBranch.FollowAsync(session, name, ct) ?? throw RevisionNames.Unknown(name);
        }
        if (parsed.GetValue(Detach))
            _ = await RevisionNames.CommitAsync(session.Repository, name, ct);
        return await CheckoutVerb.SwitchAsync(session, name, parsed.GetValue(Detach), parsed.GetValue(Force), held, ct);
    }
}
