using System.CommandLine;
using System.Globalization;
using Temper.Versioning.Diffing;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>The options that say how differences are shown, the same for all verbs that show some.</summary>
internal sealed class DiffArguments
{
    private readonly Option<bool> _nameOnly = new("--name-only") { Description = "Only paths" };
    private readonly Option<bool> _nameStatus = new("--name-status") { Description = "Paths, and whether each was added (A), modified (M), deleted (D) or is in conflict (U)" };
    private readonly Option<bool> _stat = new("--stat") { Description = "How many lines changed in each file, with a bar" };
    private readonly Option<bool> _shortStat = new("--shortstat") { Description = "How many lines changed in all" };
    private readonly Option<bool> _numStat = new("--numstat") { Description = "How many lines came and went in each file, for programs" };
    private readonly Option<bool> _patch = new("--patch", "-p") { Description = "The changed lines" };
    private readonly Option<bool> _none = new("--no-patch", "-s") { Description = "No differences" };
    private readonly Option<int?> _context = new("--unified", "-U") { Description = "Lines around a change [default: 3]", HelpName = "N" };
    private readonly Option<bool> _zero = new("-z") { Description = "End each path with a zero byte, and leave names as they are" };

    public Symbol[] Symbols => [_nameOnly, _nameStatus, _stat, _shortStat, _numStat, _patch, _none, _context, _zero];

    /// <summary>Whether a way to show differences was asked for.</summary>
    public bool IsAsked(ParseResult parsed) =>
        parsed.GetValue(_nameOnly) || parsed.GetValue(_nameStatus) || parsed.GetValue(_stat) || parsed.GetValue(_shortStat) || parsed.GetValue(_numStat) || parsed.GetValue(_patch) || parsed.GetValue(_context) is not null;

    /// <summary>Whether lines are counted.</summary>
    public bool IsCounted(ParseResult parsed) => parsed.GetValue(_stat) || parsed.GetValue(_shortStat) || parsed.GetValue(_numStat);

    /// <summary>Whether differences are not to be shown at all.</summary>
    public bool IsNone(ParseResult parsed) => parsed.GetValue(_none);

    /// <summary>Shows differences the way that was asked for; as a patch where none was.</summary>
    public async Task ShowAsync(VersionSession session, IReadOnlyList<FileDifference> differences, CancellationToken ct)
    {
        var parsed = session.Parsed;
        if (parsed.GetValue(_nameOnly))
            foreach (var path in differences.Select(d => d.Path))
                session.Out.Write(Name(session, path) + End(parsed));
        if (parsed.GetValue(_nameStatus))
            foreach (var difference in differences)
                session.Out.Write(difference.Status + (parsed.GetValue(_zero) ? "\0" : "\t") + Name(session, difference.Path) + End(parsed));
        var counted = IsCounted(parsed);
        if (counted)
            await ShowCountsAsync(session, differences, ct);
        if (!parsed.GetValue(_patch) && parsed.GetValue(_context) is null && IsAsked(parsed))
            return;
        if (counted && differences.Count > 0)
            session.Out.Write("\n");
        var patch = new Patch(path => Quoted(session, path), Math.Max(0, parsed.GetValue(_context) ?? 3));
        foreach (var difference in differences)
            session.Out.Write(PatchColours.Of(await patch.WriteAsync(difference, ct), GlobalOptions.Terminal(parsed).Coloured));
    }

    /// <summary>Differences as a JSON document.</summary>
    public static async Task<object> ViewAsync(IReadOnlyList<FileDifference> differences, CancellationToken ct)
    {
        var rows = new List<object>();
        foreach (var difference in differences)
        {
            var stat = new DiffStat();
            await stat.AddAsync(difference, difference.Path, ct);
            var (_, added, deleted) = stat.Rows.Single();
            rows.Add(new { path = difference.Path, status = difference.Status.ToString(), old = Side(difference.Old), @new = Side(difference.New), added, deleted });
        }
        return rows;
    }

    private static object? Side(FileVersion? version) => version is null ? null : new { mode = Convert.ToString((int)version.Mode, 8), id = version.Id, size = version.Size };

    private async Task ShowCountsAsync(VersionSession session, IReadOnlyList<FileDifference> differences, CancellationToken ct)
    {
        var (parsed, stat) = (session.Parsed, new DiffStat());
        foreach (var difference in differences)
            await stat.AddAsync(difference, Name(session, difference.Path), ct);
        if (parsed.GetValue(_numStat))
            foreach (var (name, added, deleted) in stat.Rows)
                session.Out.Write($"{added?.ToString(CultureInfo.InvariantCulture) ?? "-"}\t{deleted?.ToString(CultureInfo.InvariantCulture) ?? "-"}\t{name}{End(parsed)}");
        if (parsed.GetValue(_stat))
            session.Out.Write(stat.Table(GlobalOptions.Terminal(parsed).Coloured ? Math.Max(40, Console.WindowWidth) : 80));
        else if (parsed.GetValue(_shortStat))
            session.Out.Write(stat.Summary());
    }

    private string End(ParseResult parsed) => parsed.GetValue(_zero) ? "\0" : "\n";

    private string Name(VersionSession session, string path) => session.Parsed.GetValue(_zero) ? path : Quoted(session, path);

    private static string Quoted(VersionSession session, string path) => VersionPaths.Quoted(path, false, session.Repository.Config.GetBool("core.quotepath", true));
}
