using System.CommandLine;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.History;

namespace Temper.Cli.Verbs.Versioning;

internal static class RestoreVerb
{
    private static readonly Argument<string[]> Paths = new("path") { Description = "Files, folders or patterns", Arity = ArgumentArity.ZeroOrMore, HelpName = "PATH" };
    private static readonly Option<string?> Source = new("--source", "-s") { Description = "The commit to take from [default: the index, with --staged HEAD]", HelpName = "COMMIT" };
    private static readonly Option<bool> Staged = new("--staged", "-S") { Description = "Restore the index" };
    private static readonly Option<bool> Files = new("--worktree", "-W") { Description = "Restore files (this is the default without --staged)" };
    private static readonly Option<bool> Ours = new("--ours") { Description = "Of a conflict, our side" };
    private static readonly Option<bool> Theirs = new("--theirs") { Description = "Of a conflict, their side" };

    public static Command Build() => VersionVerb.Make("restore", """
        Bring files back from the index or from a commit; changes in them are lost.

        Examples:
          temper restore card.md
          temper restore --staged .
          temper restore --source HEAD~2 models
        """, Paths, Source, Staged, Files, Ours, Theirs).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var parsed = session.Parsed;
        var paths = (parsed.GetValue(Paths) ?? []).Select(session.PathOf).ToList();
        if (paths.Count == 0)
            throw new VersionExit(VersionVerb.Fatal, "usage", "Name what is to be restored.", "`temper restore .` restores everything here.");
        var staged = parsed.GetValue(Staged);
        var files = parsed.GetValue(Files) || !staged;
        var source = parsed.GetValue(Source) ?? (staged ? "HEAD" : null);
        using var held = await session.Repository.LockAsync(ct);
        var unborn = source == "HEAD" && (await session.Repository.Refs.HeadAsync(ct)).Commit is null;
        if (unborn)
            throw RevisionNames.Unknown("HEAD");
        var tree = source is null ? (Digest?)null : await RevisionNames.TreeAsync(session.Repository, source, ct);
        return await PathRestore.RunAsync(session, paths, new(PathFilter.Of(paths)!, tree)
        {
            FromTree = source is not null,
            Staged = staged,
            Files = files,
            Side = parsed.GetValue(Ours) ? 2 : parsed.GetValue(Theirs) ? 3 : 0,
        }, held, ct);
    }
}
