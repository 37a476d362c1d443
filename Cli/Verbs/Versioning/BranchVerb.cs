using System.CommandLine;
using Temper.Core.Ids;
using Temper.Versioning.History;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Versioning;

internal static class BranchVerb
{
    private static readonly Argument<string[]> Names = new("name") { Description = "A branch and where it begins; with --list patterns", Arity = ArgumentArity.ZeroOrMore, HelpName = "NAME" };
    private static readonly Option<bool> Delete = new("--delete", "-d") { Description = "Delete branches that are merged" };
    private static readonly Option<bool> DeleteAny = new("-D") { Description = "Delete branches, merged or not" };
    private static readonly Option<bool> Move = new("--move", "-m") { Description = "Rename: [OLD] NEW" };
    private static readonly Option<bool> MoveAny = new("-M") { Description = "Rename, even over another branch" };
    private static readonly Option<bool> Force = new("--force", "-f") { Description = "Move a branch that exists" };
    private static readonly Option<bool> List = new("--list", "-l") { Description = "List branches, only those that patterns fit" };
    private static readonly Option<bool> Remote = new("--remotes", "-r") { Description = "Branches of remotes" };
    private static readonly Option<bool> All = new("--all", "-a") { Description = "Branches here and of remotes" };
    private static readonly Option<bool> Verbose = new("--verbose", "-v") { Description = "With commit and subject" };
    private static readonly Option<bool> Current = new("--show-current") { Description = "The branch that is checked out" };
    private static readonly Option<string?> Form = new("--format") { Description = "A line for each, such as %(refname:short) %(objectname)", HelpName = "FORMAT" };
    private static readonly Option<string?> Contains = new("--contains") { Description = "Only branches that have the commit", HelpName = "COMMIT" };
    private static readonly Option<string?> Merged = new("--merged") { Description = "Only branches that the commit has", HelpName = "COMMIT" };
    private static readonly Option<string?> NotMerged = new("--no-merged") { Description = "Only branches that the commit does not have", HelpName = "COMMIT" };

