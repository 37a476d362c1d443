using Temper.Cli.Output;
using Temper.Core.Registry;
using Temper.Ingest;

namespace Temper.Cli.Verbs.Data;

/// <summary>Shows what building led to.</summary>
internal static class DataBuildView
{
    public static void Show(Terminal terminal, BuildResult result)
    {
        terminal.Table(["dataset", "result", "version", "accepted", "quarantined", "duplicates", "filtered", "items", "bytes", "sent"], [.. result.Datasets.Select(d => (IReadOnlyList<string>)[
            d.Id, d.Action.ToString().ToLowerInvariant(), d.Version is { } version ? Format.Number(version) : "-", d.Ledger is null ? "-" : Format.Number(d.Ledger.Accepted),
            d.Ledger is null ? "-" : Format.Number(d.Ledger.Quarantined), d.Ledger is null ? "-" : Format.Number(d.Ledger.Duplicates), d.Ledger is null ? "-" : Format.Number(d.Ledger.Filtered),
            Format.Number(d.Items), Format.Bytes(d.Bytes), Format.Bytes(d.Sent)])]);
        foreach (var dataset in result.Datasets.Where(d => d.LeftOut.Count > 0))
            terminal.Line($"{dataset.Id}: left out {string.Join(", ", dataset.LeftOut.Select(l => $"{Format.Number(l.Value)} {l.Key}"))}");
        terminal.Line();
        terminal.Table(["dataset", "stage", "seconds", "managed start", "peak", "end", "working set start", "peak", "end", "native start", "peak", "end"], [.. result.Stages.Select(s => (IReadOnlyList<string>)[
            s.Dataset, s.Stage, s.Seconds.ToString("F2", System.Globalization.CultureInfo.InvariantCulture), .. Span(s.Managed), .. Span(s.WorkingSet), .. Span(s.Native)])]);
        terminal.Line($"backends: {string.Join(", ", result.BackendCounts.Select(c => $"{c.Value} {c.Key}"))}");
        foreach (var pairing in result.Pairings)
            Pairing(terminal, pairing);
    }

    /// <summary>How conditioning pictures fit their sources.</summary>
    public static void Pairing(Terminal terminal, PairingReport report)
    {
        terminal.Line($"{(report.Fits ? "[green]fits[/]" : "[yellow]does not fit[/]")} {report.Conditioning} to {report.Source}: {Format.Count(report.Pairs, "pair")}, {Format.Number(report.MissingCount)} missing, {Format.Number(report.ExtraCount)} extra{(report.MismatchCount is { } other ? $", {Format.Number(other)} of another size" : "")}");
        List("missing", report.Missing);
        List("extra", report.Extra);
        List("of another size", [.. report.Mismatches.Select(m => $"{m.Stem} {m.Source} and {m.Conditioning}")]);
        List("twice", report.Ambiguous);

        void List(string what, IReadOnlyList<string> names)
        {
            if (names.Count > 0)
                terminal.Line($"  {what}: {Style.Escape(string.Join(", ", names))}");
        }
    }

    private static IEnumerable<string> Span(MemorySpan span) => [Format.Bytes(span.Start), Format.Bytes(span.Peak), Format.Bytes(span.End)];
}
