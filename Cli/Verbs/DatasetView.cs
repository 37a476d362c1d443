using System.Text.Json;
using Temper.Cli.Output;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Ingest;

namespace Temper.Cli.Verbs;

/// <summary>A dataset version as text: its ledger, and what was set aside.</summary>
internal static class DatasetView
{
    public static void Show(Terminal terminal, DatasetVersionInfo version)
    {
        var state = version.Sealed ? "[green]sealed[/]" : "[red]rejected[/]";
        terminal.Line($"[bold]{version.Name}:{version.Version}[/] {state}{(version.Commit is { } commit ? $", commit {commit.Short}" : "")}, {Format.When(version.CreatedMs)}");
        var ledger = version.Ledger;
        terminal.Line($"  {Identity(ledger)}  {(ledger.Closes ? "[green]closes[/]" : "[red]DOES NOT CLOSE[/]")}");
        foreach (var (code, count) in version.Codes)
            terminal.Line($"    {code,-26} {Format.Number(count)}");
        foreach (var problem in version.Problems)
        {
            terminal.Line($"  [yellow]{problem.Code}[/]: {Style.Escape(Style.Clean(problem.Message))}");
            if (problem.Hint is { } hint)
                terminal.Note($"    hint: {Style.Escape(Style.Clean(hint))}");
        }
    }

    /// <summary>The accounting identity of a ledger.</summary>
    public static string Identity(Ledger ledger) =>
        $"{Format.Count(ledger.RecordsIn, "record")} in = {Format.Number(ledger.Accepted)} accepted + {Format.Number(ledger.Quarantined)} quarantined + {Format.Count(ledger.Duplicates, "duplicate")} + {Format.Number(ledger.Filtered)} filtered";

    /// <summary>What ingestion made, or why it made nothing; the exit code.</summary>
    public static async Task<int> ShowOutcomeAsync(RegistryClient registry, Terminal terminal, JobInfo job, CancellationToken ct)
    {
        if (job.Outcome is { Name: { } name, Version: { } number } && await registry.Datasets.FindAsync(name, number, ct) is { } version)
        {
            var warnings = await WarningsAsync(registry, version, ct);
            var document = JsonSerializer.SerializeToNode(version, Wire.Json)!.AsObject();
            document["warnings"] = JsonSerializer.SerializeToNode(warnings, Wire.Json);
            terminal.Document(document);
            Show(terminal, version);
            Warnings(terminal, warnings);
            return version.Sealed ? 0 : Failure.ExitCode(ErrorKind.Invalid);
        }
        terminal.Document(job);
        return Follower.ExitCode(terminal, job);
    }

    /// <summary>What is worth a look in accepted records: how often, which keys, what to do.</summary>
    public static void Warnings(Terminal terminal, SortedDictionary<string, CodeReport> warnings)
    {
        foreach (var (code, found) in warnings)
        {
            var keys = found.Keys is { Count: > 0 } named ? $" ({string.Join(", ", named.Select(k => $"{Style.Escape(Style.Clean(k.Key))} {Format.Number(k.Value)}"))})" : "";
            terminal.Line($"  warning [yellow]{code}[/]: {Format.Count(found.Count, "record")}{keys}. {Style.Escape(found.Meaning ?? "")}");
            if (found.Hint is { } hint)
                terminal.Note($"    hint: {Style.Escape(hint)}");
        }
    }

    private static async Task<SortedDictionary<string, CodeReport>> WarningsAsync(RegistryClient registry, DatasetVersionInfo version, CancellationToken ct) =>
        await registry.Datasets.ReportAsync(version.Name, version.Version, ct) is { } report && report.GetProperty("format").GetInt32() >= 2 ? report.Deserialize<DatasetReport>(Wire.Json)!.Warnings : [];

    public static void Quarantine(Terminal terminal, IReadOnlyList<QuarantineEntry> entries) => terminal.Table(
        ["file", "line", "outcome", "code", "message"],
        [.. entries.Select(e => (IReadOnlyList<string>)[e.File, Format.Number(e.Line), e.Outcome.ToString().ToLowerInvariant(), e.Code, e.Message])]);
}
