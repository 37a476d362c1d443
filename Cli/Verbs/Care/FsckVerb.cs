using System.CommandLine;
using Temper.Cli.Output;
using Temper.Cli.Verbs.Versioning;
using Temper.Core.Errors;
using Temper.Versioning.Care;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Care;

internal static class FsckVerb
{
    private static readonly Option<bool> Full = new("--full") { Description = "Read every object and compare it with its id; takes as long as reading all packs" };
    private static readonly Option<bool> Rebuild = new("--rebuild") { Description = "Make a lost or damaged repo.db again from packs, HEAD and logs/refs, then check" };

    public static Command Build()
    {
        var command = VersionVerb.Make("fsck", """
            Check the repository: packs, references and everything they lead to, the index, the database. Nothing is changed but with --rebuild,
            which sets the old database aside. Exit code 7 when something is damaged.

            Examples:
              temper fsck
              temper fsck --full
              temper fsck --rebuild
            """, Full, Rebuild);
        // Without its database a folder is no repository that could be opened.
        command.SetAction((parsed, ct) => VersionVerb.GuardAsync(parsed, () => RunAsync(parsed, ct)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        var folder = VersionVerb.Folder(parsed);
        if (parsed.GetValue(Rebuild))
        {
            var made = await RepositoryRebuild.RunAsync(folder, TimeProvider.System, ct);
            terminal.Note($"made again: {made.Refs} references, {made.Moves} moves{(made.SetAside is null ? "" : $"; the old database is {made.SetAside}")}");
        }
        await using var repository = await Repository.OpenAsync(folder, TimeProvider.System, ct);
        var report = await CheckAsync(repository, parsed.GetValue(Full), terminal, ct);
        if (report.Problems.Count > 0)
            throw new TemperException(report.Problems);
        terminal.Document(report);
        terminal.Line($"sound: {Format.Number(report.Objects)} objects in {Format.Number(report.Packs)} packs{(report.Unreferenced > 0 ? $", {Format.Number(report.Unreferenced)} more that nothing leads to" : "")}");
        return 0;
    }

    /// <summary>Checks with a progress bar.</summary>
    public static async Task<CheckReport> CheckAsync(Repository repository, bool full, Terminal terminal, CancellationToken ct)
    {
        var packs = new DirectoryInfo(Path.Combine(repository.Home, "objects", "packs"));
        var all = packs.Exists ? packs.EnumerateFiles().Sum(f => f.Length) : 0;
        using var progress = terminal.Progress("fsck");
        return await RepositoryCheck.RunAsync(repository, full, bytes => progress.Show(all == 0 ? 1 : Math.Min(1, (double)bytes / all), $"{Format.Bytes(bytes)} of {Format.Bytes(all)}"), ct);
    }
}
