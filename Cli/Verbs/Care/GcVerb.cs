using System.CommandLine;
using Temper.Cli.Output;
using Temper.Cli.Verbs.Versioning;
using Temper.Versioning.Backups;
using Temper.Versioning.Care;

namespace Temper.Cli.Verbs.Care;

internal static class GcVerb
{
    private static readonly Option<string> Grace = new("--grace") { Description = "How long what nothing leads to is kept: 30m, 6h, 14d, or now", DefaultValueFactory = _ => "14d", HelpName = "T" };
    private static readonly Option<bool> Dry = new("--dry-run", "-n") { Description = "Only tell what would be done" };

    public static Command Build() => VersionVerb.Make("gc", """
        Remove objects that no branch, tag, move of the last 90 days, index or merge leads to, once two runs at least the grace apart found them so;
        put many small packs into one. Nothing is removed from a damaged repository, nor while a transfer or a backup is under way.

        Examples:
          temper gc
          temper gc --dry-run
          temper gc --grace now
        """, Grace, Dry).Does(RunAsync);

    private static async Task<int> RunAsync(VersionSession session, CancellationToken ct)
    {
        var text = session.Parsed.GetValue(Grace)!;
        var dry = session.Parsed.GetValue(Dry);
        var report = await GarbageCollection.RunAsync(session.Repository, text == "now" ? TimeSpan.Zero : BackupSchedule.Interval(text), dry, ct);
        if (session.Json)
            session.Document(report);
        else
            session.Out.WriteLine($"{(dry ? "would remove" : "removed")} {Format.Number(report.Removed)} objects; {Format.Number(report.Waiting)} wait for their grace; "
                + $"{report.Packs} packs of {Format.Bytes(report.Bytes)} {(dry ? "would be" : "are")} {report.PacksAfter} of {Format.Bytes(report.BytesAfter)}");
        return 0;
    }
}
