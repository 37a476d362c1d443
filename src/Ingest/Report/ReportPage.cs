using System.Globalization;

namespace Temper.Ingest;

/// <summary><c>validation_report.html</c>: a version's report as one page that needs nothing else.</summary>
public static class ReportPage
{
    /// <summary>The page of a report.</summary>
    public static string Of(DatasetReport report)
    {
        var page = new PageWriter();
        Ledger(page, report);
        Problems(page, report);
        Codes(page, "set-aside", "Set aside", report.Codes, report.Ledger.RecordsIn == 0 ? "There were no records." : "Every record was accepted.");
        if (report.Warnings.Count > 0)
            Codes(page, "warnings", "Accepted, and worth a look", report.Warnings, "");
        Duplicates(page, report.Duplicates);
        if (report.Contamination is { } contamination)
            Contamination(page, contamination);
        if (report.Shape is { } shape)
            Shape(page, shape, report.Split);
        if (report.Content is { } content)
            Content(page, content);
        if (report.Images is { } images)
            Images(page, images);
        if (report.Drift is { } drift)
            Drift(page, drift);
        if (report.Tokens is { } tokens)
            Tokens(page, tokens);
        Files(page, report);
        var state = report.Sealed ? "<span class=\"state\">sealed</span>" : "<span class=\"state bad\">rejected</span>";
        var from = report.Requeued is null ? "" : $"<p class=\"soft\">With the accepted records of {PageWriter.Text(report.Requeued)}.</p>";
        return page.Page($"{report.Dataset}: validation report", $"<h1>{report.Dataset} {state}</h1>{from}");
    }

    private static void Ledger(PageWriter page, DatasetReport report)
    {
        var ledger = report.Ledger;
        page.Section("ledger", "Ledger");
        page.Raw($"<p><b>{PageWriter.Number(ledger.RecordsIn)}</b> in = <b>{PageWriter.Number(ledger.Accepted)}</b> accepted + <b>{PageWriter.Number(ledger.Quarantined)}</b> quarantined + <b>{PageWriter.Number(ledger.Duplicates)}</b> duplicates + <b>{PageWriter.Number(ledger.Filtered)}</b> filtered: {(ledger.Closes ? "it closes." : "it does not close.")}</p>");
        page.Stack("Records", [("accepted", ledger.Accepted), ("quarantined", ledger.Quarantined), ("duplicates", ledger.Duplicates), ("filtered", ledger.Filtered)]);
        page.Table("What each stage let through and kept", ["stage", "#in", "#out", "kept behind"], report.Stages.Select(s => (IReadOnlyList<string>)[
            s.Stage, PageWriter.Number(s.In), PageWriter.Number(s.Out), s.Left.Count == 0 ? "none" : string.Join(", ", s.Left.Select(l => $"{PageWriter.Number(l.Value)} {l.Key}"))]));
    }

    private static void Problems(PageWriter page, DatasetReport report)
    {
        foreach (var problem in report.Problems)
            page.Raw($"<p class=\"problem{(report.Sealed ? "" : " bad")}\"><b>{PageWriter.Text(problem.Code)}</b> {PageWriter.Text(problem.Message)} <span class=\"soft\">{PageWriter.Text(problem.Hint)}</span></p>");
    }

    private static void Codes(PageWriter page, string id, string title, SortedDictionary<string, CodeReport> codes, string none)
    {
        page.Section(id, title);
        if (codes.Count == 0)
            page.Raw($"<p>{PageWriter.Text(none)}</p>");
        foreach (var (code, found) in codes.OrderByDescending(c => c.Value.Count).ThenBy(c => c.Key, StringComparer.Ordinal))
        {
            page.Raw($"<details{(codes.Count <= 10 ? " open" : "")}><summary><b>{PageWriter.Number(found.Count)}</b> <code>{PageWriter.Text(code)}</code> {PageWriter.Text(found.Meaning)}</summary><p class=\"soft\">{PageWriter.Text(found.Hint)}</p><p>");
            page.Raw(string.Join(", ", found.First.Select(p => $"<code>{PageWriter.Text(p.File)}:{p.Line}</code>")) + (found.Count > found.First.Count ? ", …" : ""));
            if (found.Keys is { Count: > 0 } keys)
                page.Raw("</p><p>Keys: " + string.Join(", ", keys.Select(k => $"<code>{PageWriter.Text(k.Key)}</code> {PageWriter.Number(k.Value)}")));
            page.Raw("</p></details>");
        }
    }

