using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary>A registry and trainers as processes of their own over PostgreSQL and Azure Blob: who may run a job, and who may publish it.</summary>
[Trait("Needs", "postgresql")]
[Trait("Needs", "azurite")]
public sealed class ClusterTests(Cluster cluster) : IClassFixture<Cluster>
{
    [Fact]
    public async Task Two_trainers_share_the_jobs_and_each_job_is_run_by_one()
    {
        List<WorkId> jobs = [];
        for (var i = 0; i < 5; i++)
            jobs.Add(await cluster.AskAsync("shared"));
        using var first = cluster.StartTrainer();
        using var second = cluster.StartTrainer();
        var seen = jobs.ToDictionary(job => job, _ => new HashSet<string>());
        await cluster.UntilAsync("all jobs completed", async () =>
        {
            var rows = await Task.WhenAll(jobs.Select(cluster.JobAsync));
            foreach (var row in rows.Where(row => row.Worker is not null))
                seen[row.Id].Add(row.Worker!);
            return rows.All(row => row.State == WorkState.Completed);
        });

        Assert.All(seen.Values, workers => Assert.Single(workers));
        Assert.Equal(new HashSet<string> { Worker(first), Worker(second) }, [.. seen.Values.SelectMany(workers => workers)]);
        Assert.All(await Task.WhenAll(jobs.Select(cluster.JobAsync)), job => Assert.Equal(1, job.Attempt));
        var versions = await cluster.VersionsAsync("shared");
        Assert.Equal(jobs.Count, versions.Count);
        Assert.Equal(jobs.ToHashSet(), [.. versions.Select(v => v.Lineage!.Job)]);
        Assert.Single(versions.Select(Weights).Distinct());
        foreach (var job in jobs)
            Assert.Equal([1L], await FencesAsync(job));
    }

    [Theory]
    [InlineData("train.checkpoint_done:3")]
    [InlineData("train.result_verified")]
    public Task A_trainer_that_stalls_past_its_lease_cannot_publish_when_it_wakes(string step) => StalledAsync(step);

    [Theory, Trait("Tier", "Slow")]
    [InlineData("train.result_file:2")]
    public Task Nor_can_one_that_stalls_while_it_writes_its_result(string step) => StalledAsync(step);

    private async Task StalledAsync(string step)
    {
        var output = step[6..].Replace(':', '-').Replace('_', '-');
        var job = await cluster.AskAsync(output);
        using var sleeper = cluster.StartTrainer(leaseSeconds: 3, stallAt: step);
        int[] asleep = [];
        await cluster.UntilAsync($"the job's process stalled at {step}", () => Task.FromResult((asleep = [.. ProcessTree.Children(sleeper.Id).Where(ProcessTree.IsStopped)]).Length == 1));
        ProcessTree.Signal("STOP", sleeper.Id);
        Assert.Equal([1L], await FencesAsync(job));
        using var rescuer = cluster.StartTrainer();
        await cluster.UntilAsync("the other trainer completed the job", async () => (await cluster.JobAsync(job)).State == WorkState.Completed);
        var published = await cluster.VersionsAsync(output);

        ProcessTree.Signal("CONT", [sleeper.Id, .. asleep]);
        await cluster.UntilAsync("the sleeper gave up", () => Task.FromResult(!asleep.Any(ProcessTree.IsAlive)));

        var version = Assert.Single(await cluster.VersionsAsync(output));
        Assert.Equal(Weights(Assert.Single(published)), Weights(version));
        Assert.Equal(await UndisturbedAsync(), Weights(version));
        Assert.Equal(2, (await cluster.JobAsync(job)).Attempt);
        Assert.Equal(TinyWorld.Steps, (await cluster.Client.Jobs.MetricsAsync(job, 0, default)).Items.Count);
        await AssertServedFromAsync(job, fence: 2, version);
        await AssertRefusedAsync(job, fence: 1);
    }

    /// <summary>Weights of the same recipe when nobody stalls; trained once.</summary>
    private async Task<string> UndisturbedAsync()
    {
        if ((await cluster.VersionsAsync("undisturbed")) is [var known])
            return Weights(known);
        var job = await cluster.AskAsync("undisturbed");
        using var trainer = cluster.StartTrainer();
        await cluster.UntilAsync("the undisturbed job completed", async () => (await cluster.JobAsync(job)).State == WorkState.Completed);
        return Weights(Assert.Single(await cluster.VersionsAsync("undisturbed")));
    }

    /// <summary>What the registry gives out is what the winner wrote, all of it, and nothing of the loser's.</summary>
    private async Task AssertServedFromAsync(WorkId job, long fence, ModelVersionInfo version)
    {
        foreach (var file in version.Pin.Files)
        {
            await using var served = await cluster.Client.Models.OpenFileAsync(version.Pin.Name, version.Pin.Version, file.Path, 0, default);
            await using var written = await cluster.Blobs.OpenAsync(BlobLayout.Run(job, fence, $"result/{file.Path}"), 0, null, null, default);
            Assert.Equal(await Digest.OfAsync(written, default), await Digest.OfAsync(served, default));
        }
    }

    /// <summary>Whatever a zombie says with its old fence, nothing happens.</summary>
    private async Task AssertRefusedAsync(WorkId job, long fence)
    {
        var before = await cluster.JobAsync(job);
        var report = new WorkReport(fence, 1, 1, [new(1, new() { ["loss"] = 99 })], [new("info", "a zombie speaks")]);
        Assert.Equal("lease_lost", (await Assert.ThrowsAsync<TemperException>(() => cluster.Client.Work.ReportAsync(job, report, default))).Code);
        Assert.Equal("lease_lost", (await Assert.ThrowsAsync<TemperException>(() => cluster.Client.Work.HeartbeatAsync(job, new(fence, 0.5, "train"), default))).Code);
        Assert.Equal("lease_lost", (await Assert.ThrowsAsync<TemperException>(() => cluster.Client.Work.FinishAsync(job, new(fence, WorkState.Failed, null, null), default))).Code);
        var after = await cluster.JobAsync(job);
        Assert.Equal((before.State, before.Step, before.Outcome), (after.State, after.Step, after.Outcome));
        Assert.DoesNotContain((await cluster.Client.Jobs.LogAsync(job, 0, default)).Items, line => line.Text.Contains("zombie", StringComparison.Ordinal));
    }

    private async Task<List<long>> FencesAsync(WorkId job)
    {
        var fences = new SortedSet<long>();
        await foreach (var blob in cluster.Blobs.ListAsync(BlobLayout.Runs(job), default))
            fences.Add(long.Parse(blob.Key.ToString().Split('/')[2], System.Globalization.CultureInfo.InvariantCulture));
        return [.. fences];
    }

    private static string Worker(ClusterProcess trainer) => $"{Environment.MachineName}/{trainer.Id}/train";

    private static string Weights(ModelVersionInfo version) => version.Pin.Files.Single(f => f.Path == "adapter_model.safetensors").Sha256.Hex;
}
