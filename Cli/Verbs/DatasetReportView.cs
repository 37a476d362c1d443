using System.Globalization;
using Temper.Cli.Output;
using Temper.Ingest;

namespace Temper.Cli.Verbs;

/// <summary>A version's report as text: every section that <c>validation_report.json</c> has, the long ones cut with a count of what is not shown.</summary>
internal static class DatasetReportView
{
    private const int Few = 5, Many = 20;

    public static void Show(Terminal terminal, DatasetReport report)
    {
        if (report.Requeued is { } from)
            terminal.Line($"with the accepted records of {from}");
        Stages(terminal, report);
        Codes(terminal, report);
        Duplicates(terminal, report.Duplicates);
        if (report.Contamination is { } shared)
            Contamination(terminal, shared);
        if (report.Split is { } split)
            terminal.Line($"split: {Format.Number(split.Train)} train, {Format.Number(split.Eval)} eval, by {Style.Escape(split.By)}, seed {split.Seed}");
        if (report.Shape is { } shape)
            Shape(terminal, shape);
        if (report.Content is { } content)
            Content(terminal, content);
        if (report.Images is { } images)
            Images(terminal, images);
        if (report.Drift is { } drift)
            Drift(terminal, drift);
        if (report.Tokens is { } tokens)
            Tokens(terminal, tokens);
        Files(terminal, report);
    }

    private static void Stages(Terminal terminal, DatasetReport report) => terminal.Table(["stage", "in", "out", "kept behind"], [.. report.Stages.Select(s => (IReadOnlyList<string>)[
        s.Stage, Format.Number(s.In), Format.Number(s.Out), string.Join(", ", s.Left.Select(l => l.Key == "duplicates" ? Format.Count(l.Value, "duplicate") : $"{Format.Number(l.Value)} {l.Key}"))])]);

    private static void Codes(Terminal terminal, DatasetReport report)
    {
        foreach (var (code, found) in report.Codes.Concat(report.Warnings))
        {
            terminal.Line($"{code}: {Format.Number(found.Count)}, first {Places(found)}");
            if (found.Keys is { Count: > 0 } keys)
                terminal.Line($"  keys: {string.Join(", ", keys.Select(k => $"{Style.Escape(Style.Clean(k.Key))} {Format.Number(k.Value)}"))}");
            if (found.Hint is not null)
                terminal.Note($"  {found.Hint}");
        }
    }

    private static void Duplicates(Terminal terminal, DuplicateReport found)
    {
        terminal.Line($"duplicates: {Format.Count(found.Exact, "copy", "copies")}, {Format.Number(found.Near)} near, in {Format.Count(found.Clusters, "group")} ({found.Method})");
        if (found.Elsewhere is { } elsewhere)
            terminal.Line($"dropped, because other datasets hold them: {string.Join(", ", elsewhere.Select(e => $"{Format.Number(e.Value)} in {e.Key}"))}");
        Pairs(terminal, "says almost what", found.NearPairs);
        Pairs(terminal, "is alike by embedding, not by text,", found.AlikePairs);
    }

    private static void Pairs(Terminal terminal, string like, IReadOnlyList<RecordPair> pairs)
    {
        foreach (var pair in pairs.Take(Few))
            terminal.Line($"  {Style.Escape(Style.Clean($"{pair.File}:{pair.Line} {like} {pair.OfFile}:{pair.OfLine}"))} ({Figure(pair.Similarity)})");
        More(terminal, pairs.Count - Few);
    }

    private static void Contamination(Terminal terminal, ContaminationReport shared)
    {
        terminal.Line($"evaluation data: {Format.Number(shared.Records)} of {Format.Count(shared.Compared, "record")} share {Format.Count(shared.Ngram, "word")} in a row with {string.Join(", ", shared.Against)}; action: {shared.Action}");
        foreach (var pair in shared.Pairs.Take(Few))
            terminal.Line($"  {Style.Escape(Style.Clean($"{pair.File}:{pair.Line} and {pair.OfFile}:{pair.OfLine} of {pair.Set}"))}");
        More(terminal, shared.Pairs.Count - Few);
    }

    private static void Shape(Terminal terminal, RecordShape shape)
    {
        Counts(terminal, "characters", shape.Lengths.Select(l => KeyValuePair.Create(Range(long.Parse(l.Key, CultureInfo.InvariantCulture)), l.Value)));
        Counts(terminal, "said by", shape.Roles.OrderByDescending(r => r.Value));
        Counts(terminal, "kinds", shape.Kinds.OrderByDescending(k => k.Value));
        Counts(terminal, "verdicts", shape.Labels);
    }

