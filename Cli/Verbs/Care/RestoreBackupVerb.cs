using System.CommandLine;
using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Versioning.Backups;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Care;

internal static class RestoreBackupVerb
{
    public static Command Build()
    {
        var folder = new Argument<string>("dir") { Description = "Folder that holds the snapshots", HelpName = "DIR" };
        var target = new Argument<string>("target") { Description = "Where to write: a work tree whose .temper is made, or a home; must not exist or be empty", HelpName = "TARGET" };
        var snapshot = new Option<string?>("--at") { Description = "Which snapshot [default: the newest]", HelpName = "SNAPSHOT" };
        var command = new Command("restore-backup", """
            Write a snapshot back. Every file is compared with its digest on the way; a repository is checked with fsck --full at the end.

            Examples:
              temper restore-backup /mnt/backup/models ./models
              temper restore-backup /mnt/backup/home ~/temper-restored --at 20261121T193305.120Z
            """) { folder, target, snapshot };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(folder)!, parsed.GetValue(target)!, parsed.GetValue(snapshot), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string folder, string target, string? snapshot, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        var backup = new BackupFolder(Path.GetFullPath(folder), TimeProvider.System);
        var (name, manifest) = backup.Open(snapshot);
        var isRepository = manifest.Kind is "repository" or "bare";
        target = Path.GetFullPath(target);
        if (isRepository && Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any())
            throw new TemperException("backup_occupied", $"{target} holds something already.", "Choose a folder that does not exist or is empty.");
        using (var progress = terminal.Progress("restore"))
        {
            var all = Math.Max(1, manifest.TotalSize());
            await backup.RestoreAsync(name, manifest.Kind == "repository" ? Path.Combine(target, ".temper") : target, bytes => progress.Show((double)bytes / all, Format.Bytes(bytes)), ct);
        }
        if (isRepository)
        {
            await using var repository = await Repository.OpenAsync(target, TimeProvider.System, ct);
            var report = await FsckVerb.CheckAsync(repository, full: true, terminal, ct);
            if (report.Problems.Count > 0)
                throw new TemperException(report.Problems);
        }
        terminal.Document(new { snapshot = name, manifest.Kind, target, files = manifest.Files.Count, bytes = manifest.TotalSize() });
        terminal.Line($"[green]restored[/] {name} to {target}: {Format.Number(manifest.Files.Count)} files, {Format.Bytes(manifest.TotalSize())}");
        if (manifest.Kind != "bare")
            terminal.Note(isRepository ? "hint: `temper reset --hard` there writes the files of HEAD" : $"hint: `temper up --home {target}` serves it");
        return 0;
    }
}