    private static void Duplicates(PageWriter page, DuplicateReport found)
    {
        page.Section("duplicates", "Duplicates");
        page.Raw($"<p>{PageWriter.Number(found.Exact)} copies and {PageWriter.Number(found.Near)} near-duplicates in {PageWriter.Number(found.Clusters)} groups; near-duplicates were sought by: {PageWriter.Text(found.Method)}.</p>");
        if (found.Elsewhere is { } elsewhere)
            page.Bars("Dropped, because other datasets hold them", [.. elsewhere.Select(e => (e.Key, e.Value))]);
        if (found.NearPairs.Count > 0)
            page.Table("The first near-duplicates", ["record", "says almost what", "#similarity"], found.NearPairs.Select(p => Row(p, p.Similarity.ToString("0.###", CultureInfo.InvariantCulture))));
        if (found.AlikePairs.Count > 0)
            page.Table("Alike by embedding, not by text", ["record", "is like", "#similarity"], found.AlikePairs.Select(p => Row(p, "")));
    }

    private static IReadOnlyList<string> Row(RecordPair pair, string similarity) =>
        [$"<code>{PageWriter.Text(pair.File)}:{pair.Line}</code>", $"<code>{PageWriter.Text(pair.OfFile)}:{pair.OfLine}</code>", similarity];

    private static void Contamination(PageWriter page, ContaminationReport found)
    {
        page.Section("contamination", "Overlap with evaluation data");
        page.Raw($"<p>{PageWriter.Number(found.Records)} of {PageWriter.Number(found.Compared)} records share {found.Ngram} words in a row with {PageWriter.Text(string.Join(", ", found.Against))}; action: {PageWriter.Text(found.Action)}.</p>");
        if (found.Pairs.Count > 0)
            page.Table("The first pairs", ["record", "evaluation record", "shared words"], found.Pairs.Select(p => (IReadOnlyList<string>)[
                $"<code>{PageWriter.Text(p.File)}:{p.Line}</code>", $"{PageWriter.Text(p.Set)} <code>{PageWriter.Text(p.OfFile)}:{p.OfLine}</code>", PageWriter.Text(p.Words)]));
    }

    private static void Shape(PageWriter page, RecordShape shape, SplitReport? split)
    {
        page.Section("shape", "What the records are like");
        if (split is not null)
            page.Raw($"<p>{PageWriter.Number(split.Train)} records to train on, {PageWriter.Number(split.Eval)} kept for evaluation, by {PageWriter.Text(split.By)}, seed {split.Seed}.</p>");
        page.Bars("Length in characters", [.. shape.Lengths.Select(l => (Range(l.Key), l.Value))]);
        page.Bars("Texts by who says them", [.. shape.Roles.Select(r => (r.Key, r.Value))]);
        page.Bars("Shapes", [.. shape.Kinds.Select(k => (k.Key, k.Value))]);
        page.Bars("Verdicts", [.. shape.Labels.Select(l => (l.Key, l.Value))]);
    }

    private static void Content(PageWriter page, ContentReport content)
    {
        page.Section("content", "Languages, personal data, secrets");
        page.Bars("Languages", [.. content.Languages.OrderByDescending(l => l.Value).Take(20).Select(l => (l.Key, l.Value))]);
        page.Bars("Personal data and secrets, by kind", [.. content.Findings.Select(f => (f.Key, f.Value.Count))]);
        if (content.Findings.Count > 0)
            page.Table("Where they were found first", ["kind", "places"], content.Findings.Select(f => (IReadOnlyList<string>)[PageWriter.Text(f.Key), string.Join(", ", f.Value.First.Select(p => $"<code>{PageWriter.Text(p.File)}:{p.Line}</code>"))]));
        page.Table("Scores of sound records", ["score", "#least", "#half", "#nine of ten", "#most"], content.Scores.Select(s => (IReadOnlyList<string>)[
            PageWriter.Text(s.Key), Figure(s.Value.Min), Figure(s.Value.P50), Figure(s.Value.P90), Figure(s.Value.Max)]));
    }

    private static string Figure(double number) => number.ToString("0.###", CultureInfo.InvariantCulture);

    private static void Images(PageWriter page, BucketReport images)
    {
        page.Section("images", "Images");
        page.Bars("Buckets", [.. images.Buckets.Take(30).Select(b => ($"{b.Width} × {b.Height}", b.Images))]);
        page.Bars("Left out", [.. images.Skipped.Select(s => (s.Key, s.Value))]);
        page.Raw($"<p>{PageWriter.Number(images.Captions)} captions; {PageWriter.Number(images.Uncaptioned)} images without one. {PageWriter.Text(string.Join(" ", images.Recommendations))}</p>");
    }

