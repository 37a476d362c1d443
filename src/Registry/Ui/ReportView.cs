using System.Globalization;
using System.Text.Json;

namespace Temper.Registry.Ui;

/// <summary>A bar of a chart.</summary>
/// <param name="Label">What is counted.</param>
/// <param name="Count">How often.</param>
/// <param name="Share">Of the largest bar, 0 to 1.</param>
internal sealed record Bar(string Label, long Count, double Share);

/// <summary>Two records that say something alike.</summary>
/// <param name="Place">The later one.</param>
/// <param name="Of">The earlier one.</param>
/// <param name="Similarity">0 to 1.</param>
internal sealed record PairView(string Place, string Of, double Similarity);

/// <summary>A code of records that were set aside, or are worth a look.</summary>
internal sealed record CodeView(string Code, long Count, string? Meaning, string? Hint, IReadOnlyList<string> Places);

/// <summary>How much one thing differs from the version before.</summary>
internal sealed record DriftView(string Name, double Distance, string Largest);

/// <summary>One record as the model sees it.</summary>
internal sealed record SeenView(string Place, long Tokens, long Supervised, IReadOnlyList<(string Text, bool Learnt)> Pieces);

/// <summary>
/// What the pages show of a version's <c>validation_report.json</c>. The report belongs to ingestion and grows; what an older one lacks is empty here.
/// </summary>
internal sealed class ReportView(JsonElement report)
{
    public IReadOnlyList<CodeView> Codes => [.. Members(report, "codes").Select(c => new CodeView(c.Name, Long(c.Value, "count"), Text(c.Value, "meaning"), Text(c.Value, "hint"),
        [.. Items(c.Value, "first").Select(Place)])).OrderByDescending(c => c.Count).ThenBy(c => c.Code, StringComparer.Ordinal)];

    /// <summary>Charts that have at least one bar.</summary>
    public IReadOnlyList<(string Title, IReadOnlyList<Bar> Bars)> Charts => [.. new (string, IReadOnlyList<Bar>)[]
    {
        ("Length in characters", Bars(Counts(Find(report, "shape"), "lengths").Select(l => (Range(l.Label), l.Count)))),
        ("Texts by who says them", Bars(Counts(Find(report, "shape"), "roles"))),
        ("Shapes", Bars(Counts(Find(report, "shape"), "kinds"))),
        ("Languages", Bars(Counts(Find(report, "content"), "languages").OrderByDescending(l => l.Count).Take(20))),
        ("Personal data and secrets", Bars(Members(Find(report, "content"), "findings").Select(f => (f.Name, Long(f.Value, "count"))))),
        ("Image buckets", Bars(Items(Find(report, "images"), "buckets").Select(b => ($"{Long(b, "width")} × {Long(b, "height")}", Long(b, "images"))).Take(30))),
        ("Images left out", Bars(Counts(Find(report, "images"), "skipped"))),
        ("Tokens by who says them", Bars(Counts(Find(report, "tokens"), "roles"))),
    }.Where(chart => chart.Item2.Count > 0)];

    public string? DuplicateMethod => Text(Find(report, "duplicates"), "method");

    public IReadOnlyList<PairView> NearPairs => Pairs("near_pairs");

    public IReadOnlyList<PairView> AlikePairs => Pairs("alike_pairs");

    public IReadOnlyList<(string Place, string Of, string Words)> Contaminated => [.. Items(Find(report, "contamination"), "pairs")
        .Select(p => (Place(p), $"{Text(p, "set")} {Text(p, "of_file")}:{Long(p, "of_line")}", Text(p, "words") ?? ""))];

    public string? Parent => Text(Find(report, "drift"), "parent");

    public IReadOnlyList<DriftView> Drift => [.. Items(Find(report, "drift"), "measures").Select(m => new DriftView(Text(m, "name") ?? "", Double(m, "distance"),
        string.Join("; ", Items(m, "largest").Select(s => $"{Text(s, "key")?.TrimStart('0')} {Show.Percent(Double(s, "before"))} → {Show.Percent(Double(s, "now"))}"))))];

    public string? TokenModel => Text(Find(report, "tokens"), "model");

    /// <summary>One line about tokens.</summary>
    public string TokenLine
    {
        get
        {
            var (tokens, lengths) = (Find(report, "tokens"), Find(Find(report, "tokens"), "lengths"));
            return $"{Show.Number(Long(tokens, "examples"))} examples, {Show.Number(Long(tokens, "total"))} tokens, {Show.Number(Long(tokens, "supervised"))} of them learnt. "
                + $"Tokens of a record: least {Show.Number(Long(lengths, "min"))}, half {Show.Number(Long(lengths, "p50"))}, nine of ten {Show.Number(Long(lengths, "p90"))}, most {Show.Number(Long(lengths, "max"))}; "
                + $"{Show.Number(Long(tokens, "over_length"))} are longer than {Show.Number(Long(tokens, "max_length"))}.";
        }
    }

    public IReadOnlyList<SeenView> Seen => [.. Items(Find(report, "tokens"), "seen").Select(s => new SeenView(Place(s), Long(s, "tokens"), Long(s, "supervised"),
        [.. Items(s, "pieces").Select(p => (Text(p, "text") ?? "", Find(p, "learnt") is { ValueKind: JsonValueKind.True }))]))];

    private List<PairView> Pairs(string name) => [.. Items(Find(report, "duplicates"), name).Select(p => new PairView(Place(p), $"{Text(p, "of_file")}:{Long(p, "of_line")}", Double(p, "similarity")))];

    private static List<Bar> Bars(IEnumerable<(string Label, long Count)> counts)
    {
        var all = counts.ToList();
        var most = all.Count == 0 ? 1 : Math.Max(1, all.Max(c => c.Count));
        return [.. all.Select(c => new Bar(c.Label, c.Count, (double)c.Count / most))];
    }

    /// <summary>Lengths are counted by powers of two, named by the least.</summary>
    private static string Range(string least) => !long.TryParse(least, NumberStyles.None, CultureInfo.InvariantCulture, out var from) ? least
        : from <= 1 ? $"{from}" : $"{Show.Number(from)} to {Show.Number(2 * from - 1)}";

    private static IEnumerable<(string Label, long Count)> Counts(JsonElement? of, string name) => Members(of, name).Select(m => (m.Name, m.Value.TryGetInt64(out var count) ? count : 0));

    private static string Place(JsonElement at) => $"{Text(at, "file")}:{Long(at, "line")}";

    private static JsonElement? Find(JsonElement? of, string name) =>
        of is { ValueKind: JsonValueKind.Object } found && found.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static JsonElement.ArrayEnumerator Items(JsonElement? of, string name) => Find(of, name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : default;

    private static JsonElement.ObjectEnumerator Members(JsonElement? of, string name) => Find(of, name) is { ValueKind: JsonValueKind.Object } map ? map.EnumerateObject() : default;

    private static string? Text(JsonElement? of, string name) => Find(of, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static long Long(JsonElement? of, string name) => Find(of, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var value) ? value : 0;

    private static double Double(JsonElement? of, string name) => Find(of, name) is { ValueKind: JsonValueKind.Number } number ? number.GetDouble() : 0;
}
