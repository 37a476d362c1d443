using System.Globalization;

namespace Temper.Ingest;

/// <summary>The <c>filters</c> of a configuration, each with its scorer.</summary>
internal sealed class RecordFilters
{
    private readonly (FilterRule Rule, IRecordScorer Scorer)[] _rules;

    public RecordFilters(IReadOnlyList<FilterRule> rules, IReadOnlyList<IRecordScorer> scorers) =>
        _rules = [.. rules.Select(rule => (rule, scorers.First(s => s.Name == rule.Score)))];

    /// <summary>The first rule that drops the record, as a reason; null when all keep it. Every score is counted.</summary>
    /// <param name="draft">The record.</param>
    /// <param name="facts">Where scores are counted.</param>
    /// <param name="file">Where it stands, for errors.</param>
    /// <param name="line">Its line there.</param>
    public RecordFault? Broken(RecordDraft draft, RecordFacts facts, string file, long line)
    {
        if (_rules.Length == 0)
            return null;
        var record = DraftRecord.Of(draft);
        RecordFault? broken = null;
        foreach (var (rule, scorer) in _rules)
        {
            var score = scorer.ScoreOf(record, file, line);
            facts.Score(rule.Score, score);
            if (broken is null && (score < rule.Min || score > rule.Max))
                broken = new("FILTERED_BY_RULE", string.Create(CultureInfo.InvariantCulture, $"The rule '{rule.Score}' keeps {rule.Min?.ToString(CultureInfo.InvariantCulture) ?? "any"} to {rule.Max?.ToString(CultureInfo.InvariantCulture) ?? "any"}; the record has {score:0.####}."));
        }
        return broken;
    }
}
