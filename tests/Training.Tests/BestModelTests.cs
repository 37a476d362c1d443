using Temper.Core.Errors;
using Temper.Core.Work;
using Temper.Models;
using Temper.Storage.Blobs;
using Temper.Testing;
using Temper.Training.Recipes;

namespace Temper.Training.Tests;

public sealed class BestModelTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData(2, 0, null, 4, 2)]
    [InlineData(3, 0, null, null, 6)]
    [InlineData(1, 0, null, 3, 2)]
    [InlineData(2, 0.5, null, 3, 2)]
    [InlineData(3, 0, true, null, 4)]
    [InlineData(2, 0, true, 3, 1)]
    public void Patience_counts_measurements_that_are_not_better(int patience, double threshold, bool? greater, int? stops, int best)
    {
        double[] values = [1.0, 0.7, 0.9, 1.1, 0.69, 0.6];
        var seen = new BestStep(new TrainingSettings { EarlyStoppingPatience = patience, EarlyStoppingThreshold = threshold, GreaterIsBetter = greater, MetricForBestModel = greater is null ? null : "score" }, []);
        var stopped = (int?)null;
        for (var i = 0; i < values.Length && stopped is null; i++)
        {
            seen.Observe(new(i + 1, new() { [greater is null ? "eval_loss" : "eval_score"] = values[i] }));
            stopped = seen.Enough ? i + 1 : null;
        }
        Assert.Equal((stops, best), (stopped, seen.Step));
    }

    [Fact]
    public async Task The_result_is_the_best_step_and_its_checkpoint_is_never_pruned()
    {
        var recipe = GettingWorse();
        var run = Tiny.Train(recipe, 1, Tiny.Store(_folder.Path, 1), heldOut: HeldOut, answer: false);
        var done = Assert.IsType<TrainOutcome.Completed>(run.Outcome);
        var losses = done.Log.Where(s => s.Values.ContainsKey("eval_loss")).ToDictionary(s => s.Step, s => s.Values["eval_loss"]);
        Assert.Equal(losses.MaxBy(x => x.Value).Key, done.ResultStep);
        Assert.InRange(done.ResultStep, 1, 11);
        Assert.All(done.Log.Where(s => s.Values.ContainsKey("eval_loss")), s => Assert.Equal(Math.Exp(s.Values["eval_loss"]), s.Values["eval_perplexity"]));
        Assert.Equal([12, done.ResultStep], (await Tiny.Store(_folder.Path, 1).ListAsync(default)).Select(c => c.Step));

        var file = Path.Combine(_folder.Path, "best.safetensors");
        await using (var stored = await BlobStores.Open(Path.Combine(_folder.Path, "blobs"), TimeProvider.System).OpenAsync(Core.Blobs.BlobKey.Parse($"runs/job/00000001/checkpoints/step-{done.ResultStep}/adapter_model.safetensors"), 0, null, null, default))
        await using (var copy = File.Create(file))
            await stored.CopyToAsync(copy);
        using var best = SafetensorsReader.Open(file);
        foreach (var (name, hash) in run.Weights)
            Assert.Equal(hash, Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(best.ReadFloats(best.Find(name)!)))));

        var again = Tiny.Train(recipe, 1, Tiny.Store(_folder.Path, 2), heldOut: HeldOut, answer: false);
        Assert.Equal((run.Log, done.ResultStep), (again.Log, ((TrainOutcome.Completed)again.Outcome).ResultStep));
        Assert.Equal(run.Weights, again.Weights);
    }

    [Fact]
    public void A_run_whose_measurements_get_worse_stops_early_and_says_so()
    {
        var recipe = GettingWorse();
        recipe = recipe with { Training = recipe.Training with { MaxSteps = 400, EarlyStoppingPatience = 2 } };
        var run = Tiny.Train(recipe, 1, Tiny.Store(_folder.Path, 1), heldOut: HeldOut, answer: false);
        var done = Assert.IsType<TrainOutcome.Completed>(run.Outcome);
        Assert.InRange(done.Step, 3, 399);
        Assert.Equal(done.Step - 2, done.ResultStep);
        Assert.Contains(run.Events.OfType<TrainEvent.Said>(), s => s.Text.StartsWith($"Stopped after step {done.Step}: eval_loss was not better", StringComparison.Ordinal));
        Assert.Single(run.Events.OfType<TrainEvent.Measured>(), m => m.Best && m.Step == done.ResultStep);
        var again = Tiny.Train(recipe, 1, Tiny.Store(_folder.Path, 2), heldOut: HeldOut, answer: false);
        Assert.Equal((done.Step, 0), (again.Outcome.Step, again.Events.OfType<TrainEvent.StepDone>().Count()));
        Assert.Equal(run.Weights, again.Weights);
    }

    [Fact]
    public void A_metric_that_is_not_measured_is_refused_with_those_that_are()
    {
        var recipe = GettingWorse();
        recipe = recipe with { Training = recipe.Training with { MetricForBestModel = "bleu" } };
        var error = Assert.Throws<TemperException>(() => Tiny.Train(recipe, 1, Tiny.Store(_folder.Path, 1), heldOut: HeldOut, answer: false));
        Assert.Equal("metric_unknown", error.Code);
        Assert.Contains("eval_loss, eval_perplexity, eval_token_accuracy", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_time_that_is_left_follows_the_last_steps()
    {
        var clock = new Hand();
        var left = new TimeLeft(clock, 100);
        for (var step = 1; step <= 50; step++)
        {
            clock.Now += step <= 10 ? 100 : 2;
            if (step == 10)
                Assert.Equal(TimeSpan.FromSeconds(9000), left.After(10));
            else if (step == 50)
                Assert.Equal(TimeSpan.FromSeconds(100), left.After(50));
            else
                left.After(step);
        }
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Its hand is moved by seconds.</summary>
    private sealed class Hand : TimeProvider
    {
        public long Now { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Now;
    }

    private static TrainExample[] HeldOut => Tiny.Examples(28)[24..];

    /// <summary>What is measured only gets worse: the loss falls, and a large one is what is wanted.</summary>
    private static Recipe GettingWorse()
    {
        var recipe = Tiny.Recipe("data: {max_length: 64, validation: 0.1}\nlora: {r: 4}\ntraining: {learning_rate: 2e-2, max_steps: 12, lr_scheduler_type: constant, eval_strategy: steps, eval_steps: 1, save_strategy: steps, save_steps: 4, save_total_limit: 1}");
        return recipe with { Training = recipe.Training with { LoadBestModelAtEnd = true, GreaterIsBetter = true } };
    }
}
