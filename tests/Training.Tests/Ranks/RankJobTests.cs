using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Plugins;
using Temper.Core.Work;
using Temper.Testing;

namespace Temper.Training.Tests.Ranks;

/// <summary>Jobs that several processes share, against a registry, with processes that die.</summary>
public sealed class RankJobTests
{
    private const int Steps = 240;
    private const string Alone = "lora: {r: 4, lora_dropout: 0.1}\ndata: {max_length: 128, validation: 2}\ntraining: {learning_rate: 0.01, max_steps: 240, per_device_train_batch_size: 1, gradient_accumulation_steps: 4, eval_strategy: steps, eval_steps: 60, save_strategy: steps, save_steps: 40}";

    [Fact]
    public async Task A_job_of_two_processes_ends_with_the_bits_of_one_whoever_is_killed_and_whatever_is_asked_meanwhile()
    {
        await using var live = await LiveRegistry.StartAsync();
        var alone = await live.WorkUntilEndedAsync((await live.SubmitAsync(Alone)).Id, live.Options());
        Assert.Equal((WorkState.Completed, 1), (alone.State, alone.Attempt));
        using var trainer = live.StartTrainer(leaseSeconds: 60, stallAt: "train.checkpoint_done");
        try
        {
            await EndedAsync(live, trainer, 2, async (id, leader, follower) =>
            {
                ProcessTree.Kill(follower);
                ProcessTree.Signal("CONT", leader);
                var again = await live.UntilAsync(id, j => j.Tries.Count > 0);
                Assert.Equal("worker_process_lost", again.Tries[0].Code);
                Assert.Contains($"Worker process 1 of 2 ended; process {follower} ended with code 137. Its last lines: none", again.Tries[0].Message, StringComparison.Ordinal);
            });
            await EndedAsync(live, trainer, 3, (_, leader, _) => Task.Run(() => ProcessTree.Kill(leader)));
            await EndedAsync(live, trainer, 4, async (id, leader, _) =>
            {
                await live.Client.Jobs.PauseAsync(id, default);
                await LiveRegistry.GoOnAsync(leader);
                await live.UntilAsync(id, j => j.State == WorkState.Paused);
                await live.Client.Jobs.ResumeAsync(id, default);
            });
        }
        finally
        {
            trainer.Kill(entireProcessTree: true);
        }
    }

    [Fact, Trait("Tier", "Slow")]
    public async Task A_follower_that_is_stopped_costs_two_minutes_and_no_bit()
    {
        await using var live = await LiveRegistry.StartAsync();
        await live.WorkUntilEndedAsync((await live.SubmitAsync(Alone)).Id, live.Options());
        using var trainer = live.StartTrainer(leaseSeconds: 60, stallAt: "train.checkpoint_done");
        try
        {
            await EndedAsync(live, trainer, 2, async (id, leader, follower) =>
            {
                ProcessTree.Signal("STOP", follower);
                await LiveRegistry.GoOnAsync(leader);
                var again = await live.UntilAsync(id, j => j.Tries.Count > 0);
                Assert.Contains("Worker process 1 of 2 has said nothing for 120 seconds; it was ended.", again.Tries[0].Message, StringComparison.Ordinal);
            });
        }
        finally
        {
            trainer.Kill(entireProcessTree: true);
        }
    }

    /// <summary>A job of two that is disturbed once, while it stands still behind its first checkpoint, with what it must make all the same.</summary>
    private static async Task EndedAsync(LiveRegistry live, System.Diagnostics.Process trainer, int version, Func<WorkId, int, int, Task> disturb)
    {
        var id = (await live.SubmitAsync(Shared(2))).Id;
        var leader = await live.StalledAsync(trainer.Id);
        var follower = Assert.Single(ProcessTree.Children(leader));
        await disturb(id, leader, follower);
        await ProcessTree.GoneAsync(leader);
        await ProcessTree.GoneAsync(follower);
        var ended = await live.UntilAsync(id, j => j.Ended);
        Assert.True((ended.State, ended.Attempt, ended.Step) == (WorkState.Completed, 2, Steps), $"{ended} {string.Join(';', ended.Errors)} {string.Join(';', ended.Tries)}");
        Assert.Equal(await live.FileOfAsync(1, "adapter_model.safetensors"), await live.FileOfAsync(version, "adapter_model.safetensors"));
        Assert.Equal(JobTests.WithoutRates(await live.FileOfAsync(1, "metrics.jsonl")), JobTests.WithoutRates(await live.FileOfAsync(version, "metrics.jsonl")));
    }

