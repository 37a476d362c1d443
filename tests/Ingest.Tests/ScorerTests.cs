using Temper.Core.Datasets;
using Temper.Core.Errors;

namespace Temper.Ingest.Tests;

/// <summary>The built-in quality rules.</summary>
public sealed class QualityScorerTests : RecordScorerContract
{
    protected override IReadOnlyList<IRecordScorer> Open() => QualityScorers.All;
}

/// <summary>Scorers of plug-ins that break their promise.</summary>
public sealed class ScorerTests
{
    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public async Task A_record_whose_score_is_no_number_is_named_and_not_let_pass(double score)
    {
        var error = await FilterAsync(new Own("tone", _ => score));
        Assert.Equal(("scorer_failed", "notes.jsonl", 2L), (error.Code, error.Problems[0].File, error.Problems[0].Line));
        Assert.Contains("'tone' (7)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_that_a_scorer_chokes_on_is_named()
    {
        var error = await FilterAsync(new Own("tone", _ => throw new InvalidOperationException("no such column")));
        Assert.Equal(("scorer_failed", 2L), (error.Code, error.Problems[0].Line));
        Assert.Contains("no such column", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_scorer_that_has_the_name_of_another_is_refused()
    {
        var error = Assert.Throws<TemperException>(() => new Uploads { Options = new() { Scorers = [new Own("words", _ => 1)] } }.Pipeline(null!));
        Assert.Equal("part_twice", error.Code);
        Assert.Contains("'words'", error.Message, StringComparison.Ordinal);
    }

    /// <summary>What ingesting two records says, of which the scorer is asked the bad one second.</summary>
    private static async Task<TemperException> FilterAsync(Own scorer)
    {
        using var uploads = new Uploads { Options = new() { Scorers = [new Own(scorer.Name, record => record.Text == "good" ? 1 : scorer.Score(record))] } };
        return await Assert.ThrowsAsync<TemperException>(() => uploads.IngestAsync(("dataset.yaml", "filters: {tone: {min: 0.5}}\n"u8.ToArray()), ("notes.jsonl", Uploads.Lines("""{"text": "good"}""", """{"text": "bad"}"""))));
    }

    private sealed class Own(string name, Func<CanonicalRecord, double> score) : IRecordScorer
    {
        public string Name => name;

        public string Version => "7";

        public double Score(CanonicalRecord record) => score(record);
    }
}
