using System.Text.RegularExpressions;
using Temper.Core.Datasets;

namespace Temper.Ingest.Tests;

/// <summary>What every scorer promises: a finite number that depends on the record and the scorer's version alone, under a name that a filter can carry.</summary>
public abstract partial class RecordScorerContract
{
    /// <summary>The scorers, made anew by each call.</summary>
    protected abstract IReadOnlyList<IRecordScorer> Open();

    [Fact]
    public void A_filter_can_carry_the_name()
    {
        var names = Open().Select(scorer => scorer.Name).ToList();
        Assert.All(names, name => Assert.Matches(Name(), name));
        Assert.Equal(names.Distinct(), names);
    }

    [Fact]
    public void The_version_is_that_of_the_model_and_the_same_each_time_it_is_opened()
    {
        Assert.All(Open(), scorer => Assert.NotEmpty(scorer.Version));
        Assert.Equal(Open().Select(scorer => scorer.Version), Open().Select(scorer => scorer.Version));
    }

    [Fact]
    public void Every_record_has_a_finite_score()
    {
        foreach (var scorer in Open())
            Assert.All(Records(), record => Assert.True(double.IsFinite(scorer.Score(record)), $"{scorer.Name}: {record.Kind}"));
    }

    [Fact]
    public void The_same_record_has_the_same_score_whoever_asks_in_whatever_order_and_from_however_many_threads()
    {
        var (records, first) = (Records(), Open());
        foreach (var (scorer, again) in first.Zip(Open()))
        {
            var expected = records.Select(scorer.Score).ToArray();
            Assert.Equal(expected.Reverse(), records.Reverse().Select(again.Score));
            Parallel.For(0, 200, n => Assert.Equal(expected[n % expected.Length], scorer.Score(records[n % records.Count])));
        }
    }

    [Fact]
    public void Where_a_record_was_read_and_its_id_change_no_score()
    {
        foreach (var scorer in Open())
            Assert.All(Records(), record => Assert.Equal(scorer.Score(record), scorer.Score(new(default, record.Kind, new("elsewhere.jsonl", 99, 12_345))
            {
                Text = record.Text,
                Class = record.Class,
                Messages = record.Messages,
                Prompt = record.Prompt,
                Completion = record.Completion,
                Chosen = record.Chosen,
                Rejected = record.Rejected,
            })));
    }

    /// <summary>One of each kind that has texts, and texts that try a scorer.</summary>
    private static IReadOnlyList<CanonicalRecord> Records()
    {
        string[] texts = ["", " \n\t ", "Good soup, and a good day.", "0", "日本語のテキスト", "👩‍🔬 \u0000 \uFFFD", string.Concat(Enumerable.Repeat("word after word, ", 20_000))];
        return
        [
            .. texts.Select(text => Record(RecordKind.Text) with { Text = text }),
            Record(RecordKind.Labelled) with { Text = "Good soup.", Class = "praise" },
            Record(RecordKind.PromptCompletion) with { Prompt = "", Completion = "" },
            Record(RecordKind.PromptCompletion) with { Prompt = "2+2=", Completion = "4" },
            Record(RecordKind.Messages) with { Messages = [new("user", "hello"), new("assistant", "hi")] },
            Record(RecordKind.Preference) with { Prompt = "tea?", Chosen = new("gladly"), Rejected = new("no") },
        ];
    }

    private static CanonicalRecord Record(RecordKind kind) => new(default, kind, new("a.jsonl", 1, 0));

    [GeneratedRegex("^[a-z][a-z0-9]*(_[a-z0-9]+)*$")]
    private static partial Regex Name();
}
