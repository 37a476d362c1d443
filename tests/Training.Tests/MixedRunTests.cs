using System.Diagnostics.Metrics;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Testing;
using Temper.Training.Data;
using Temper.Training.Planning;
using Temper.Training.Recipes;

namespace Temper.Training.Tests;

/// <summary>Runs on several datasets: what is drawn, and that stopping anywhere changes nothing.</summary>
public sealed class MixedRunTests : IDisposable
{
    private const string Mixed = """
        data:
          max_length: 32
          packing: true
          train:
            - chats
            - {dataset: code, repeats: 2, probability: 0.5}
            - {dataset: prose:3, id: late, start_step: 2}
        lora: {r: 4, lora_dropout: 0.2}
        training: {learning_rate: 1e-2, num_train_epochs: 2, per_device_train_batch_size: 2, gradient_accumulation_steps: 2, save_strategy: steps, save_steps: 1, save_total_limit: 99}
        """;

    private readonly TempFolder _folder = new();

    [Fact]
    public void A_run_on_three_datasets_repeated_packed_and_scheduled_resumed_after_any_step_ends_in_the_same_bits()
    {
        var recipe = Tiny.Recipe(Mixed);
        var straight = Train(recipe, _folder.Path, 1);
        var steps = straight.Outcome.Step;
        Assert.InRange(steps, 10, 40);
        for (var k = 1; k < steps; k++)
        {
            using var copy = new TempFolder();
            LeftBehind.KeepUpTo(k, _folder.Path, copy.Path);
            var resumed = Train(recipe, copy.Path, 2);
            Assert.Equal(k, Assert.Single(resumed.Events.OfType<TrainEvent.Planned>()).FirstStep);
            Assert.Equal(straight.Weights, resumed.Weights);
            Assert.Equal(straight.Log, resumed.Log);
        }
    }

    [Fact]
    public void Every_example_is_trained_on_once_an_epoch_and_once_more_for_each_repeat_and_a_block_holds_one_dataset()
    {
        var recipe = Tiny.Recipe(Mixed);
        var batches = new Batches(Examples, recipe, Parts(recipe));
        Assert.True(batches.Plan.EvaluateAfter(1) is false && batches.Plan.TotalSteps == 2 * batches.Plan.UpdatesPerEpoch);
        var half = batches.Plan.UpdatesPerEpoch;
        foreach (var epoch in new[] { 0, 1 })
        {
            var seen = Enumerable.Range(epoch * half, half).SelectMany(k => batches.Update(k).MicroBatches.SelectMany(m => m.Records)).CountBy(r => r).ToDictionary();
            Assert.Equal(Examples.Select((_, i) => i is >= 20 and < 29 ? 3 : 1), Examples.Select(e => seen[e.Record]));
        }
        Assert.Equal(batches.Update(3).MicroBatches.SelectMany(m => m.Records), batches.Update(3).MicroBatches.SelectMany(m => m.Records));
        Assert.Equal(batches.Parts.Select(p => p.Id), ["chats", "code", "late"]);
    }

    [Fact]
    public void Without_buckets_an_incomplete_batch_is_short_or_dropped_and_other_wishes_are_refused()
    {
        static Batches Of(string remainder, string per = "4") => new(Examples, Tiny.Recipe($"data: {{max_length: 32{remainder}}}\ntraining: {{num_train_epochs: 2, per_device_train_batch_size: {per}, gradient_accumulation_steps: 2}}"));
        Assert.Equal((10, 8), (Of("").Plan.TotalSteps, Of(", remainder: drop").Plan.TotalSteps));
        Assert.All(Enumerable.Range(0, 8), k => Assert.Equal(8, Of(", remainder: drop").Update(k).Samples.Sum()));
        Assert.Equal(4, Of("").Update(4).Samples.Sum());
        Assert.Equal("mix_invalid", Assert.Throws<TemperException>(() => Of(", remainder: carry")).Code);
        Assert.Equal("zero_batches", Assert.Throws<TemperException>(() => Of(", remainder: drop", "20")).Code);
    }

    [Fact]
    public void What_was_read_ahead_and_not_used_is_read_again_after_a_resume()
    {
        var recipe = Tiny.Recipe(Mixed);
        var batches = new Batches(Examples, recipe, Parts(recipe));
        var control = new RunControl();
        List<Update> first = [];
        using (var feed = batches.Read(0, null))
            for (var i = 0; i < 3; i++)
                first.Add(feed.Take(control)!);
        // Ten batches were prepared; three were used, and their state is that of the third.
        Assert.Equal(3, first[2].State!.GlobalStep);
        foreach (var state in new[] { first[2].State, null })
        {
            using var again = new Batches(Examples, recipe, Parts(recipe)).Read(3, state);
            for (var k = 3; k < batches.Plan.TotalSteps; k++)
                Assert.Equal(batches.Update(k).MicroBatches.SelectMany(m => m.Records), again.Take(control)!.MicroBatches.SelectMany(m => m.Records));
        }
        Assert.Equal("data_state_invalid", Assert.Throws<TemperException>(() => batches.Read(4, first[2].State)).Code);
        var other = Tiny.Recipe(Mixed.Replace("repeats: 2", "repeats: 1", StringComparison.Ordinal));
        Assert.Equal("data_state_mismatch", Assert.Throws<TemperException>(() => new Batches(Examples, other, Parts(other)).Read(3, first[2].State)).Code);
    }

