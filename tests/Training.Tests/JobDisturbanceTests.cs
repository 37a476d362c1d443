using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Testing;
using Temper.Training.Checkpoints;
using Temper.Training.Jobs;

namespace Temper.Training.Tests;

/// <summary>Jobs that are paused, handed back, left alone and stalled, against a registry.</summary>
public sealed class JobDisturbanceTests
{
    [Theory, InlineData("train.checkpoint_done", false), InlineData("train.checkpoint_file", true)]
    public async Task A_paused_job_goes_on_where_it_stood_and_ends_with_the_same_bits_also_when_its_worker_dies_meanwhile(string stallAt, bool dies)
    {
        var recipe = JobTests.Lora.Replace("max_steps: 8", "max_steps: 400", StringComparison.Ordinal).Replace("save_steps: 2", "save_steps: 80", StringComparison.Ordinal);
        await using var live = await LiveRegistry.StartAsync();
        Assert.Equal(WorkState.Completed, (await live.WorkUntilEndedAsync((await live.SubmitAsync(recipe)).Id, live.Options())).State);
        var id = (await live.SubmitAsync(recipe)).Id;
        using var stop = new CancellationTokenSource();
        var working = new JobSupervisor(live.Options(dieAt: "stall@" + stallAt, lease: TimeSpan.FromSeconds(60)), live.Client, new RegistryDoorbell(live.Client), live.Log, TimeProvider.System).RunAsync(stop.Token);
        var child = await live.StalledAsync(Environment.ProcessId);
        await live.Client.Jobs.PauseAsync(id, default);
        if (dies)
            ProcessTree.Kill(child);
        else
            await LiveRegistry.GoOnAsync(child);
        var paused = await live.UntilAsync(id, j => j.State == WorkState.Paused);
        Assert.InRange(paused.Step, dies ? 0 : 80, 399);
        Assert.Equal(dies ? 1 : 0, paused.Tries.Count);
        await live.Client.Jobs.ResumeAsync(id, default);
        var ended = await live.UntilAsync(id, j => j.Ended);
        await stop.CancelAsync();
        await working;
        Assert.Equal((WorkState.Completed, 2, 400), (ended.State, ended.Attempt, ended.Step));
        Assert.Equal(await live.FileOfAsync(1, "adapter_model.safetensors"), await live.FileOfAsync(2, "adapter_model.safetensors"));
    }

    [Theory, InlineData(1), InlineData(-1)]
    public async Task A_clock_of_the_registry_that_jumps_by_hours_costs_no_bit_and_publishes_nothing_twice(int direction)
    {
        var clock = new JumpingClock();
        await using var live = await LiveRegistry.StartAsync(clock);
        Assert.Equal(WorkState.Completed, (await live.WorkUntilEndedAsync((await live.SubmitAsync(JobTests.Lora)).Id, live.Options())).State);
        using var trainer = live.StartTrainer(leaseSeconds: 8, stallAt: "train.checkpoint_done");
        try
        {
            var id = (await live.SubmitAsync(JobTests.Lora)).Id;
            var process = await live.StalledAsync(trainer.Id);
            clock.Offset = direction * TimeSpan.FromHours(3);
            await LiveRegistry.GoOnAsync(process);
            var ended = await live.UntilAsync(id, j => j.Ended);
            Assert.True(ended.State == WorkState.Completed, $"{ended} {string.Join(';', ended.Errors)}");
            Assert.Equal(2, (await live.Client.Models.VersionsAsync(ResourceName.Parse("bot"), default))!.Items.Count);
            Assert.Equal(await live.FileOfAsync(1, "adapter_model.safetensors"), await live.FileOfAsync(2, "adapter_model.safetensors"));
        }
        finally
        {
            trainer.Kill(entireProcessTree: true);
        }
    }

