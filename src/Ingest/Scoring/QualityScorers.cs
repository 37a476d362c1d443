using Temper.Core.Datasets;

namespace Temper.Ingest;

/// <summary>The built-in quality rules: cheap facts about a record's text.</summary>
public static class QualityScorers
{
    /// <summary>
    /// <c>characters</c> and <c>words</c> of all texts, <c>turns</c>, <c>answer_characters</c> (what is learnt), <c>letters</c> (share of letters and digits
    /// among what is not white space, 0 to 1), <c>repetition</c> (share of words that stood there before, 0 to 1).
    /// </summary>
    public static IReadOnlyList<IRecordScorer> All { get; } =
    [
        new Scorer("characters", record => record.AllTexts().Sum(t => (long)t.Length)),
        new Scorer("words", record => record.AllTexts().Sum(t => (long)Words(t).Length)),
        new Scorer("turns", record => record.Messages?.Count ?? 1),
        new Scorer("answer_characters", record => record.AnswerTexts().Sum(t => (long)t.Length)),
        new Scorer("letters", record => Share(record.AllTexts().SelectMany(t => t).Where(c => !char.IsWhiteSpace(c)), char.IsLetterOrDigit)),
        new Scorer("repetition", Repetition),
    ];

    private static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    private static double Repetition(CanonicalRecord record)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return Share(record.AllTexts().SelectMany(Words), word => !seen.Add(word));
    }

    private static double Share<T>(IEnumerable<T> items, Func<T, bool> counts)
    {
        long all = 0, counted = 0;
        foreach (var item in items)
        {
            all++;
            counted += counts(item) ? 1 : 0;
        }
        return all == 0 ? 0 : (double)counted / all;
    }

    private sealed class Scorer(string name, Func<CanonicalRecord, double> score) : IRecordScorer
    {
        public string Name => name;

        public string Version => "1";

        public double Score(CanonicalRecord record) => score(record);
    }
}
