using System.CommandLine;
using Temper.Versioning.History;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Versioning;

internal static class LogVerb
{
    private static readonly WalkArguments Walk = new();
    private static readonly CommitShow Show = new();
    private static readonly Option<bool> Moves = new("--walk-reflogs", "-g") { Description = "Where HEAD or a reference has been, instead of what it follows" };

    private static readonly Option<bool> Graph = new("--graph") { Description = "Lines of history beside the commits" };

    public static Command Build() => VersionVerb.Make("log", """
        Show commits, latest first.

        Examples:
          temper log --oneline -n 10
          temper log --format="%h %an %s" main..topic
          temper log --stat -- models
          temper log --graph --oneline --all
        """, [.. Walk.Symbols, Moves, Graph, .. Show.Symbols]).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var (names, walk) = await Walk.ReadAsync(session, orHead: true, ct);
        if (session.Parsed.GetValue(Moves))
        {
            await ShowMovesAsync(session, names.Revisions.Count > 0 ? names.Revisions[0] : "HEAD", walk.Most ?? int.MaxValue, ct);
            return 0;
        }
        if (session.Parsed.GetValue(Graph))
        {
            await ShowGraphAsync(session, walk, ct);
            return 0;
        }
        var shown = await CommitShow.Shown.NewAsync(Show, session, walk.Paths, walk.FirstParent, ct);
        await foreach (var commit in CommitWalk.RunAsync(new(session.Repository.Objects), walk, ct))
            await shown.AddAsync(commit.Id, ct);
        return 0;
    }

    private static async Task ShowGraphAsync(VersionSession session, WalkOptions walk, CancellationToken ct)
    {
        if (walk.Paths is not null || walk.Reverse)
            throw new VersionExit(VersionVerb.Fatal, "usage", "--graph goes with neither paths nor --reverse.");
        // Which parents have a line depends on all commits that are shown, also on those that -n and --skip leave out.
        var all = await CommitWalk.RunAsync(new(session.Repository.Objects), walk with { Order = walk.Order == WalkOrder.Date ? WalkOrder.Topological : walk.Order, Most = null, Skip = 0 }, ct).ToListAsync(ct);
        var graph = new GraphLog(all, walk.FirstParent);
        var shown = await CommitShow.Shown.NewAsync(Show, session, null, walk.FirstParent, ct, graph: session.Json ? null : graph);
        foreach (var commit in all.Skip(walk.Skip).Take(walk.Most ?? int.MaxValue))
            await shown.AddAsync(commit.Id, ct);
    }

    private static async Task ShowMovesAsync(VersionSession session, string name, int most, CancellationToken ct)
    {
        var full = await Revisions.FullNameAsync(session.Repository, name, ct) ?? throw new VersionExit(VersionVerb.Fatal, "revision_unknown", $"'{name}' is no reference.");
        var at = 0;
        foreach (var move in await session.Repository.Refs.ReflogAsync(full, most, ct))
        {
            if (session.Json)
                session.Document(new { old = move.Old, @new = move.New, name = move.Who.Name, email = move.Who.Mail, at_ms = move.Who.AtMs, reason = move.Reason });
            else
                session.Out.WriteLine($"{move.New?.Short ?? new string('0', 12)} {RefName.Short(full)}@{{{at}}}: {Output.Style.Clean(move.Reason)}");
            at++;
        }
    }
}
