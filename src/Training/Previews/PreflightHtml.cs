using System.Globalization;
using System.Net;
using System.Text;
using Temper.Training.Estimation;

namespace Temper.Training.Previews;

/// <summary>A preflight as one page without scripts or anything from elsewhere.</summary>
public static class PreflightHtml
{
    private const string Style = """
        body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
        h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse}td,th{padding:.15rem .8rem .15rem 0;text-align:left}td.n{text-align:right}
        pre{white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid #ccc;padding:.8rem;border-radius:4px}
        mark{background:#c8f0c8;color:#064d06}.bar{display:inline-block;height:.8em;background:#5b8def}.warn{color:#8a4b00}
        @media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}mark{background:#1d4d1d;color:#d7f5d7}pre{border-color:#444}.warn{color:#f0b060}}
        """;

    /// <summary>The page.</summary>
    /// <param name="report">What was found.</param>
    /// <param name="title">Name of the recipe.</param>
    /// <param name="estimate">What the run will take; null leaves it out.</param>
    public static string Of(PreflightReport report, string title, RunEstimate? estimate = null)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Preflight: {Text(title)}</title><style>{Style}</style></head><body><h1>Preflight: {Text(title)}</h1>");
        page.Append("<table>");
        Row(page, "examples to train on", report.Train);
        Row(page, "held out", report.HeldOut);
        Row(page, "tokens of an epoch", report.Tokens);
        Row(page, "of them learned", report.Supervised);
        Row(page, "examples whose last label ends an answer", report.Stops.Ending);
        page.Append("</table>");
        if (estimate is not null)
            Append(page, estimate);
        foreach (var warning in report.Warnings)
            page.Append(CultureInfo.InvariantCulture, $"<p class=\"warn\"><b>{Text(warning.Code)}</b> {Text(warning.Message)}</p>");
        if (report.Dropped.Count > 0)
            page.Append("<h2>Left out or cut</h2><ul>").AppendJoin("", report.Dropped.Select(d => $"<li>{Text(d)}</li>")).Append("</ul>");
        page.Append("<h2>Lengths in tokens</h2><table>");
        var most = Math.Max(1, report.Lengths.Bins.Select(b => b.Examples).DefaultIfEmpty().Max());
        foreach (var bin in report.Lengths.Bins)
            page.Append(CultureInfo.InvariantCulture, $"<tr><td class=\"n\">{bin.From}–{bin.To}</td><td class=\"n\">{bin.Examples}</td><td><span class=\"bar\" style=\"width:{20.0 * bin.Examples / most:F2}rem\"></span></td></tr>");
        page.Append(CultureInfo.InvariantCulture, $"</table><p>shortest {report.Lengths.Shortest}, median {report.Lengths.Median}, longest {report.Lengths.Longest}</p><h2>Examples</h2><p><mark>Marked</mark> is what training learns.</p>");
        foreach (var example in report.Examples)
            page.Append(CultureInfo.InvariantCulture, $"<p>{Text(example.File ?? "")} line {example.Line}: {example.Supervised} of {example.Tokens} tokens are learned</p><pre>")
                .AppendJoin("", example.Pieces.Select(p => p.Learnt ? $"<mark>{Text(p.Text)}</mark>" : Text(p.Text))).Append("</pre>");
        return page.Append("</body></html>").ToString();
    }

    private static void Append(StringBuilder page, RunEstimate estimate)
    {
        page.Append("<h2>Estimate</h2><table>");
        Row(page, "parameters", estimate.Parameters);
        Row(page, "of them trained", estimate.Trainable);
        Row(page, "steps", estimate.Updates);
        Row(page, "bytes at the peak", estimate.Memory.Peak);
        page.Append(CultureInfo.InvariantCulture, $"<tr><td>seconds</td><td class=\"n\">{estimate.Time.Seconds:N1} ({estimate.Time.Low:N1} to {estimate.Time.High:N1})</td></tr>");
        if (estimate.Cost is { } cost)
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>cost</td><td class=\"n\">{cost:N2}</td></tr>");
        page.Append("</table>").AppendJoin("", estimate.Problems.Select(p => $"<p class=\"warn\"><b>{Text(p.Code)}</b> {Text(p.Message)} {Text(p.Hint ?? "")}</p>"));
    }

    private static void Row(StringBuilder page, string name, long value) => page.Append(CultureInfo.InvariantCulture, $"<tr><td>{name}</td><td class=\"n\">{value:N0}</td></tr>");

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
