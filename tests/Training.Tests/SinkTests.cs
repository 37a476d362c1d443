using System.Net;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Storage.Blobs;
using Temper.Testing;
using Temper.Training.Checkpoints;

namespace Temper.Training.Tests;

/// <summary>A store or a registry that fails while a run tells it something does not end the run, and changes no bit of it.</summary>
public sealed class SinkTests : IDisposable
{
    private const string Settings = "data: {max_length: 64, validation: 0.1}\nlora: {r: 2, lora_dropout: 0.1}\ntraining: {learning_rate: 1e-2, max_steps: 8, eval_strategy: steps, eval_steps: 1, save_strategy: steps, save_steps: 1, save_total_limit: 20";
    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData("storage_unavailable")]
    [InlineData("disk_full")]
    public async Task A_store_that_fails_does_not_end_the_run_which_goes_on_from_the_checkpoints_that_were_saved(string code)
    {
        var recipe = Tiny.Recipe(Settings + "}");
        var straight = Train(recipe, Tiny.Store(_folder.Of("straight"), 1));
        var disturbed = Train(recipe, Store(key => IsOf(key, 3, 4, 5, 8) ? new TemperException(code, "The store is away.") : null));
        Assert.IsType<TrainOutcome.Completed>(disturbed.Outcome);
        Assert.Equal((straight.Log, straight.Weights.Count), (disturbed.Log, disturbed.Weights.Count));
        Assert.Equal(straight.Weights, disturbed.Weights);
        foreach (var step in new[] { 3, 4, 5, 8 })
            Assert.Contains(disturbed.Events.OfType<TrainEvent.Said>(), said => said.Text == $"The checkpoint of step {step} could not be saved: The store is away. The run goes on without it.");
        Assert.Equal([7, 6, 2, 1], (await Tiny.Store(_folder.Path, 9).ListAsync(default)).Select(c => c.Step));
        var resumed = Train(recipe, Tiny.Store(_folder.Path, 2));
        Assert.Equal((7, straight.Log), (resumed.Events.OfType<TrainEvent.Planned>().Single().FirstStep, resumed.Log));
        Assert.Equal(straight.Weights, resumed.Weights);
    }

    [Fact]
    public void A_store_that_fails_once_is_tried_again()
    {
        var failed = 0;
        var run = Train(Tiny.Recipe(Settings + ", load_best_model_at_end: true}"), Store(key => IsOf(key, 2) && failed++ < 2 ? new IOException("no route to the store") : null));
        Assert.Equal(2, run.Events.OfType<TrainEvent.Said>().Count(said => said.Text.EndsWith("no route to the store It is tried again.", StringComparison.Ordinal)));
        Assert.Contains(run.Events, e => e is TrainEvent.Saved { Step: 2 });
    }

    [Fact]
    public async Task A_slow_store_changes_no_bit_and_every_checkpoint_is_whole()
    {
        var recipe = Tiny.Recipe(Settings + "}");
        var straight = Train(recipe, Tiny.Store(_folder.Of("straight"), 1));
        var slow = Train(recipe, Store(_ =>
        {
            Thread.Sleep(60);
            return null;
        }));
        Assert.Equal(straight.Weights, slow.Weights);
        Assert.Equal(straight.Log, slow.Log);
        Assert.Equal(Enumerable.Range(1, 8), slow.Events.OfType<TrainEvent.Saved>().Select(saved => saved.Step));
        Assert.Equal([8, 7, 6, 5, 4, 3, 2, 1], (await Tiny.Store(_folder.Path, 9).ListAsync(default)).Select(c => c.Step));
    }

    [Fact]
    public async Task A_checkpoint_that_cannot_be_removed_costs_none_of_those_that_were_written_after_it()
    {
        var store = Store(_ => null, key => IsOf(key, 2) && key.ToString().EndsWith(".safetensors", StringComparison.Ordinal) ? new IOException("the store removes nothing") : null);
        var run = Train(Tiny.Recipe(Settings.Replace("save_total_limit: 20", "save_total_limit: 1", StringComparison.Ordinal) + "}"), store);
        Assert.IsType<TrainOutcome.Completed>(run.Outcome);
        Assert.Equal(Enumerable.Range(1, 8), run.Events.OfType<TrainEvent.Saved>().Select(saved => saved.Step));
        Assert.Equal("Older checkpoints could not be removed: the store removes nothing", Assert.Single(run.Events.OfType<TrainEvent.Said>()).Text);
        Assert.Equal([8], (await store.ListAsync(default)).Select(c => c.Step));
    }

    [Fact]
    public void A_run_that_stops_tries_hard_to_save_where_it_stands_and_says_so_when_it_cannot()
    {
        var recipe = Tiny.Recipe(Settings.Replace("save_steps: 1,", "save_steps: 2,", StringComparison.Ordinal) + "}");
        Trained Paused(int failures) => Tiny.Train(recipe, 1, Store(key => IsOf(key, 2) || (IsOf(key, 3) && failures-- > 0) ? new IOException("no route to the store") : null), new RunControl { PauseAt = 3 }, heldOut: Tiny.Examples(28)[24..], answer: false);
        var saved = Paused(1);
        Assert.Equal([3], saved.Events.OfType<TrainEvent.Saved>().Select(e => e.Step));
        Assert.Equal(3, saved.Outcome.Step);

        Directory.Delete(_folder.Of("blobs"), recursive: true);
        Assert.Equal("no route to the store", Assert.Throws<IOException>(() => Paused(int.MaxValue)).Message);
    }

    [Fact]
    public void A_checkpoint_of_another_process_with_the_same_fence_ends_the_run_at_once()
    {
        var error = Assert.Throws<TemperException>(() => Train(Tiny.Recipe(Settings + "}"), Store(key => IsOf(key, 2) ? new TemperException("lease_lost", "It was written by another process.") : null)));
        Assert.Equal("lease_lost", error.Code);
    }

    [Theory]
    [InlineData(400, int.MaxValue)]
    [InlineData(503, 3)]
    public async Task A_registry_that_takes_no_reports_does_not_end_the_training_that_they_tell_of(int status, int times)
    {
        const string Recipe = "lora: {r: 4, lora_dropout: 0.1}\ndata: {max_length: 128}\ntraining: {learning_rate: 0.01, max_steps: 8, per_device_train_batch_size: 4}";
        await using var live = await LiveRegistry.StartAsync();
        var whole = await live.WorkUntilEndedAsync((await live.SubmitAsync(Recipe)).Id, live.Options());
        var refused = 0;
        live.Refuses = request => request.Path.Value!.EndsWith("/report", StringComparison.Ordinal) && Interlocked.Increment(ref refused) <= times ? status : null;
        var deaf = await live.WorkUntilEndedAsync((await live.SubmitAsync(Recipe)).Id, live.Options());
        Assert.Equal((WorkState.Completed, 1), (whole.State, whole.Attempt));
        Assert.True(deaf is { State: WorkState.Completed, Attempt: 1, Progress: 1 } && refused > 0, $"{deaf}\n{live.Log}");
        foreach (var file in (string[])["adapter_model.safetensors", "results.csv", "trainer_state.json"])
            Assert.Equal(await live.FileOfAsync(1, file), await live.FileOfAsync(2, file));
        if (status == (int)HttpStatusCode.BadRequest)
            Assert.Contains("a report was refused", live.Log.ToString(), StringComparison.Ordinal);
        else
            Assert.Equal(8, (await live.Client.Jobs.MetricsAsync(deaf.Id, 0, default)).Items.Count);
    }

    public void Dispose() => _folder.Dispose();

    private static Trained Train(Recipes.Recipe recipe, CheckpointStore store) => Tiny.Train(recipe, 1, store, heldOut: Tiny.Examples(28)[24..], answer: false);

    private static bool IsOf(BlobKey key, params int[] steps) => steps.Any(step => key.ToString().Contains($"/step-{step}/", StringComparison.Ordinal));

    private CheckpointStore Store(Func<BlobKey, Exception?> fault, Func<BlobKey, Exception?>? removing = null) =>
        new(new FailingBlobStore(BlobStores.Open(_folder.Of("blobs"), TimeProvider.System), fault, removing), "runs/job/00000001/checkpoints", "runs/job/", _folder.Of("scratch-1"));
}
