using System.Globalization;
using System.Text;
using Temper.Core.Datasets;

namespace Temper.Ingest;

/// <summary>The <c>filters</c> of a configuration, each with its scorer.</summary>
internal sealed class RecordFilters
{
    private readonly (FilterRule Rule, IRecordScorer Scorer)[] _rules;

    public RecordFilters(IReadOnlyList<FilterRule> rules, IReadOnlyList<IRecordScorer> scorers) =>
        _rules = [.. rules.Select(rule => (rule, scorers.First(s => s.Name == rule.Score)))];

    /// <summary>The first rule that drops the record, as a reason; null when all keep it.</summary>
    public RecordFault? Broken(RecordDraft draft)
    {
        if (_rules.Length == 0)
            return null;
        var record = Materialise(draft);
        foreach (var (rule, scorer) in _rules)
        {
            var score = scorer.Score(record);
            if (score < rule.Min || score > rule.Max)
                return new("FILTERED_BY_RULE", string.Create(CultureInfo.InvariantCulture, $"The rule '{rule.Score}' keeps {rule.Min?.ToString(CultureInfo.InvariantCulture) ?? "any"} to {rule.Max?.ToString(CultureInfo.InvariantCulture) ?? "any"}; the record has {score:0.####}."));
        }
        return null;
    }

    private static CanonicalRecord Materialise(RecordDraft draft)
    {
        var texts = new string[draft.Count];
        for (var i = 0; i < texts.Length; i++)
            texts[i] = Encoding.UTF8.GetString(draft.TextOf(draft.Turns[i]));
        // Scorers see content; where a record stands, or its name, must not move its score.
        var record = new CanonicalRecord(default, draft.Kind, new("", 0, 0));
        return draft.Kind switch
        {
            RecordKind.Text => record with { Text = texts[0] },
            RecordKind.PromptCompletion => record with { Prompt = texts[0], Completion = texts[1] },
            _ => record with { Messages = Turns(draft, texts) },
        };
    }

    private static ChatTurn[] Turns(RecordDraft draft, string[] texts)
    {
        var turns = new ChatTurn[texts.Length];
        for (var i = 0; i < turns.Length; i++)
            turns[i] = new(RoleNames.All[(int)draft.Turns[i].Role], texts[i], draft.Turns[i].Weight == 0 ? 0 : null);
        return turns;
    }
}
