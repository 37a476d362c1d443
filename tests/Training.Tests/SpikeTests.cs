using System.Threading.Channels;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Models;
using Temper.Tensors;
using Temper.Testing;
using Temper.Training.Objectives;
using Temper.Training.Planning;
using Temper.Training.Recipes;

namespace Temper.Training.Tests;

public sealed class SpikeTests : IDisposable
{
    private const int Steps = 150, Odd = 141;
    private readonly TempFolder _folder = new();

    [Fact]
    public void A_loss_stands_out_from_a_full_window_of_its_like()
    {
        var spikes = new SpikeDetector([]);
        for (var i = 0; i < 127; i++)
        {
            Assert.Equal(0, spikes.ScoreOf(1e6));
            spikes.Add(i % 2);
        }
        // 127 losses of mean about ½ and deviation ½, and one of 10: its score as llm.c computes it.
        double[] all = [.. Enumerable.Range(0, 127).Select(i => (double)(i % 2)), 10];
        var (mean, squares) = (all.Average(), all.Average(x => x * x));
        Assert.Equal((10 - mean) / Math.Sqrt(squares - mean * mean), spikes.ScoreOf(10), 9);
        Assert.InRange(spikes.ScoreOf(1), 0, 2);
        var again = new SpikeDetector(Enumerable.Range(0, 200).Select(i => new StepMetrics(i + 1, new() { ["loss"] = 3 })));
        Assert.Equal(0, again.ScoreOf(3));
        Assert.True(again.ScoreOf(3.5) > SpikeDetector.Limit);
    }

    [Fact]
    public void A_spike_is_told_with_its_records_and_the_run_goes_on()
    {
        var (recipe, examples) = OneOddExample();
        var run = Tiny.Train(recipe, examples: examples, answer: false);
        var spike = Assert.Single(run.Events.OfType<TrainEvent.Spiked>());
        Assert.Equal((Odd, examples.Single(e => e.Tokens[1] == 9).Record), (spike.Step, Assert.Single(spike.Records)));
        Assert.True(spike.Score > 6, $"{spike.Score}");
        Assert.Equal(Steps, run.Outcome.Step);
    }

    [Fact]
    public void A_run_that_goes_back_from_a_spike_goes_on_in_another_order_and_ends_in_the_same_bits_when_it_is_resumed()
    {
        var (recipe, examples) = OneOddExample();
        recipe = recipe with { Training = recipe.Training with { OnSpike = SpikePolicy.Rollback, SaveStrategy = Cadence.Steps, SaveSteps = 20, SaveTotalLimit = 1 } };
        var straight = Tiny.Train(recipe, 1, Tiny.Store(_folder.Path, 1), examples: examples, answer: false);
        var back = straight.Events.OfType<TrainEvent.WentBack>().ToArray();
        Assert.InRange(back.Length, 1, Guard.MostTimesBack);
        Assert.Equal((Odd, 140, 1), (back[0].Step, back[0].Target, back[0].Times));
        Assert.Equal(Enumerable.Range(1, Steps), straight.Outcome.Log.Select(s => s.Step));

        using var other = new TempFolder();
        var control = new RunControl();
        var stopped = Tiny.Train(recipe, 1, Tiny.Store(other.Path, 1), control, examples, events: new Stops(control, e => e is TrainEvent.StepDone { Metrics.Step: 145 }), answer: false);
        Assert.IsType<TrainOutcome.Stopped>(stopped.Outcome);
        var resumed = Tiny.Train(recipe, 1, Tiny.Store(other.Path, 2), examples: examples, answer: false);
        Assert.Equal(145, resumed.Events.OfType<TrainEvent.Planned>().Single().FirstStep);
        Assert.Equal(straight.Weights, resumed.Weights);
        Assert.Equal(straight.Log, resumed.Log);
    }

    [Fact]
    public void Exactly_the_example_that_is_no_number_is_named()
    {
        var examples = Tiny.Examples(6);
        examples[4] = examples[4] with { Tokens = [1, 47, 47, 47, 47, 2, 5, Tiny.End], Supervised = [false, false, false, false, false, false, true, true] };
        foreach (var other in examples.Where((_, i) => i != 4))
            for (var t = 0; t < other.Tokens.Length; t++)
                other.Tokens[t] = other.Tokens[t] == 47 ? 46 : other.Tokens[t];
        using var engine = CpuEngine.Create(1);
        using var model = Decoder.Create(engine, Tiny.Config with { TieWordEmbeddings = false }, 11);
        var table = engine.ToFloats(model.Weights[0].Tensor);
        table.AsSpan(47 * 32, 32).Fill(float.NaN);
        engine.SetFloats(model.Weights[0].Tensor, table);
        var recipe = Tiny.Recipe("data: {max_length: 64}\ntraining: {max_steps: 2, per_device_train_batch_size: 3, gradient_accumulation_steps: 2}");
        var run = new TrainRun { Recipe = recipe, Objective = new CausalObjective(model, null, recipe), Train = examples };
        var error = Assert.Throws<TemperException>(() => new Trainer(TimeProvider.System).Run(run, new RunControl(), Channel.CreateUnbounded<TrainEvent>().Writer));
        Assert.Equal("loss_not_finite", error.Code);
        Assert.Equal(examples[4].Record.Hex, error.Problems[0].Value);
        Assert.Contains($"not finite: {examples[4].Record.Short}.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void As_many_updates_in_a_row_may_be_dropped_as_the_recipe_says()
    {
        var recipe = Tiny.Recipe("data: {max_length: 64}\ntraining: {max_steps: 6, on_nan: skip}");
        var loose = recipe with { Training = recipe.Training with { MaxSkippedSteps = 6 } };
        var error = Assert.Throws<TemperException>(() => Tiny.Train(loose, prepare: Spoil));
        Assert.Contains("In step 6 ", error.Message, StringComparison.Ordinal);
        Assert.Contains("look at the weights", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Examples that are all alike but for one, which is drawn last but nine; nothing is learned, so that its loss alone stands out.</summary>
    private static (Recipe, TrainExample[]) OneOddExample()
    {
        var recipe = Tiny.Recipe("data: {max_length: 64}\ntraining: {learning_rate: 1e-12, max_steps: 150, per_device_train_batch_size: 1, save_strategy: no}");
        TrainExample Like(int i) => new(Digest.OfText($"like {i}"), [1, 3, 4, 5], [false, true, true, true]);
        var examples = Enumerable.Range(0, Steps).Select(Like).ToArray();
        var odd = new Batches(examples, recipe).Update(Odd - 1).Records.Single();
        examples[Array.FindIndex(examples, e => e.Record == odd)] = new(odd, [1, 9, 9, 8], [false, true, true, true]);
        return (recipe, examples);
    }

    private static void Spoil(Decoder model)
    {
        var weight = model.Weights[0].Tensor;
        var values = model.Engine.ToFloats(weight);
        Array.Fill(values, float.NaN);
        model.Engine.SetFloats(weight, values);
    }

    private sealed class Stops(RunControl control, Func<TrainEvent, bool> when) : ChannelWriter<TrainEvent>
    {
        public override bool TryWrite(TrainEvent item)
        {
            if (when(item))
                control.Ask(StopReason.HandedBack);
            return true;
        }

        public override ValueTask<bool> WaitToWriteAsync(CancellationToken cancellationToken = default) => new(true);
    }
}