    [Fact]
    public void A_feed_that_waits_ends_as_soon_as_the_run_is_to_stop()
    {
        var recipe = Tiny.Recipe(Mixed);
        var control = new RunControl();
        using var feed = new Batches(new Rotten(Examples, int.MaxValue, slow: true), recipe, Parts(recipe)).Read(0, null);
        control.Ask(StopReason.Cancelled);
        Assert.Null(feed.Take(control));
    }

    [Fact]
    public void A_record_that_cannot_be_read_fails_the_run_by_dataset_record_and_file()
    {
        var recipe = Tiny.Recipe(Mixed);
        var error = Assert.Throws<TemperException>(() => Train(recipe, _folder.Path, 1, new Rotten(Examples, 25)));
        var problem = Assert.Single(error.Problems);
        Assert.Equal(("batch_unreadable", "code.jsonl", 6L, Examples[25].Record.Hex), (problem.Code, problem.File, problem.Line, problem.Value));
        Assert.Contains("dataset 'code'", problem.Message, StringComparison.Ordinal);
        Assert.Contains("bad sector", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Substituting_goes_on_with_the_next_record_and_says_so_in_log_outcome_and_checkpoints()
    {
        var recipe = Tiny.Recipe(Mixed.Replace("packing: true", "on_runtime_error: substitute_next", StringComparison.Ordinal));
        var trained = Train(recipe, _folder.Path, 1, new Rotten(Examples, 25));
        var notes = Assert.IsType<TrainOutcome.Completed>(trained.Outcome).Substituted;
        Assert.Equal(6, notes.Count);
        Assert.All(notes, n => Assert.Equal(("code", "InvalidDataException", Examples[26].Record), (n.Dataset, n.Code, n.By)));
        Assert.Contains("code.jsonl line 6", notes[0].Record, StringComparison.Ordinal);
        Assert.Equal(6, trained.Events.OfType<TrainEvent.Said>().Count(s => s.Text.Contains("stands in for it", StringComparison.Ordinal)));
        var again = Train(recipe, _folder.Path, 2, new Rotten(Examples, 25));
        Assert.Equal(notes, Assert.IsType<TrainOutcome.Completed>(again.Outcome).Substituted);
    }

    [Fact]
    public void Measurements_tell_what_the_data_does()
    {
        var seen = new System.Collections.Concurrent.ConcurrentBag<(string Name, double Value, string? Dataset)>();
        using (var listener = new MeterListener { InstrumentPublished = (instrument, l) => { if (instrument.Meter.Name == "Temper.Training") l.EnableMeasurementEvents(instrument); } })
        {
            void Saw(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => seen.Add((instrument.Name, value, tags.Length > 0 ? tags[0].Value?.ToString() : null));
            listener.SetMeasurementEventCallback<double>((i, v, t, _) => Saw(i, v, t));
            listener.SetMeasurementEventCallback<long>((i, v, t, _) => Saw(i, v, t));
            listener.SetMeasurementEventCallback<int>((i, v, t, _) => Saw(i, v, t));
            listener.Start();
            Train(Tiny.Recipe(Mixed), _folder.Path, 1);
        }
        double[] Of(string name, string? dataset = null) => [.. seen.Where(s => s.Name == "temper.training." + name && (dataset is null || s.Dataset == dataset)).Select(s => s.Value)];
        Assert.All(new[] { "batch.wait", "queue.depth", "mix.error", "tokens.supervised", "padding.fraction", "pack.efficiency", "resume.duration" }, name => Assert.NotEmpty(Of(name)));
        Assert.Contains(1.0, Of("epoch.coverage"));
        Assert.All(["chats", "code", "late"], id => Assert.True(Of("samples.consumed", id).Sum() > 0, id));
    }

    public void Dispose() => _folder.Dispose();

    private static readonly TrainExample[] Examples = Tiny.Examples(36);

    private static IReadOnlyList<DataPart> Parts(Recipe recipe) =>
        [.. new[] { ("chats", 20), ("code", 9), ("prose", 7) }.Select((x, i) => new DataPart(recipe.Data.Datasets![i].Name, Digest.OfText(x.Item1), x.Item2)
        {
            Entry = recipe.Data.Datasets[i],
            Places = [.. Enumerable.Range(0, x.Item2).Select(j => new RecordPlace(Examples[(i == 0 ? 0 : i == 1 ? 20 : 29) + j].Record, x.Item1 + ".jsonl", j + 1))],
        })];

    private static Trained Train(Recipe recipe, string folder, int fence, IReadOnlyList<TrainExample>? examples = null) =>
        Tiny.Train(recipe, 1, Tiny.Store(folder, fence), examples: examples ?? Examples, parts: Parts(recipe), answer: false);

    /// <summary>Examples on a disk that loses one of them after the run was planned.</summary>
    private sealed class Rotten(TrainExample[] examples, int bad, bool slow = false) : IReadOnlyList<TrainExample>
    {
        public TrainExample this[int index]
        {
            get
            {
                if (Environment.StackTrace.Contains("BatchMaker.Read", StringComparison.Ordinal))
                {
                    if (slow)
                        Thread.Sleep(300);
                    if (index == bad)
                        throw new InvalidDataException("bad sector");
                }
                return examples[index];
            }
        }

        public int Count => examples.Length;

        public IEnumerator<TrainExample> GetEnumerator() => ((IEnumerable<TrainExample>)examples).GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => examples.GetEnumerator();
    }
}