    private static void Content(Terminal terminal, ContentReport content)
    {
        Counts(terminal, "languages", content.Languages.OrderByDescending(l => l.Value));
        Counts(terminal, "messages", content.Roles.OrderByDescending(r => r.Value));
        terminal.Line($"personal data and secrets: {(content.Findings.Count == 0 ? "none found" : "")}".TrimEnd());
        foreach (var (kind, found) in content.Findings.OrderByDescending(f => f.Value.Count))
            terminal.Line($"  {kind,-18} {Format.Number(found.Count)}, first {Places(found)}");
        if (content.Scores.Count > 0)
            terminal.Table(["score", "least", "half", "nine of ten", "most"], [.. content.Scores.Select(s => (IReadOnlyList<string>)[s.Key, Figure(s.Value.Min), Figure(s.Value.P50), Figure(s.Value.P90), Figure(s.Value.Max)])]);
    }

    private static void Images(Terminal terminal, BucketReport images)
    {
        terminal.Line($"images: {Format.Count(images.Captions, "caption")}; {Format.Number(images.Uncaptioned)} without one; {Format.Number(images.Alike)} like an earlier one");
        Pairs(terminal, "looks like", images.AlikePairs);
        terminal.Table(["bucket", "aspect", "images", "upscaled"], [.. images.Buckets.Take(Many).Select(b => (IReadOnlyList<string>)[$"{b.Width} × {b.Height}", Figure(b.Aspect), Format.Number(b.Images), Format.Number(b.Upscaled)])]);
        More(terminal, images.Buckets.Count - Many);
        Counts(terminal, "left out", images.Skipped);
        foreach (var advice in images.Recommendations)
            terminal.Line($"  {Style.Escape(advice)}");
    }

    private static void Drift(Terminal terminal, DriftReport drift)
    {
        terminal.Line($"since {drift.Parent}: {string.Join(", ", drift.Measures.Select(m => $"{m.Name} {Figure(m.Distance)}"))} (0 same, 1 nothing in common){(drift.NotCompared is null ? "" : $"; not compared: {Style.Escape(drift.NotCompared)}")}; {Format.Count(drift.RecordsBefore, "record")} then, {Format.Number(drift.RecordsNow)} now");
        foreach (var measure in drift.Measures.Where(m => m.Distance >= DriftReport.Notable))
            terminal.Line($"  {measure.Name}: {string.Join("; ", measure.Largest.Select(s => $"{s.Key.TrimStart('0')} {Format.Percent(s.Before)} → {Format.Percent(s.Now)}"))}");
    }

    private static void Tokens(Terminal terminal, TokenReport tokens)
    {
        terminal.Line($"tokens under {tokens.Model}: {Format.Number(tokens.Total)} in {Format.Count(tokens.Examples, "example")}, {Format.Number(tokens.Supervised)} learnt; a record has {tokens.Lengths.Min} to {tokens.Lengths.Max}, half at most {tokens.Lengths.P50}; {Format.Number(tokens.OverLength)} over {tokens.MaxLength}");
        Counts(terminal, "  by role", tokens.Roles.OrderByDescending(r => r.Value));
        Counts(terminal, "  no examples", tokens.LeftOut);
        terminal.Line($"  steps of an epoch: {string.Join(", ", tokens.Epoch.Steps.Select(s => $"{Format.Number(s.Value)} of {s.Key}"))}");
        if (tokens.Seen.Count > 0)
            terminal.Line("  what the model sees is in --html, and in `temper data preview`");
    }

    private static void Files(Terminal terminal, DatasetReport report)
    {
        terminal.Table(["file", "in", "accepted", "quarantined", "duplicates", "filtered", "bytes", "fault"], [.. report.Files.Take(Many).Select(f => (IReadOnlyList<string>)[f.Path, Format.Number(f.Ledger.RecordsIn),
            Format.Number(f.Ledger.Accepted), Format.Number(f.Ledger.Quarantined), Format.Number(f.Ledger.Duplicates), Format.Number(f.Ledger.Filtered), Format.Bytes(f.Bytes), f.Fault ?? ""])]);
        More(terminal, report.Files.Count - Many);
        if (report.NotData.Count > 0)
            terminal.Line($"not data: {Style.Escape(Style.Clean(string.Join(", ", report.NotData.Take(Many))))}{(report.NotData.Count > Many ? $" and {Format.Number(report.NotData.Count - Many)} more" : "")}");
    }

    private static void Counts(Terminal terminal, string title, IEnumerable<KeyValuePair<string, long>> counts)
    {
        var all = counts.ToList();
        if (all.Count > 0)
            terminal.Line($"{title}: {string.Join(", ", all.Take(Many).Select(c => $"{Style.Escape(c.Key)} {Format.Number(c.Value)}"))}{(all.Count > Many ? $" and {Format.Number(all.Count - Many)} more" : "")}");
    }

    private static void More(Terminal terminal, int count)
    {
        if (count > 0)
            terminal.Line($"  and {Format.Number(count)} more; --json and --html have them");
    }

    private static string Places(CodeReport found) => string.Join(", ", found.First.Take(Few).Select(p => Style.Escape(Style.Clean($"{p.File}:{p.Line}"))));

    private static string Range(long from) => from <= 1 ? $"{from}:" : $"{Format.Number(from)}–{Format.Number((2 * from) - 1)}:";

    private static string Figure(double number) => number.ToString("0.###", CultureInfo.InvariantCulture);
}