    private static string Range(string least)
    {
        var from = long.Parse(least, CultureInfo.InvariantCulture);
        return from <= 1 ? $"{from}" : $"{PageWriter.Number(from)}–{PageWriter.Number((2 * from) - 1)}";
    }

    private static void Drift(PageWriter page, DriftReport drift)
    {
        page.Section("drift", $"Compared with {drift.Parent}");
        page.Raw($"<p>{PageWriter.Number(drift.RecordsBefore)} records then, {PageWriter.Number(drift.RecordsNow)} now. Distance 0 is the same mix, 1 nothing in common. {PageWriter.Text(drift.NotCompared is null ? "" : $"Not compared: {drift.NotCompared}.")}</p>");
        page.Table("Difference by measure", ["measure", "#distance", "largest changes"], drift.Measures.Select(m => (IReadOnlyList<string>)[
            m.Distance >= DriftReport.Notable ? $"<b>{m.Name}</b>" : m.Name, m.Distance.ToString("0.####", CultureInfo.InvariantCulture),
            PageWriter.Text(string.Join("; ", m.Largest.Select(s => $"{s.Key.TrimStart('0')} {PageWriter.Percent(s.Before)} → {PageWriter.Percent(s.Now)}")))]));
    }

    private static void Tokens(PageWriter page, TokenReport tokens)
    {
        page.Section("tokens", $"Tokens under {tokens.Model}");
        var lengths = tokens.Lengths;
        page.Raw($"<p>{PageWriter.Number(tokens.Examples)} examples, {PageWriter.Number(tokens.Total)} tokens, {PageWriter.Number(tokens.Supervised)} of them learnt; {PageWriter.Number(tokens.OverLength)} records are longer than {PageWriter.Number(tokens.MaxLength)} tokens.</p>");
        page.Table("Tokens of a record", ["#least", "#half", "#nine of ten", "#99 of 100", "#most"], [[PageWriter.Number(lengths.Min), PageWriter.Number(lengths.P50), PageWriter.Number(lengths.P90), PageWriter.Number(lengths.P99), PageWriter.Number(lengths.Max)]]);
        page.Bars("Tokens by who says them (of at most 1,000 records)", [.. tokens.Roles.Select(r => (r.Key, r.Value))]);
        page.Bars("Left out", [.. tokens.LeftOut.Select(l => (l.Key, l.Value))]);
        page.Table("Steps of one epoch", ["#examples in a step", "#steps"], tokens.Epoch.Steps.Select(s => (IReadOnlyList<string>)[PageWriter.Number(s.Key), PageWriter.Number(s.Value)]));
        page.Section("seen", "What the model sees");
        page.Raw("<p class=\"soft\">Marked: what training learns.</p>");
        foreach (var seen in tokens.Seen)
        {
            page.Raw($"<h3><code>{PageWriter.Text(seen.File)}:{seen.Line}</code>, {PageWriter.Number(seen.Tokens)} tokens, {PageWriter.Number(seen.Supervised)} learnt</h3>");
            page.Raw($"<pre>{string.Concat(seen.Pieces.Select(p => p.Learnt ? $"<mark>{PageWriter.Text(p.Text)}</mark>" : PageWriter.Text(p.Text)))}</pre>");
        }
    }

    private static void Files(PageWriter page, DatasetReport report)
    {
        page.Section("files", "Files");
        page.Table("Each file's share", ["file", "#in", "#accepted", "#quarantined", "#duplicates", "#filtered", "#bytes", "fault"], report.Files.Select(f => (IReadOnlyList<string>)[
            $"<code>{PageWriter.Text(f.Path)}</code>", PageWriter.Number(f.Ledger.RecordsIn), PageWriter.Number(f.Ledger.Accepted), PageWriter.Number(f.Ledger.Quarantined),
            PageWriter.Number(f.Ledger.Duplicates), PageWriter.Number(f.Ledger.Filtered), PageWriter.Number(f.Bytes), PageWriter.Text(f.Fault)]));
        if (report.NotData.Count > 0)
            page.Raw($"<p class=\"soft\">Left out, as they are not data: {PageWriter.Text(string.Join(", ", report.NotData))}.</p>");
    }
}
