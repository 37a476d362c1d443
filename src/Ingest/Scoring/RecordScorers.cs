using System.Globalization;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Plugins;

namespace Temper.Ingest;

/// <summary>The scorers that <c>filters</c> can name, and what is asked of each.</summary>
internal static class RecordScorers
{
    /// <summary>The built-in ones and <paramref name="own"/>.</summary>
    /// <exception cref="TemperException">Code <c>part_twice</c>: a filter would not say which one it means.</exception>
    public static IReadOnlyList<IRecordScorer> With(IReadOnlyList<IRecordScorer> own)
    {
        var all = QualityScorers.All.ToList();
        foreach (var scorer in own)
        {
            if (all.Find(known => known.Name == scorer.Name) is { } known)
                throw PluginLoader.Twice("scorer", scorer.Name, known, scorer);
            all.Add(scorer);
        }
        return all;
    }

    /// <summary>A record's score; finite, because a filter lets pass whatever compares with nothing.</summary>
    /// <exception cref="TemperException">Code <c>scorer_failed</c>.</exception>
    public static double ScoreOf(this IRecordScorer scorer, CanonicalRecord record, string file, long line)
    {
        double score;
        try
        {
            score = scorer.Score(record);
        }
        catch (Exception e) when (e is not (TemperException or OutOfMemoryException))
        {
            throw Failed(scorer, e.Message, file, line, e);
        }
        return double.IsFinite(score) ? score : throw Failed(scorer, $"The score is {score.ToString(CultureInfo.InvariantCulture)}.", file, line, null);
    }

    private static TemperException Failed(IRecordScorer scorer, string what, string file, long line, Exception? cause) =>
        new([new Problem("scorer_failed", $"The scorer '{scorer.Name}' ({scorer.Version}) has no score for a record: {what}") { File = file, Line = line }], cause);
}
