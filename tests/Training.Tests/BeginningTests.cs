using System.Threading.Channels;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Models;
using Temper.Tensors;
using Temper.Testing;
using Temper.Training.Checkpoints;
using Temper.Training.Objectives;
using Temper.Training.Planning;

namespace Temper.Training.Tests;

/// <summary>Where a run begins, and what an epoch leaves out.</summary>
public sealed class BeginningTests : IDisposable
{
    private const string Settings = "data: {max_length: 64}\nlora: {r: 4, lora_dropout: 0.1}\ntraining: {learning_rate: 1e-2, max_steps: MOST, per_device_train_batch_size: 4, lr_scheduler_type: constant_with_warmup, warmup_steps: 2, save_strategy: steps, save_steps: 1, save_total_limit: 20}";
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_job_that_shall_begin_again_takes_nothing_from_its_earlier_attempt()
    {
        var recipe = Tiny.Recipe(Of(6) + "\nresume_from_checkpoint: false");
        var straight = Tiny.Train(recipe, 1, Tiny.Store(_folder.Path, 1), answer: false);
        using var copy = new TempFolder();
        LeftBehind.KeepUpTo(4, _folder.Path, copy.Path);
        var store = Tiny.Store(copy.Path, 2);
        var again = Tiny.Train(recipe, 1, store, answer: false);
        Assert.Equal(straight.Weights, again.Weights);
        Assert.Equal(0, again.Events.OfType<TrainEvent.Planned>().Single().FirstStep);
        Assert.Contains(again.Events.OfType<TrainEvent.Said>(), said => said.Text.Contains("up to step 4 of earlier attempts are removed", StringComparison.Ordinal));
        Assert.All(await store.ListAsync(default), checkpoint => Assert.StartsWith(store.Under, checkpoint.Prefix, StringComparison.Ordinal));
    }

    [Fact]
    public void A_job_that_begins_with_the_checkpoint_of_another_ends_with_the_bits_of_one_that_trained_all_the_way()
    {
        var (whole, first) = (Tiny.Train(Tiny.Recipe(Of(8)), 1, answer: false), WorkId.New(WorkKind.Train, TimeProvider.System));
        Tiny.Train(Tiny.Recipe(Of(5)), 1, Tiny.Store(_folder.Path, 1, job: first.ToString()), answer: false);
        var begin = StartingPoint.Parse($"job:{first}/step-5")! with { Store = Tiny.Store(_folder.Path, 1, job: first.ToString()) };
        var other = Tiny.Train(Tiny.Recipe(Of(8)), 1, Tiny.Store(_folder.Path, 2, job: "other"), answer: false, from: begin);
        Assert.Equal(whole.Weights, other.Weights);
        Assert.Equal(new CheckpointPin(first, 5), Assert.IsType<TrainOutcome.Completed>(other.Outcome).From);

        using var copy = new TempFolder();
        LeftBehind.KeepUpTo(6, _folder.Path, copy.Path);
        var resumed = Tiny.Train(Tiny.Recipe(Of(8)), 1, Tiny.Store(copy.Path, 3, job: "other"), answer: false, from: begin with { Step = 3 });
        Assert.Equal(whole.Weights, resumed.Weights);
        Assert.Equal(new CheckpointPin(first, 5), Assert.IsType<TrainOutcome.Completed>(resumed.Outcome).From);
    }

