using System.CommandLine;
using Temper.Cli.Output;
using Temper.Cli.Verbs.Versioning;
using Temper.Versioning.Care;
using Temper.Versioning.Sync;

namespace Temper.Cli.Verbs.Care;

internal static class PruneVerb
{
    private static readonly Argument<string?> Remote = new("remote") { Description = "The remote [default: what the branch follows, or origin]", Arity = ArgumentArity.ZeroOrOne, HelpName = "REMOTE" };
    private static readonly Option<bool> Pushed = new("--pushed") { Description = "Drop what the remote confirms to have", Required = true };
    private static readonly Option<string> Larger = new("--larger") { Description = "Only files of more bytes", DefaultValueFactory = _ => "1m", HelpName = "SIZE" };
    private static readonly Option<bool> Dry = new("--dry-run", "-n") { Description = "Only tell what would be done" };

    public static Command Build() => VersionVerb.Make("prune", """
        Give back the room of large files that a remote has: their content is dropped here after the remote confirmed every part of it, and fetched
        again when it is needed. Commits, trees, small files and the work tree stay. What nothing leads to is the business of `temper gc`.

        Examples:
          temper prune --pushed
          temper prune --pushed origin --larger 100m --dry-run
        """, Remote, Pushed, Larger, Dry).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var parsed = session.Parsed;
        var name = await RemoteWork.NameAsync(session.Repository, parsed.GetValue(Remote), ct);
        var larger = SizeFilter.Parse("size:" + parsed.GetValue(Larger));
        using var work = new RemoteWork("prune", session);
        await using var remote = await work.OpenAsync(session.Repository, name, ct);
        var report = await Pruning.RunAsync(session.Repository, name, remote, larger, parsed.GetValue(Dry), ct);
        if (session.Json)
            session.Document(report);
        else
            session.Out.WriteLine($"{(parsed.GetValue(Dry) ? "would drop" : "dropped")} {Format.Bytes(report.Bytes)}: {Format.Number(report.Chunks)} parts of {Format.Number(report.Files)} files that {name} has"
                + (report.Unconfirmed > 0 ? $"; {Format.Number(report.Unconfirmed)} files stay, {name} lacks parts of them" : ""));
        return 0;
    }
}
