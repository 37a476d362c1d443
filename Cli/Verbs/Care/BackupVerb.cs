using System.CommandLine;
using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Versioning.Backups;
using Temper.Versioning.Care;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Care;

internal static class BackupVerb
{
    private static readonly Option<bool> List = new("--list") { Description = "List the snapshots instead" };
    private static readonly Option<bool> Verify = new("--verify") { Description = "Read the newest snapshot back instead, and compare every file with its digest" };
    private static readonly Option<bool> OfHome = new("--registry") { Description = "Back up the home of the one-process edition (database and blobs) instead of the repository of this folder" };
    private static readonly Option<int?> Keep = new("--keep") { Description = "Newest snapshots to keep [default: all]", HelpName = "N" };
    private static readonly Option<string?> Every = new("--every") { Description = "Stay, and back up at this interval: 30m, 6h, 1d", HelpName = "T" };

    public static Command Build()
    {
        var folder = new Argument<string>("dir") { Description = "Folder that holds the snapshots; made when missing", HelpName = "DIR" };
        var command = new Command("backup", """
            Take a snapshot of the repository of this folder, or of the server's state, while others go on writing. Snapshots share their files:
            the next one copies only what is new.

            Examples:
              temper backup /mnt/backup/models
              temper backup /mnt/backup/models --every 6h --keep 28
              temper backup --registry /mnt/backup/home
              temper backup /mnt/backup/models --verify
            """) { folder, List, Verify, OfHome, Keep, Every };
        command.SetAction((parsed, ct) => RunAsync(parsed, new(Path.GetFullPath(parsed.GetValue(folder)!), TimeProvider.System), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, BackupFolder folder, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        if (parsed.GetValue(Keep) is < 1)
            throw new TemperException("usage", $"--keep {parsed.GetValue(Keep)} would keep nothing.", "Give 1 or more.");
        if (parsed.GetValue(List))
            return ShowList(terminal, folder);
        if (parsed.GetValue(Verify))
            return await VerifyAsync(terminal, folder, ct);
        var source = await SourceAsync(parsed, ct);
        if (parsed.GetValue(Every) is { } every)
        {
            await new BackupSchedule(folder, source, BackupSchedule.Interval(every), parsed.GetValue(Keep), TimeProvider.System)
                .RunAsync(done => Show(terminal, done), error => terminal.Note($"[red]failed[/], tried again later: {Style.Escape(error.Message)}"), ct);
            return 0;
        }
        using (var progress = terminal.Progress("backup"))
        {
            var all = Math.Max(1, Size(source));
            using var use = source.Kind == "home" ? null : await ObjectUse.ShareAsync(source.Root, TimeProvider.System, ct);
            var done = await folder.CreateAsync(source, bytes => progress.Show(Math.Min(1, (double)bytes / all), Format.Bytes(bytes)), ct);
            progress.Dispose();
            Show(terminal, done);
        }
        if (parsed.GetValue(Keep) is { } keep && folder.Keep(keep) is { Count: > 0 } removed)
            terminal.Note($"removed {removed.Count} older: {string.Join(", ", removed)}");
        return 0;
    }

    private static async Task<BackupSource> SourceAsync(ParseResult parsed, CancellationToken ct)
    {
        if (parsed.GetValue(OfHome))
        {
            var home = GlobalOptions.Home(parsed);
            return File.Exists(home.Database) ? BackupSource.Home(home.Path) : throw new TemperException("not_found", $"{home.Path} holds no server's state.", "Name its home with --home DIR.");
        }
        await using var repository = await Repository.OpenAsync(Environment.CurrentDirectory, TimeProvider.System, ct);
        return BackupSource.Repository(repository.Home, repository.IsBare);
    }

    private static long Size(BackupSource source) => source.Folders.Select(f => new DirectoryInfo(Path.Combine(source.Root, f))).Where(d => d.Exists)
        .Sum(d => d.EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length));

    private static void Show(Terminal terminal, BackupReport report)
    {
        terminal.Document(report);
        terminal.Line($"[green]backed up[/] {report.Snapshot}: {Format.Number(report.Files)} files, {Format.Bytes(report.Bytes)}, {Format.Bytes(report.NewBytes)} of them new");
        foreach (var path in report.Gone)
            terminal.Note($"went away meanwhile: {path}");
    }

    private static int ShowList(Terminal terminal, BackupFolder folder)
    {
        var rows = folder.List().Select(name => (Name: name, folder.Open(name).Manifest)).ToList();
        terminal.Document(rows.Select(r => new { snapshot = r.Name, r.Manifest.Kind, files = r.Manifest.Files.Count, bytes = r.Manifest.TotalSize() }));
        terminal.Table(["snapshot", "of", "files", "bytes"], [.. rows.Select(r => (IReadOnlyList<string>)[r.Name, r.Manifest.Kind, Format.Number(r.Manifest.Files.Count), Format.Number(r.Manifest.TotalSize())])]);
        return 0;
    }

    private static async Task<int> VerifyAsync(Terminal terminal, BackupFolder folder, CancellationToken ct)
    {
        var name = folder.Open(null).Name;
        var bad = await folder.VerifyAsync(name, ct);
        if (bad.Count > 0)
            throw new TemperException([.. bad.Select(path => new Problem("backup_damaged", $"'{path}' of the snapshot {name} is missing or does not have its digest.") { File = path })]);
        terminal.Document(new { snapshot = name, sound = true });
        terminal.Line($"[green]sound[/] {name}");
        return 0;
    }
}
