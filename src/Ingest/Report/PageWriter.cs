using System.Globalization;
using System.Net;
using System.Text;

namespace Temper.Ingest;

/// <summary>Writes a page of its own: no script, no second file, charts as SVG, light and dark by what the reader's system asks for.</summary>
internal sealed class PageWriter
{
    private const string Style = """
        :root{color-scheme:light dark;--ink:#1c2024;--soft:#5b636b;--ground:#fff;--panel:#f4f6f8;--line:#d8dde2;--good:#1a7f4b;--warn:#b26a00;--bad:#b3261e;--bar:#2f6fb0;--mark:#cdeed8}
        @media(prefers-color-scheme:dark){:root{--ink:#e8eaed;--soft:#a3abb3;--ground:#14171a;--panel:#1d2226;--line:#343b42;--good:#56c78c;--warn:#e5a54b;--bad:#ff8a80;--bar:#6ea8e5;--mark:#1f4f36}}
        *{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
        main{max-width:62rem;margin:0 auto;padding:1.5rem}h1{font-size:1.7rem;margin:.2rem 0}h2{font-size:1.2rem;margin:2rem 0 .5rem;border-bottom:1px solid var(--line)}h3{font-size:1rem;margin:1rem 0 .3rem}
        a{color:var(--bar)}.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;background:var(--panel);padding:.3rem .6rem}
        .state{font-size:.9rem;padding:.1rem .6rem;border-radius:1rem;color:var(--ground);background:var(--good);vertical-align:middle}.state.bad{background:var(--bad)}
        .scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.92rem}caption{text-align:left;color:var(--soft);padding:.2rem 0}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}.n{text-align:right;font-variant-numeric:tabular-nums}
        code,pre{font:.88em/1.5 ui-monospace,monospace;overflow-wrap:anywhere}pre{white-space:pre-wrap;background:var(--panel);padding:.8rem;border-radius:.4rem;margin:.3rem 0 1rem}mark{background:var(--mark);color:inherit}
        .problem{border-left:4px solid var(--warn);background:var(--panel);padding:.5rem .8rem;margin:.5rem 0}.problem.bad{border-color:var(--bad)}.soft{color:var(--soft)}
        details{border:1px solid var(--line);border-radius:.4rem;padding:.4rem .8rem;margin:.4rem 0}summary{cursor:pointer}:focus-visible{outline:3px solid var(--bar);outline-offset:2px}
        svg{max-width:100%;height:auto}svg text{fill:var(--ink);font:13px system-ui,sans-serif}.bar{fill:var(--bar)}.accepted{fill:var(--good)}.quarantined{fill:var(--bad)}.duplicates{fill:var(--warn)}.filtered{fill:var(--soft)}
        @media print{body{font-size:11pt}main{max-width:none;padding:0}details::details-content{content-visibility:visible;block-size:auto}table,pre,svg{break-inside:avoid}.skip,nav{display:none}}
        """;

    private readonly StringBuilder _html = new();
    private readonly List<(string Id, string Title)> _sections = [];

    /// <summary>Text as HTML.</summary>
    public static string Text(string? text) => WebUtility.HtmlEncode(text ?? "");

    /// <summary>A number with thousands apart.</summary>
    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A share as percent.</summary>
    public static string Percent(double share) => (share * 100).ToString("0.##", CultureInfo.InvariantCulture) + " %";

    /// <summary>Adds HTML as it is.</summary>
    public void Raw(string html) => _html.Append(html).Append('\n');

    /// <summary>Begins a section.</summary>
    public void Section(string id, string title)
    {
        _sections.Add((id, title));
        Raw($"<h2 id=\"{id}\">{Text(title)}</h2>");
    }

    /// <summary>A table; a column whose name begins with '#' holds numbers. Cells are HTML.</summary>
    public void Table(string caption, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        Raw($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{Text(caption)}\"><table><caption>{Text(caption)}</caption><thead><tr>");
        foreach (var column in columns)
            Raw($"<th scope=\"col\"{Class(column)}>{Text(column.TrimStart('#'))}</th>");
        Raw("</tr></thead><tbody>");
        foreach (var row in rows)
            Raw($"<tr>{string.Concat(row.Select((cell, i) => $"<td{Class(columns[i])}>{cell}</td>"))}</tr>");
        Raw("</tbody></table></div>");
    }

    /// <summary>Horizontal bars, one a line, each with its number.</summary>
    public void Bars(string title, IReadOnlyList<(string Label, long Count)> bars)
    {
        if (bars.Count == 0)
            return;
        var (most, sum) = (Math.Max(1, bars.Max(b => b.Count)), Math.Max(1, bars.Sum(b => b.Count)));
        var height = (bars.Count * 24) + 4;
        Raw($"<h3>{Text(title)}</h3><svg viewBox=\"0 0 720 {height}\" width=\"720\" height=\"{height}\" role=\"img\" aria-label=\"{Text($"{title}: {string.Join(", ", bars.Select(b => $"{b.Label} {Number(b.Count)}"))}")}\">");
        for (var i = 0; i < bars.Count; i++)
        {
            var (y, width) = (i * 24, Math.Max(1, 400.0 * bars[i].Count / most));
            Raw(string.Create(CultureInfo.InvariantCulture, $"<text x=\"150\" y=\"{y + 16}\" text-anchor=\"end\">{Text(bars[i].Label)}</text><rect class=\"bar\" x=\"160\" y=\"{y + 3}\" width=\"{width:0.#}\" height=\"18\" rx=\"3\"/><text x=\"{width + 168:0.#}\" y=\"{y + 16}\">{Number(bars[i].Count)} ({Percent((double)bars[i].Count / sum)})</text>"));
        }
        Raw("</svg>");
    }

    /// <summary>One bar cut into parts.</summary>
    public void Stack(string title, IReadOnlyList<(string Name, long Count)> parts)
    {
        var all = Math.Max(1, parts.Sum(p => p.Count));
        Raw($"<svg viewBox=\"0 0 720 28\" width=\"720\" height=\"28\" role=\"img\" aria-label=\"{Text($"{title}: {string.Join(", ", parts.Select(p => $"{p.Name} {Number(p.Count)}"))}")}\">");
        var x = 0.0;
        foreach (var (name, count) in parts.Where(p => p.Count > 0))
        {
            var width = 720.0 * count / all;
            Raw(string.Create(CultureInfo.InvariantCulture, $"<rect class=\"{name}\" x=\"{x:0.##}\" y=\"2\" width=\"{Math.Max(1, width):0.##}\" height=\"24\"><title>{name}: {Number(count)}</title></rect>"));
            x += width;
        }
        Raw("</svg>");
    }

    /// <summary>The whole page.</summary>
    public string Page(string title, string heading) => $"""
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><title>{Text(title)}</title><style>
        {Style}
        </style></head><body><a class="skip" href="#main">To the report</a><main id="main">
        {heading}
        <nav aria-label="Sections">{string.Join(" · ", _sections.Select(s => $"<a href=\"#{s.Id}\">{Text(s.Title)}</a>"))}</nav>
        {_html}</main></body></html>

        """;

    private static string Class(string column) => column.StartsWith('#') ? " class=\"n\"" : "";
}