    public static Command Build() => VersionVerb.Make("branch", """
        List, make, rename and delete branches.

        Examples:
          temper branch
          temper branch trial HEAD~2
          temper branch -m trial final
          temper branch -d final
        """, Names, Delete, DeleteAny, Move, MoveAny, Force, List, Remote, All, Verbose, Current, Form, Contains, Merged, NotMerged).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var parsed = session.Parsed;
        var names = parsed.GetValue(Names) ?? [];
        if (parsed.GetValue(Current))
        {
            if ((await session.Repository.Refs.HeadAsync(ct)).ShortBranch is { } branch)
                session.Out.WriteLine(branch);
            return 0;
        }
        var filtered = (parsed.GetValue(Contains) ?? parsed.GetValue(Merged) ?? parsed.GetValue(NotMerged)) is not null;
        var deletes = parsed.GetValue(Delete) || parsed.GetValue(DeleteAny);
        var moves = parsed.GetValue(Move) || parsed.GetValue(MoveAny);
        if (!deletes && !moves && (names.Length == 0 || parsed.GetValue(List) || filtered))
            return await ListAsync(session, names, ct);
        using var held = await session.Repository.LockAsync(ct);
        return deletes ? await DeleteAsync(session, names, ct) : moves ? await MoveAsync(session, names, ct) : await MakeAsync(session, names, ct);
    }

    private static async Task<int> MakeAsync(VersionSession session, string[] names, CancellationToken ct)
    {
        if (names.Length > 2)
            throw new VersionExit(VersionVerb.Fatal, "usage", "A branch begins at one commit.");
        var full = RefName.Branch(names[0]);
        var old = await session.Repository.Refs.FindAsync(full, ct);
        var head = await session.Repository.Refs.HeadAsync(ct);
        if (old is not null && !session.Parsed.GetValue(Force))
            throw new VersionExit(VersionVerb.Fatal, "ref_exists", $"There is a branch '{names[0]}' already.");
        if (full == head.Branch && old is not null)
            throw new VersionExit(VersionVerb.Fatal, "ref_exists", $"The branch '{names[0]}' is checked out and cannot be moved so.", "`temper reset` moves it.");
        var start = names.Length > 1 ? names[1] : "HEAD";
        var target = await RevisionNames.CommitAsync(session.Repository, start, ct);
        await session.Repository.Refs.UpdateAsync([new(full, old, target)], $"branch: {(old is null ? "Created from" : "Reset to")} {start}", session.Mover(), ct);
        return 0;
    }

    private static async Task<int> DeleteAsync(VersionSession session, string[] names, CancellationToken ct)
    {
        if (names.Length == 0)
            throw new VersionExit(VersionVerb.Fatal, "usage", "Name the branches to delete.");
        var head = await session.Repository.Refs.HeadAsync(ct);
        var prefix = session.Parsed.GetValue(Remote) ? RefName.Remotes : RefName.Heads;
        var result = 0;
        foreach (var name in names)
        {
            if (await session.Repository.Refs.FindAsync(prefix + name, ct) is not { } at)
                result = Refuse(session, $"there is no branch '{name}'");
            else if (prefix + name == head.Branch)
                result = Refuse(session, $"the branch '{name}' is checked out");
            else if (!session.Parsed.GetValue(DeleteAny) && !session.Parsed.GetValue(Force) && prefix == RefName.Heads && !await IsMergedAsync(session, name, at, head, ct))
                result = Refuse(session, $"the branch '{name}' is not merged; -D deletes it all the same");
            else
            {
                await session.Repository.Refs.UpdateAsync([new(prefix + name, at, null)], "branch: deleted", session.Mover(), ct);
                if (session.Repository.Config.RemoveSection("branch", name))
                    session.Repository.Config.Save();
                if (!session.Quiet)
                    session.Out.WriteLine($"Deleted branch {name} (was {at.Short})");
            }
        }
        return result;
    }

    private static int Refuse(VersionSession session, string why)
    {
        session.Error(why);
        return VersionVerb.Negative;
    }

    private static async Task<bool> IsMergedAsync(VersionSession session, string name, Digest at, Head head, CancellationToken ct)
    {
        var into = head.Commit;
        if (session.Repository.Config.Get($"branch.{name}.remote") is { } remote && session.Repository.Config.Get($"branch.{name}.merge") is { } merge
            && await session.Repository.Refs.FindAsync($"{RefName.Remotes}{remote}/{RefName.Short(merge)}", ct) is { } upstream)
            into = upstream;
        return into is { } target && await MergeBases.IsAncestorAsync(new(session.Repository.Objects), at, target, ct);
    }

    private static async Task<int> MoveAsync(VersionSession session, string[] names, CancellationToken ct)
    {
        var refs = session.Repository.Refs;
        var head = await refs.HeadAsync(ct);
        var (old, now) = names switch
        {
            [var only] => (head.Branch ?? throw new VersionExit(VersionVerb.Fatal, "revision_unknown", "No branch is checked out."), RefName.Branch(only)),
            [var one, var two] => (RefName.Heads + one, RefName.Branch(two)),
            _ => throw new VersionExit(VersionVerb.Fatal, "usage", "Give the new name, or the old one and the new one."),
        };
        var at = await refs.FindAsync(old, ct);
        if (at is null && old != head.Branch)
            throw new VersionExit(VersionVerb.Fatal, "revision_unknown", $"There is no branch '{RefName.Short(old)}'.");
        var taken = now == old ? null : await refs.FindAsync(now, ct);
        if (taken is not null && (!session.Parsed.GetValue(MoveAny) && !session.Parsed.GetValue(Force) || now == head.Branch))
            throw new VersionExit(VersionVerb.Fatal, "ref_exists", $"There is a branch '{RefName.Short(now)}' already.");
        var reason = $"Branch: renamed {old} to {now}";
        if (at is not null && now != old)
            await refs.UpdateAsync([new(old, at, null), new(now, taken, at)], reason, session.Mover(), ct);
        if (head.Branch == old)
            await refs.SetHeadAsync(new(now, at), reason, session.Mover(), ct);
        MoveSettings(session.Repository.Config, RefName.Short(old), RefName.Short(now));
        return 0;
    }

    private static void MoveSettings(RepositoryConfig config, string old, string now)
    {
        var prefix = $"branch.{old}.";
        var settings = config.All.Where(s => s.Key.StartsWith(prefix, StringComparison.Ordinal)).ToList();
        if (settings.Count == 0 || old == now)
            return;
        config.RemoveSection("branch", old);
        foreach (var (key, value) in settings)
            config.Add($"branch.{now}.{key[prefix.Length..]}", value);
        config.Save();
    }

    private static async Task<int> ListAsync(VersionSession session, string[] patterns, CancellationToken ct)
    {
        var parsed = session.Parsed;
        var head = await session.Repository.Refs.HeadAsync(ct);
        var refs = new List<(string Name, Digest Target)>();
        if (!parsed.GetValue(Remote))
            refs.AddRange(await session.Repository.Refs.ListAsync(RefName.Heads, ct));
        if (parsed.GetValue(Remote) || parsed.GetValue(All))
            refs.AddRange(await session.Repository.Refs.ListAsync(RefName.Remotes, ct));
        var filter = await CommitFilter.OfAsync(session, parsed.GetValue(Contains), parsed.GetValue(Merged), parsed.GetValue(NotMerged), ct);
        var list = new RefList(session, head);
        if (!parsed.GetValue(Remote) && head is { IsDetached: true, Commit: { } at } && patterns.Length == 0 && await filter.TakesAsync(at, ct))
            list.AddDetached(at);
        foreach (var (name, target) in refs)
            if ((patterns.Length == 0 || patterns.Any(p => RefList.Fits(p, RefName.Short(name)))) && await filter.TakesAsync(target, ct))
                list.Add(name, target);
        await list.ShowBranchesAsync(parsed.GetValue(Form), parsed.GetValue(Verbose), parsed.GetValue(All), ct);
        return 0;
    }
}