    [Fact]
    public void A_lost_checkpoint_is_never_taken_from_the_other_job_above_the_step_that_was_begun_with()
    {
        var recipe = Tiny.Recipe(Of(5).Replace("lora: {r: 4, lora_dropout: 0.1}\n", "", StringComparison.Ordinal));
        var first = WorkId.New(WorkKind.Train, TimeProvider.System);
        var store = Tiny.Store(_folder.Path, 1, job: first.ToString());
        Tiny.Train(recipe, 1, store, answer: false);
        using var engine = CpuEngine.Create(1);
        using var model = Decoder.Create(engine, Tiny.Config, 11);
        var run = new TrainRun { Recipe = recipe, Objective = new CausalObjective(model, null, recipe), Train = Tiny.Examples(24), HeldOut = [], Checkpoints = Tiny.Store(_folder.Path, 2, job: "other"), From = new(first, 3, store), Identity = RunIdentity.None };
        var weights = new TrainedWeights(run.Objective);
        using var optimizer = weights.Optimizer(recipe);
        var checkpoints = new Checkpointing(run, weights, optimizer, Channel.CreateUnbounded<TrainEvent>().Writer, TimeProvider.System);
        Assert.Equal(3, checkpoints.Resume()!.Step);
        checkpoints.Take(2);
        Assert.Equal("checkpoint_corrupt", Assert.Throws<TemperException>(() => checkpoints.Take(5)).Code);
        Assert.Null(checkpoints.Return(4));
    }

    [Fact]
    public void What_does_not_fit_the_other_jobs_checkpoint_is_named()
    {
        var first = WorkId.New(WorkKind.Train, TimeProvider.System);
        var store = Tiny.Store(_folder.Path, 1, job: first.ToString());
        Tiny.Train(Tiny.Recipe(Of(3)), 1, store, answer: false);
        var begin = new StartingPoint(first, null, store);
        TemperException Refused(string recipe, StartingPoint start) => Assert.Throws<TemperException>(() => Tiny.Train(Tiny.Recipe(recipe), 1, Tiny.Store(_folder.Path, 2, job: "other"), answer: false, from: start));
        Assert.Contains("learning_rate", Refused(Of(6).Replace("1e-2", "1e-3", StringComparison.Ordinal), begin).Message, StringComparison.Ordinal);
        Assert.Contains("ends at step 3", Refused(Of(3), begin).Message, StringComparison.Ordinal);
        Assert.Equal("there are 1, 2, 3.", Refused(Of(6), begin with { Step = 9 }).Message.Split("; ")[1]);
    }

    [Theory]
    [InlineData("auto", null)]
    [InlineData("true", null)]
    [InlineData("false", "false")]
    public void Words_of_other_tools_mean_the_same(string written, string? means) => Assert.Equal(means, Tiny.Recipe($"resume_from_checkpoint: {written}").ResumeFromCheckpoint);

    [Theory]
    [InlineData(10, 4, 1, 2, 8)]
    [InlineData(9, 4, 2, 1, 8)]
    [InlineData(14, 4, 2, 2, 12)]
    [InlineData(16, 4, 2, 2, 16)]
    [InlineData(13, 4, 2, 2, 12)]
    public void A_micro_batch_that_is_not_full_is_left_out_of_every_epoch(int examples, int batch, int accumulation, int updates, int seen)
    {
        var recipe = Tiny.Recipe($"data: {{max_length: 64}}\ntraining: {{num_train_epochs: 2, per_device_train_batch_size: {batch}, gradient_accumulation_steps: {accumulation}, dataloader_drop_last: true}}");
        var batches = new Batches(Tiny.Examples(examples), recipe);
        Assert.Equal((updates, 2 * updates), (batches.Plan.UpdatesPerEpoch, batches.Plan.TotalSteps));
        for (var epoch = 0; epoch < 2; epoch++)
        {
            var micros = Enumerable.Range(epoch * updates, updates).SelectMany(step => batches.Update(step).MicroBatches).ToArray();
            Assert.All(micros, micro => Assert.Equal(batch, micro.Records.Count));
            Assert.Equal(seen, micros.SelectMany(micro => micro.Records).Distinct().Count());
        }
        Assert.Equal("zero_batches", Assert.Throws<TemperException>(() => new Batches(Tiny.Examples(3), recipe)).Code);
    }

    private static string Of(int steps) => Settings.Replace("MOST", $"{steps}", StringComparison.Ordinal);
}
