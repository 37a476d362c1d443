using System.CommandLine;
using System.Globalization;
using Temper.Core.Ids;
using Temper.Versioning.History;

namespace Temper.Cli.Verbs.Versioning;

internal static class RevListVerb
{
    private static readonly WalkArguments Walk = new();
    private static readonly Option<bool> Count = new("--count") { Description = "Only how many" };
    private static readonly Option<bool> Parents = new("--parents") { Description = "With the parents of each" };
    private static readonly Option<bool> LeftRight = new("--left-right") { Description = "Mark of which side of A...B each is, < or >; with --count two numbers" };
    private static readonly Option<bool> LeftOnly = new("--left-only") { Description = "Of A...B only the left side" };
    private static readonly Option<bool> RightOnly = new("--right-only") { Description = "Of A...B only the right side" };

    public static Command Build() => VersionVerb.Make("rev-list", """
        List the ids of commits, latest first.

        Examples:
          temper rev-list main..topic
          temper rev-list --count --left-right main...topic
          temper rev-list --all -- card.md
        """, [.. Walk.Symbols, Count, Parents, LeftRight, LeftOnly, RightOnly]).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var parsed = session.Parsed;
        var (names, walk) = await Walk.ReadAsync(session, orHead: false, ct);
        if (names.Range.Ends.Count == 0)
            throw new VersionExit(129, "usage", "rev-list needs a commit, a range or --all.");
        var graph = new CommitGraph(session.Repository.Objects);
        var sided = parsed.GetValue(LeftRight) || parsed.GetValue(LeftOnly) || parsed.GetValue(RightOnly);
        var left = sided && names.Range.Left is { } side ? await CommitWalk.ReachableAsync(graph, [side], ct) : [];
        var shown = new List<(CommitNode Commit, bool IsLeft)>();
        await foreach (var commit in CommitWalk.RunAsync(graph, walk, ct))
            if (left.Contains(commit.Id) ? !parsed.GetValue(RightOnly) : !parsed.GetValue(LeftOnly))
                shown.Add((commit, left.Contains(commit.Id)));
        Show(session, shown, parsed.GetValue(LeftRight));
        return 0;
    }

    private static void Show(VersionSession session, List<(CommitNode Commit, bool IsLeft)> shown, bool sides)
    {
        var lefts = shown.Count(s => s.IsLeft);
        if (session.Parsed.GetValue(Count))
        {
            if (session.Json)
                session.Document(new { count = shown.Count, left = sides ? lefts : (int?)null, right = sides ? shown.Count - lefts : (int?)null });
            else
                session.Out.WriteLine(sides ? string.Create(CultureInfo.InvariantCulture, $"{lefts}\t{shown.Count - lefts}") : shown.Count.ToString(CultureInfo.InvariantCulture));
            return;
        }
        foreach (var (commit, isLeft) in shown)
        {
            if (session.Json)
                session.Document(new { commit = commit.Id, parents = commit.Parents, at_ms = commit.AtMs, side = sides ? (isLeft ? "left" : "right") : null });
            else
                session.Out.WriteLine((sides ? (isLeft ? "<" : ">") : "") + commit.Id.Hex + (session.Parsed.GetValue(Parents) ? string.Concat(commit.Parents.Select(p => " " + p.Hex)) : ""));
        }
    }
}
