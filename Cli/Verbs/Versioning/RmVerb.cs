using System.CommandLine;
using Temper.Core.Errors;
using Temper.Versioning.History;

namespace Temper.Cli.Verbs.Versioning;

internal static class RmVerb
{
    private static readonly Argument<string[]> Paths = new("path") { Description = "Files, folders or patterns", Arity = ArgumentArity.OneOrMore, HelpName = "PATH" };
    private static readonly Option<bool> Cached = new("--cached") { Description = "Only from the index; the files stay" };
    private static readonly Option<bool> Recursive = new("-r") { Description = "Folders with all in them" };
    private static readonly Option<bool> Force = new("--force", "-f") { Description = "Files with changes, too" };
    private static readonly Option<bool> Dry = new("--dry-run", "-n") { Description = "Only tell what would be done" };
    private static readonly Option<bool> Unmatched = new("--ignore-unmatch") { Description = "A path that fits nothing is no error" };

    public static Command Build() => VersionVerb.Make("rm", """
        Remove files from the index and from the work tree.
        Files whose content is nowhere else are not removed.

        Examples:
          temper rm old.safetensors
          temper rm -r --cached logs
        """, Paths, Cached, Recursive, Force, Dry, Unmatched).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var parsed = session.Parsed;
        var paths = (parsed.GetValue(Paths) ?? []).Select(session.PathOf).ToList();
        using var held = await session.Repository.LockAsync(ct);
        await CheckAsync(session, paths, ct);
        IReadOnlyList<string> removed;
        try
        {
            removed = await session.Work.RemoveAsync(new(PathFilter.Of(paths)!) { Cached = parsed.GetValue(Cached), Force = parsed.GetValue(Force), DryRun = parsed.GetValue(Dry) }, held, ct);
        }
        catch (TemperException error) when (error.Code == "worktree_changed")
        {
            throw new VersionExit(VersionVerb.Negative, error);
        }
        if (session.Json)
            session.Document(new { removed });
        else if (!session.Quiet)
            foreach (var path in removed)
                session.Out.WriteLine($"rm '{path}'");
        return 0;
    }

    private static async Task CheckAsync(VersionSession session, List<string> paths, CancellationToken ct)
    {
        var index = await session.Repository.Index.LoadAsync(ct);
        foreach (var path in paths)
        {
            var filter = PathFilter.Of([path])!;
            var found = index.Where(e => filter.Matches(e.Path.ToString())).Select(e => e.Path.ToString()).ToList();
            if (found.Count == 0 && !session.Parsed.GetValue(Unmatched))
                throw new VersionExit(VersionVerb.Fatal, "path_unmatched", $"'{path}' fits no tracked file.");
            // A pattern names files; only a folder that is named by itself needs -r.
            if (!session.Parsed.GetValue(Recursive) && found.Exists(file => file != path && filter.IsNamed(file)))
                throw new VersionExit(VersionVerb.Fatal, "usage", $"'{path}' is a folder; -r removes all in it.");
        }
    }
}