    [Fact]
    public async Task Trainers_that_compete_end_each_job_once_though_some_of_them_are_killed()
    {
        const int Jobs = 3;
        var recipe = JobTests.Lora.Replace("max_steps: 8", "max_steps: 60", StringComparison.Ordinal);
        await using var live = await LiveRegistry.StartAsync();
        var ids = new List<WorkId>();
        for (var n = 0; n < Jobs; n++)
            ids.Add((await live.SubmitAsync(recipe)).Id);
        // A job that stands still sends no heartbeats: its lease has to last until the slowest trainer has claimed one of its own.
        System.Diagnostics.Process[] trainers = [.. Enumerable.Range(0, Jobs).Select(_ => live.StartTrainer(leaseSeconds: 45, stallAt: "train.checkpoint_done:3"))];
        try
        {
            // Each stands in the middle of a job. Two of the three die there; whoever is left does what they did not.
            var children = await Task.WhenAll(trainers.Select(trainer => live.StalledAsync(trainer.Id)));
            foreach (var dying in trainers[..2])
                dying.Kill();
            ProcessTree.Signal("CONT", children);
            foreach (var id in ids)
                Assert.Equal("Completed", (await live.UntilAsync(id, job => job.Ended)) is var ended && ended.State == WorkState.Completed ? "Completed" : $"{ended} {string.Join(';', ended.Errors)} {string.Join(';', ended.Tries)}");
        }
        finally
        {
            foreach (var trainer in trainers)
            {
                trainer.Kill(entireProcessTree: true);
                trainer.Dispose();
            }
        }
        var versions = (await live.Client.Models.VersionsAsync(ResourceName.Parse("bot"), default))!.Items;
        Assert.Equal(ids.Select(id => id.ToString()).Order(StringComparer.Ordinal), versions.Select(version => version.Lineage!.Job.ToString()).Order(StringComparer.Ordinal));
        var bits = await live.FileOfAsync(1, "adapter_model.safetensors");
        for (var version = 2; version <= Jobs; version++)
            Assert.Equal(bits, await live.FileOfAsync(version, "adapter_model.safetensors"));
    }

    [Fact]
    public async Task A_supervisor_that_is_stopped_hands_the_job_back_with_a_checkpoint()
    {
        await using var live = await LiveRegistry.StartAsync();
        var id = (await live.SubmitAsync(JobTests.Endless)).Id;
        using var stop = new CancellationTokenSource();
        var working = new JobSupervisor(live.Options(), live.Client, new RegistryDoorbell(live.Client), live.Log, TimeProvider.System).RunAsync(stop.Token);
        var running = await live.UntilAsync(id, j => j.Step > 3);
        await stop.CancelAsync();
        await working.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(WorkState.Queued, (await live.Client.Jobs.FindAsync(id, default))!.State);
        var saved = Assert.Single(await new CheckpointStore(live.Blobs, $"runs/{id}/9", $"runs/{id}/", live.Cache).ListAsync(default));
        Assert.True(saved.Step >= running.Step);
    }

    [Fact]
    public async Task A_supervisor_that_is_killed_leaves_no_child_and_the_next_one_finishes_the_job()
    {
        await using var live = await LiveRegistry.StartAsync();
        var recipe = JobTests.Endless.Replace("max_steps: 1000000", "max_steps: 400", StringComparison.Ordinal).Replace("100000", "50", StringComparison.Ordinal);
        var id = (await live.SubmitAsync(recipe)).Id;
        using var trainer = live.StartTrainer(leaseSeconds: 3, stallAt: "train.checkpoint_done");
        var child = await live.StalledAsync(trainer.Id);
        trainer.Kill();
        await trainer.WaitForExitAsync();
        ProcessTree.Signal("CONT", child);
        await ProcessTree.GoneAsync(child);
        var job = await live.WorkUntilEndedAsync(id, live.Options());
        Assert.Equal((WorkState.Completed, 2, 400), (job.State, job.Attempt, job.Step));
        Assert.Single((await live.Client.Models.VersionsAsync(ResourceName.Parse("bot"), default))!.Items);
    }

    [Fact]
    public async Task A_job_that_was_stalled_past_its_lease_publishes_nothing_when_it_wakes()
    {
        await using var live = await LiveRegistry.StartAsync();
        var id = (await live.SubmitAsync(JobTests.Endless.Replace("max_steps: 1000000", "max_steps: 100", StringComparison.Ordinal).Replace("100000", "30", StringComparison.Ordinal))).Id;
        using var trainer = live.StartTrainer(leaseSeconds: 2, stallAt: "train.checkpoint_done:2");
        var child = await live.StalledAsync(trainer.Id);
        var job = await live.WorkUntilEndedAsync(id, live.Options());
        ProcessTree.Signal("CONT", child);
        await ProcessTree.GoneAsync(child);
        trainer.Kill(entireProcessTree: true);
        Assert.Equal((WorkState.Completed, 2), (job.State, job.Attempt));
        Assert.Single((await live.Client.Models.VersionsAsync(ResourceName.Parse("bot"), default))!.Items);
    }

    private sealed class JumpingClock : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Offset;
    }
}
