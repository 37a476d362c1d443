using System.CommandLine;
using Temper.Versioning.History;
using Temper.Versioning.Repositories;
using Temper.Versioning.WorkTrees;

namespace Temper.Cli.Verbs.Versioning;

internal static class LsFilesVerb
{
    private static readonly Argument<string[]> Paths = new("path") { Description = "Only these", Arity = ArgumentArity.ZeroOrMore, HelpName = "PATH" };
    private static readonly Option<bool> Cached = new("--cached", "-c") { Description = "Tracked files (this is the default)" };
    private static readonly Option<bool> Stage = new("--stage", "-s") { Description = "With mode, id and stage" };
    private static readonly Option<bool> Unmerged = new("--unmerged", "-u") { Description = "Only files in conflict, with mode, id and stage" };
    private static readonly Option<bool> Others = new("--others", "-o") { Description = "Untracked files" };
    private static readonly Option<bool> Ignored = new("--ignored", "-i") { Description = "With -o only ignored files" };
    private static readonly Option<bool> Modified = new("--modified", "-m") { Description = "Files that differ from the index" };
    private static readonly Option<bool> Deleted = new("--deleted", "-d") { Description = "Tracked files that are gone" };
    private static readonly Option<bool> Standard = new("--exclude-standard") { Description = "Patterns of .temperignore count" };
    private static readonly Option<bool> Zero = new("-z") { Description = "End each line with a zero byte, and leave names as they are" };
    private static readonly Option<bool> Full = new("--full-name") { Description = "Paths from the root" };
    private static readonly Option<bool> Strict = new("--error-unmatch") { Description = "A path that fits no file is an error" };

    public static Command Build() => VersionVerb.Make("ls-files", """
        List files of the index or of the work tree.

        Examples:
          temper ls-files
          temper ls-files -s models
          temper ls-files -o --exclude-standard
        """, Paths, Cached, Stage, Unmerged, Others, Ignored, Modified, Deleted, Standard, Zero, Full, Strict).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var parsed = session.Parsed;
        var given = (parsed.GetValue(Paths) ?? []).Select(session.PathOf).ToList();
        var filter = PathFilter.Of(given.Count > 0 || session.Prefix.Length == 0 ? given : [session.Prefix.TrimEnd('/')]);
        var index = (await session.Repository.Index.LoadAsync(ct)).Where(e => filter?.Matches(e.Path.ToString()) != false).ToList();
        if (parsed.GetValue(Strict) && given.Find(path => !index.Exists(e => PathFilter.Of([path])!.Matches(e.Path.ToString()))) is { } missing)
            throw new VersionExit(VersionVerb.Negative, "path_unmatched", $"'{missing}' fits no tracked file.");
        var (others, modified, deleted) = (parsed.GetValue(Others), parsed.GetValue(Modified), parsed.GetValue(Deleted));
        if (others || modified || deleted)
            await WorkTreeAsync(session, filter, index, others, modified, deleted, ct);
        if (parsed.GetValue(Cached) || parsed.GetValue(Stage) || parsed.GetValue(Unmerged) || !(others || modified || deleted))
            ShowIndex(session, index);
        return 0;
    }

    private static void ShowIndex(VersionSession session, List<IndexEntry> index)
    {
        var parsed = session.Parsed;
        var unmerged = parsed.GetValue(Unmerged);
        if (session.Json)
        {
            session.Document(index.Where(e => !unmerged || e.Stage > 0).Select(e => new { path = e.Path.ToString(), stage = e.Stage, mode = Convert.ToString((int)e.Mode, 8), id = e.Id, size = e.Size }));
            return;
        }
        foreach (var entry in index)
            if (!unmerged || entry.Stage > 0)
                Show(session, entry.Path.ToString(), parsed.GetValue(Stage) || unmerged ? $"{Convert.ToString((int)entry.Mode, 8)} {entry.Id.Hex} {entry.Stage}\t" : "");
    }

    private static async Task WorkTreeAsync(VersionSession session, PathFilter? filter, List<IndexEntry> index, bool others, bool modified, bool deleted, CancellationToken ct)
    {
        var standard = session.Parsed.GetValue(Standard);
        var scan = await session.Work.ListAsync(others, !standard, filter, ct);
        if (others)
            foreach (var path in (session.Parsed.GetValue(Ignored) ? scan.Ignored : scan.Untracked).Order(GitOrder.Comparer))
                Show(session, path, "");
        foreach (var path in index.Select(e => e.Path.ToString()).Distinct(StringComparer.Ordinal))
        {
            if (!scan.Changes.TryGetValue(path, out var change))
                continue;
            if (deleted && change == 'D')
                Show(session, path, "");
            if (modified)
                Show(session, path, "");
        }
    }

    private static void Show(VersionSession session, string path, string before)
    {
        var name = session.Parsed.GetValue(Full) ? path : session.Shown(path);
        session.Out.Write(before + (session.Parsed.GetValue(Zero) ? name + "\0" : VersionPaths.Quoted(name, false, session.Repository.Config.GetBool("core.quotepath", true)) + "\n"));
    }
}
