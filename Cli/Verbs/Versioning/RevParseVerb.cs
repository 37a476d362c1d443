using System.CommandLine;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.History;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Versioning;

internal static class RevParseVerb
{
    private static readonly Argument<string[]> Names = new("revision") { Description = "Revisions", Arity = ArgumentArity.ZeroOrMore, HelpName = "REVISION" };
    private static readonly Option<bool> Verify = new("--verify") { Description = "Exactly one revision; exit 128 when it names nothing, 1 with -q" };
    private static readonly Option<int?> Short = new("--short") { Description = "Ids cut to N digits, or as many as make them unique [default: 12]", Arity = ArgumentArity.ZeroOrOne, HelpName = "N" };
    private static readonly Option<bool> Abbreviated = new("--abbrev-ref") { Description = "The short name of a reference instead of its id" };
    private static readonly Option<bool> Symbolic = new("--symbolic-full-name") { Description = "The full name of a reference instead of its id" };
    private static readonly Option<bool> TopLevel = new("--show-toplevel") { Description = "The root of the work tree" };
    private static readonly Option<bool> Home = new("--git-dir", "--temper-dir") { Description = "The folder that holds the repository" };
    private static readonly Option<bool> Prefix = new("--show-prefix") { Description = "This folder, from the root of the work tree" };
    private static readonly Option<bool> Inside = new("--is-inside-work-tree") { Description = "Whether this folder is in a work tree" };
    private static readonly Option<bool> Bare = new("--is-bare-repository") { Description = "Whether the repository has no work tree" };

    public static Command Build() => VersionVerb.Make("rev-parse", """
        Show the ids that revisions stand for, and facts of the repository.

        Examples:
          temper rev-parse HEAD
          temper rev-parse --verify -q v1^{commit}
          temper rev-parse --abbrev-ref HEAD
        """, Names, Verify, Short, Abbreviated, Symbolic, TopLevel, Home, Prefix, Inside, Bare).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var parsed = session.Parsed;
        var names = parsed.GetValue(Names) ?? [];
        ShowFacts(session);
        if (parsed.GetValue(Verify))
            return await VerifyAsync(session, names, ct);
        foreach (var name in names)
            await ShowAsync(session, name, ct);
        return 0;
    }

    private static void ShowFacts(VersionSession session)
    {
        var (parsed, repository) = (session.Parsed, session.Repository);
        foreach (var (wanted, fact) in new (bool, string)[]
        {
            (parsed.GetValue(TopLevel), repository.WorkFolder), (parsed.GetValue(Home), Path.GetRelativePath(session.Folder, repository.Home).Replace('\\', '/')), (parsed.GetValue(Prefix), session.Prefix),
            (parsed.GetValue(Inside), repository.IsBare ? "false" : "true"), (parsed.GetValue(Bare), repository.IsBare ? "true" : "false"),
        })
            if (wanted)
                session.Out.WriteLine(fact);
    }

    private static async Task<int> VerifyAsync(VersionSession session, string[] names, CancellationToken ct)
    {
        try
        {
            if (names is not [var name])
                throw new TemperException("revision_unknown", "Needed a single revision.");
            await WriteAsync(session, await Revisions.ResolveAsync(session.Repository, name, ct), "", ct);
            return 0;
        }
        catch (TemperException) when (session.Quiet)
        {
            return VersionVerb.Negative;
        }
    }

    private static async Task ShowAsync(VersionSession session, string name, CancellationToken ct)
    {
        if (session.Parsed.GetValue(Abbreviated) || session.Parsed.GetValue(Symbolic))
        {
            await ShowNameAsync(session, name, ct);
            return;
        }
        if (name.Contains("..", StringComparison.Ordinal) || name.StartsWith('^') || name.EndsWith("^@", StringComparison.Ordinal) || name.EndsWith("^!", StringComparison.Ordinal))
        {
            var range = new RevisionRange();
            await range.AddAsync(session.Repository, name, isNegated: false, ct);
            // What a range ends in is printed first, then where it comes from, last what it leaves out.
            foreach (var end in range.Ends.Reverse().OrderBy(e => e.IsExcluded))
                await WriteAsync(session, end.Id, end.IsExcluded ? "^" : "", ct);
            return;
        }
        await WriteAsync(session, await Revisions.ResolveAsync(session.Repository, name, ct), "", ct);
    }

    private static async Task ShowNameAsync(VersionSession session, string name, CancellationToken ct)
    {
        var full = await FullAsync(session.Repository, name, ct);
        if (full is null)
        {
            // A revision that is no reference has no name, and is not one that does not exist.
            await Revisions.ResolveAsync(session.Repository, name, ct);
            if (session.Parsed.GetValue(Abbreviated))
                session.Out.WriteLine();
            return;
        }
        session.Out.WriteLine(session.Parsed.GetValue(Symbolic) ? full : RefName.Short(full));
    }

    private static async Task<string?> FullAsync(Repository repository, string name, CancellationToken ct)
    {
        if (name is "HEAD" or "@")
        {
            var head = await repository.Refs.HeadAsync(ct);
            return head.Commit is null ? throw new TemperException("revision_unknown", "HEAD names no commit yet.") : head.Branch ?? "HEAD";
        }
        return name.StartsWith("@{-", StringComparison.Ordinal) && await RevisionNames.PreviousAsync(repository, int.TryParse(name.AsSpan(3).TrimEnd('}'), out var back) ? back : 1, ct) is { } earlier
            ? await Revisions.FullNameAsync(repository, earlier, ct)
            : await Revisions.FullNameAsync(repository, name, ct);
    }

    private static async Task WriteAsync(VersionSession session, Digest id, string sign, CancellationToken ct)
    {
        if (session.Json)
            session.Document(new { id, kind = await session.Repository.Objects.FindKindAsync(id, ct) is { } kind ? Revisions.Word(kind) : null, excluded = sign.Length > 0 });
        else
            session.Out.WriteLine(sign + (session.Parsed.GetResult(Short) is null ? id.Hex : await ShortIds.OfAsync(session.Repository.Objects, id, session.Parsed.GetValue(Short) ?? 12, ct)));
    }
}
