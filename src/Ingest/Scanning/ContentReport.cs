using Temper.Core.Datasets;

namespace Temper.Ingest;

/// <summary>How a number is spread over records.</summary>
/// <param name="Min">The least.</param>
/// <param name="P50">Half of them are below; right within 12.5 percent, as <paramref name="P90"/>.</param>
/// <param name="P90">Nine of ten are below.</param>
/// <param name="Max">The greatest.</param>
public sealed record Spread(double Min, double P50, double P90, double Max);

/// <summary>A section of <c>report.json</c>: what records hold. Copies that were dropped later are counted, too.</summary>
/// <param name="Findings">Personal data and secrets by kind, with places and never with values; of all records that were read.</param>
/// <param name="Languages">Sound records by language (BCP 47); <c>und</c> for what cannot be told.</param>
/// <param name="Kinds">Sound records by kind.</param>
/// <param name="Roles">Messages of sound records by role.</param>
/// <param name="Labels">Unpaired records, <c>good</c> and <c>bad</c>; empty where there are none.</param>
/// <param name="Characters">Sound records by length in Unicode characters: power of two that is not above it to count.</param>
/// <param name="Words">Sound records by words: power of two that is not above them to count.</param>
/// <param name="Scores">Spread of <c>characters</c> and <c>words</c> of sound records, and of each score that <c>filters</c> use, before they drop anything.</param>
public sealed record ContentReport(SortedDictionary<string, CodeReport> Findings, SortedDictionary<string, long> Languages, SortedDictionary<string, long> Kinds,
    SortedDictionary<string, long> Roles, SortedDictionary<string, long> Labels, SortedDictionary<long, long> Characters, SortedDictionary<long, long> Words,
    SortedDictionary<string, Spread> Scores)
{
    /// <summary>The section of all files' facts; <paramref name="findings"/> are theirs, with the files' names.</summary>
    internal static ContentReport Of(IEnumerable<RecordFacts> files, SortedDictionary<string, CodeReport> findings)
    {
        var facts = new RecordFacts();
        foreach (var file in files)
            facts.Add(file);
        var scores = new SortedDictionary<string, Spread>(StringComparer.Ordinal);
        foreach (var (name, sketch) in facts.Scores.Append(new("characters", facts.Characters)).Append(new("words", facts.Words)).Where(s => s.Value.Count > 0))
            scores.TryAdd(name, new(sketch.Min, sketch.Quantile(0.5), sketch.Quantile(0.9), sketch.Max));
        return new(findings, Named(facts.Languages, LanguageGuess.Names), Named(facts.Kinds, [.. Enum.GetNames<RecordKind>().Select(System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName)]),
            Named(facts.Roles, RoleNames.All), Named(facts.Labels, ["bad", "good"]), facts.Characters.ByPowers(), facts.Words.ByPowers(), scores);
    }

    private static SortedDictionary<string, long> Named(long[] counts, string[] names)
    {
        var named = new SortedDictionary<string, long>(StringComparer.Ordinal);
        for (var i = 0; i < counts.Length; i++)
        {
            if (counts[i] > 0)
                named[names[i]] = counts[i];
        }
        return named;
    }
}
