using System.CommandLine;
using Temper.Versioning.History;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Versioning;

internal static class LogVerb
{
    private static readonly WalkArguments Walk = new();
    private static readonly CommitShow Show = new();
    private static readonly Option<bool> Moves = new("--walk-reflogs", "-g") { Description = "Where HEAD or a reference has been, instead of what it follows" };

    public static Command Build() => VersionVerb.Make("log", """
        Show commits, latest first.

        Examples:
          temper log --oneline -n 10
          temper log --format="%h %an %s" main..topic
          temper log --stat -- models
        """, [.. Walk.Symbols, Moves, .. Show.Symbols]).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var (names, walk) = await Walk.ReadAsync(session, orHead: true, ct);
        if (session.Parsed.GetValue(Moves))
        {
            await ShowMovesAsync(session, names.Revisions.Count > 0 ? names.Revisions[0] : "HEAD", walk.Most ?? int.MaxValue, ct);
            return 0;
        }
        var shown = await CommitShow.Shown.NewAsync(Show, session, walk.Paths, walk.FirstParent, ct);
        await foreach (var commit in CommitWalk.RunAsync(new(session.Repository.Objects), walk, ct))
            await shown.AddAsync(commit.Id, ct);
        return 0;
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
