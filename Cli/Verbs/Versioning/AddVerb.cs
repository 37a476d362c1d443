using System.CommandLine;
using Temper.Cli.Output;
using Temper.Versioning.History;
using Temper.Versioning.Repositories;
using Temper.Versioning.WorkTrees;

namespace Temper.Cli.Verbs.Versioning;

internal static class AddVerb
{
    private const int Many = 200;
    private static readonly Argument<string[]> Paths = new("path") { Description = "Files, folders or patterns", Arity = ArgumentArity.ZeroOrMore, HelpName = "PATH" };
    private static readonly Option<bool> All = new("--all", "-A") { Description = "Everything, removed files too" };
    private static readonly Option<bool> Update = new("--update", "-u") { Description = "Only files that are tracked" };
    private static readonly Option<bool> Dry = new("--dry-run", "-n") { Description = "Only tell what would be done" };
    private static readonly Option<bool> Force = new("--force", "-f") { Description = "Ignored files, too" };
    private static readonly Option<bool> Verbose = new("--verbose", "-v") { Description = "Tell each file" };

    public static Command Build() => VersionVerb.Make("add", """
        Take files into the index, from which the next commit is made.
        A file that is gone is taken out. Patterns of .temperignore keep files out.

        Examples:
          temper add .
          temper add -A
          temper add models/*.safetensors
        """, Paths, All, Update, Dry, Force, Verbose).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var parsed = session.Parsed;
        var (all, update) = (parsed.GetValue(All), parsed.GetValue(Update));
        if (all && update)
            throw new VersionExit(VersionVerb.Fatal, "usage", "-A and -u exclude each other.");
        var paths = (parsed.GetValue(Paths) ?? []).Select(session.PathOf).ToList();
        if (paths.Count == 0 && !all && !update)
        {
            session.Note("Nothing was named, nothing was added. `temper add .` adds everything here.");
            return 0;
        }
        using var held = await session.Repository.LockAsync(ct);
        var ignored = paths.Count == 0 ? [] : await UnmatchedAsync(session, paths, parsed.GetValue(Force), ct);
        using var line = new ProgressLine("add", session.Quiet, Console.IsErrorRedirected, TimeProvider.System);
        var result = await session.Work.AddAsync(new()
        {
            Paths = PathFilter.Of(paths),
            TrackedOnly = update,
            Force = parsed.GetValue(Force),
            DryRun = parsed.GetValue(Dry),
            Progress = (done, of, bytes) =>
            {
                if (of >= Many || bytes > 64 << 20)
                    line.Show((double)done / of, $"{Format.Number(done)}/{Format.Number(of)} files, {Format.Bytes(bytes)}");
            },
        }, held, ct);
        foreach (var (path, secret) in result.Secrets)
            session.Note($"warning: '{path}', line {secret.Line}, looks like it holds {secret.Kind} ({secret.Masked}).");
        foreach (var skipped in result.Skipped)
            session.Note($"'{skipped}' is a repository of its own and was not added.");
        Show(session, result, parsed.GetValue(Dry) || parsed.GetValue(Verbose));
        if (ignored.Count == 0)
            return 0;
        session.Error($"Patterns of {".temperignore"} keep these out: {string.Join(", ", ignored)}");
        session.Note("  hint: -f adds them all the same.");
        return VersionVerb.Negative;
    }

    private static void Show(VersionSession session, AddResult result, bool tell)
    {
        if (session.Json)
            session.Document(new { added = result.Added, removed = result.Removed });
        else if (tell)
        {
            foreach (var (path, word) in result.Added.Select(p => (p, "add")).Concat(result.Removed.Select(p => (p, "remove"))).OrderBy(p => p.Item1, GitOrder.Comparer))
                session.Out.WriteLine($"{word} '{path}'");
        }
    }

    /// <summary>Paths that are named and ignored. One that names nothing at all ends the verb.</summary>
    private static async Task<List<string>> UnmatchedAsync(VersionSession session, List<string> paths, bool force, CancellationToken ct)
    {
        var ignored = new List<string>();
        foreach (var path in paths.Where(path => path != "."))
        {
            var named = await session.Work.NamedAsync(path, ct);
            if (named == PathMatch.Nothing)
                throw new VersionExit(VersionVerb.Fatal, "path_unmatched", $"'{path}' fits no file.");
            if (named == PathMatch.Ignored && !force)
                ignored.Add(path);
        }
        return ignored;
    }
}
