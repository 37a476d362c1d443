using System.CommandLine;
using Temper.Versioning.Repositories;
using Temper.Versioning.WorkTrees;

namespace Temper.Cli.Verbs.Versioning;

internal static class StatusVerb
{
    private static readonly Argument<string[]> Paths = new("path") { Description = "Only these", Arity = ArgumentArity.ZeroOrMore, HelpName = "PATH" };
    private static readonly Option<bool> Short = new("--short", "-s") { Description = "A line for each file, in git's short form" };
    private static readonly Option<string?> Porcelain = new("--porcelain") { Description = "The short form as programs read it, the same in every version", Arity = ArgumentArity.ZeroOrOne, HelpName = "v1|v2" };
    private static readonly Option<bool> Branch = new("--branch", "-b") { Description = "The branch, too, in the short form" };
    private static readonly Option<string?> Untracked = new("--untracked-files", "-u") { Description = "Untracked files: no, normal or all [default: normal]", Arity = ArgumentArity.ZeroOrOne, HelpName = "MODE" };
    private static readonly Option<bool> Ignored = new("--ignored") { Description = "Ignored files, too" };
    private static readonly Option<bool> Zero = new("-z") { Description = "End each line with a zero byte, and leave names as they are" };

    public static Command Build() => VersionVerb.Make("status", """
        Show what differs between the last commit, the index and the files.

        Examples:
          temper status
          temper status --porcelain
          temper status -s -u all models
        """, Paths, Short, Porcelain, Branch, Untracked, Ignored, Zero).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var parsed = session.Parsed;
        var status = await session.Work.StatusAsync(Mode(session), parsed.GetValue(Ignored), session.Filter(parsed.GetValue(Paths) ?? []), ct);
        var porcelain = parsed.GetResult(Porcelain) is not null;
        if (session.Json)
            session.Document(new { branch = status.Head.ShortBranch, commit = status.Head.Commit, tracked = status.Tracked.Select(View), untracked = status.Untracked.Select(s => s.Path), ignored = status.Ignored.Select(s => s.Path) });
        else if (porcelain && parsed.GetValue(Porcelain) is "v2" or "2")
            await new StatusLines(session, parsed.GetValue(Zero)).ShowAsync(status, parsed.GetValue(Branch), ct);
        else if (porcelain && parsed.GetValue(Porcelain) is not (null or "v1" or "1"))
            throw new VersionExit(VersionVerb.Fatal, "usage", $"--porcelain takes v1 or v2, not '{parsed.GetValue(Porcelain)}'.");
        else if (porcelain || parsed.GetValue(Short) || parsed.GetValue(Zero))
            ShowShort(session, status, porcelain || parsed.GetValue(Zero));
        else
            StatusText.Show(session, status);
        return 0;
    }

    private static UntrackedFiles Mode(VersionSession session)
    {
        var word = session.Parsed.GetResult(Untracked) is null ? session.Repository.Config.Get("status.showuntrackedfiles") ?? "normal" : session.Parsed.GetValue(Untracked) ?? "all";
        return word switch
        {
            "no" or "false" => UntrackedFiles.No,
            "normal" or "true" => UntrackedFiles.Normal,
            "all" => UntrackedFiles.All,
            _ => throw new VersionExit(VersionVerb.Fatal, "usage", $"-u takes no, normal or all, not '{word}'."),
        };
    }

    private static void ShowShort(VersionSession session, WorkTreeStatus status, bool fromRoot)
    {
        var zero = session.Parsed.GetValue(Zero);
        var beyondAscii = session.Repository.Config.GetBool("core.quotepath", true);
        var end = zero ? "\0" : "\n";
        if (session.Parsed.GetValue(Branch))
            session.Out.Write($"## {BranchLine(status.Head)}{end}");
        foreach (var path in status.Tracked.Concat(status.Untracked).Concat(status.Ignored))
        {
            var name = fromRoot ? path.Path : session.Shown(path.Path);
            session.Out.Write($"{path.Staged}{path.Unstaged} {(zero ? name : VersionPaths.Quoted(name, true, beyondAscii))}{end}");
        }
    }

    private static string BranchLine(Head head) => head.Commit is null ? $"No commits yet on {head.ShortBranch}" : head.ShortBranch ?? "HEAD (no branch)";

    private static object View(PathStatus path) => new { path = path.Path, staged = path.Staged.ToString(), unstaged = path.Unstaged.ToString() };
}