    [Fact]
    public async Task Cancelling_ends_all_processes_of_a_job_soon()
    {
        await using var live = await LiveRegistry.StartAsync();
        var id = (await live.SubmitAsync(Shared(3).Replace("max_steps: 240", "max_steps: 100000000", StringComparison.Ordinal).Replace("save_steps: 40", "save_steps: 100000", StringComparison.Ordinal))).Id;
        using var trainer = live.StartTrainer(leaseSeconds: 6);
        try
        {
            await live.UntilAsync(id, j => j.Step > 1);
            var leader = Assert.Single(ProcessTree.Children(trainer.Id));
            var followers = ProcessTree.Children(leader);
            Assert.Equal(2, followers.Length);
            await live.Client.Jobs.CancelAsync(id, default);
            await live.UntilAsync(id, j => j.State == WorkState.Cancelled);
            foreach (var process in followers.Append(leader))
                await ProcessTree.GoneAsync(process);
        }
        finally
        {
            trainer.Kill(entireProcessTree: true);
        }
    }

    [Fact]
    public async Task A_plug_in_that_writes_to_standard_output_disturbs_no_job_of_several_processes()
    {
        using var plugins = new TempFolder();
        var folder = Directory.CreateDirectory(plugins.Of("talkative")).FullName;
        var own = typeof(TalkativePlugin).Assembly.Location;
        File.Copy(own, Path.Combine(folder, Path.GetFileName(own)));
        File.WriteAllBytes(Path.Combine(folder, PluginManifest.FileName), JsonSerializer.SerializeToUtf8Bytes(new PluginManifest("talkative", new(1, 0, 0), Path.GetFileName(own), typeof(TalkativePlugin).FullName!, new Dictionary<string, Version>()), Wire.Json));
        await using var live = await LiveRegistry.StartAsync();
        var options = live.Options();
        var job = await live.WorkUntilEndedAsync((await live.SubmitAsync(Shared(2).Replace("max_steps: 40", "max_steps: 2", StringComparison.Ordinal))).Id, options with { Arguments = [.. options.Arguments, $"--Plugins:Path={plugins.Path}"] });
        Assert.True(job is { State: WorkState.Completed, Attempt: 1 }, $"{job}\n{live.Log}");
        Assert.Contains(TalkativePlugin.Greeting, live.Log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void More_processes_than_micro_batches_are_refused_and_one_process_is_not_written()
    {
        var error = Assert.Throws<TemperException>(() => Tiny.Recipe("training: {data_parallel_size: 4, gradient_accumulation_steps: 3}"));
        Assert.Equal(("requires", "training.data_parallel_size"), (error.Code, error.Problems[0].Path));
        Assert.Contains("4 processes would share the micro-batches of a step, and a step has 3", error.Message, StringComparison.Ordinal);
        Assert.Equal(Tiny.Recipe("lora: {r: 4}").Digest(), Tiny.Recipe("lora: {r: 4}\ntraining: {data_parallel_size: 1}").Digest());
        Assert.Equal(2, Tiny.Recipe("training: {dp_replicate_size: 2, gradient_accumulation_steps: 2}").Training.DataParallelSize);
    }

    private static string Shared(int size) => Alone.Replace("gradient_accumulation_steps: 4", $"gradient_accumulation_steps: 4, data_parallel_size: {size}", StringComparison.Ordinal);
}
