using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;

namespace Temper.Hosts.Tests;

/// <summary>
/// The server is killed right behind each arrow of a job's life; the next start leads the job where it was going, and once.
/// With TEMPER_JOB_KILLS all arrows, otherwise three of them.
/// </summary>
[Trait("Tier", "Slow")]
public sealed class JobArrowTests
{
    private static readonly string[] Few = ["work.pause_requested", "work.cancel_requested", "work.completed"];

    private static readonly string[] All =
        [.. Few, "work.queued", "work.running", "work.paused", "work.resumed", "work.cancelled", "work.failed", "publish.pack_written", "publish.committed"];

    [Fact]
    public async Task Killed_behind_any_arrow_a_job_still_ends_as_it_was_asked_to_and_once()
    {
        using var world = new TinyWorld(TinyWorld.Long);
        var whole = File.ReadAllText(world.Recipe);
        using (var first = await TemperProcess.UpAsync(world.Home()))
        {
            await world.ImportBaseAsync(first.Address);
            await world.SealAsync(first.Address);
            Assert.Equal(0, (await world.TrainAsync(first.Address, "--follow")).Exit);
        }
        var made = 1;
        foreach (var arrow in Environment.GetEnvironmentVariable("TEMPER_JOB_KILLS") is { Length: > 0 } ? All : Few)
        {
            File.WriteAllText(world.Recipe, arrow == "work.failed" ? whole.Replace("max_length: 64", "max_length: 8", StringComparison.Ordinal) : whole);
            using (var doomed = await TemperProcess.UpAsync(world.Home(), 0, ("TEMPER_CRASH_AT", arrow)))
            {
                await LiveAsync(world, doomed, arrow);
                Assert.True(await doomed.ExitAsync(TimeSpan.FromMinutes(2)) != 0, arrow);
            }
            using var server = await TemperProcess.UpAsync(world.Home());
            using var client = server.Client();
            var job = await EndAsync(client, arrow);
            var expected = arrow switch { "work.cancel_requested" or "work.cancelled" => WorkState.Cancelled, "work.failed" => WorkState.Failed, _ => WorkState.Completed };
            Assert.True(job.State == expected, $"{arrow}: {job}\n{server.Errors}");
            made += expected == WorkState.Completed ? 1 : 0;
            var versions = (await client.Models.VersionsAsync(ResourceName.Parse("bot"), default))!.Items;
            Assert.Equal((arrow, made), (arrow, versions.Count));
            Assert.Single(versions.Select(version => version.Pin.Files.Single(file => file.Path == "adapter_model.safetensors").Sha256).Distinct());
            Assert.Equal(made, versions.Select(version => version.Lineage!.Job).Distinct().Count());
        }
    }

    /// <summary>Leads a new job up to the arrow behind which the server dies.</summary>
    private static async Task LiveAsync(TinyWorld world, TemperProcess doomed, string arrow)
    {
        var (exit, output, _) = await world.TrainAsync(doomed.Address);
        if (exit != 0 || arrow is not ("work.pause_requested" or "work.paused" or "work.resumed" or "work.cancel_requested" or "work.cancelled"))
            return;
        using var client = doomed.Client(TimeSpan.Zero);
        var id = WorkId.Parse(JsonDocument.Parse(output).RootElement.GetProperty("id").GetString()!);
        try
        {
            await UntilAsync(client, id, job => job.Step > 0);
            if (arrow.StartsWith("work.cancel", StringComparison.Ordinal))
            {
                await client.Jobs.CancelAsync(id, default);
                return;
            }
            await client.Jobs.PauseAsync(id, default);
            await UntilAsync(client, id, job => job.State == WorkState.Paused);
            await client.Jobs.ResumeAsync(id, default);
        }
        catch (TemperException e) when (e.Kind is ErrorKind.Environment)
        {
            // The server died, as it was meant to.
        }
    }

    /// <summary>The newest job at its end; one that is paused is resumed, which only a job that was asked to pause needs.</summary>
    private static async Task<JobInfo> EndAsync(RegistryClient client, string arrow)
    {
        var id = (await client.Jobs.ListAsync(WorkKind.Train, null, default)).Items[0].Id;
        if (arrow is "work.pause_requested" or "work.paused")
        {
            await UntilAsync(client, id, job => job.State == WorkState.Paused);
            await client.Jobs.ResumeAsync(id, default);
        }
        return await UntilAsync(client, id, job => job.Ended);
    }

    private static async Task<JobInfo> UntilAsync(RegistryClient client, WorkId id, Func<JobInfo, bool> there)
    {
        for (var n = 0; n < 3000; n++)
        {
            var job = (await client.Jobs.FindAsync(id, default))!;
            if (there(job))
                return job;
            await Task.Delay(40);
        }
        throw new TimeoutException(JsonSerializer.Serialize(await client.Jobs.FindAsync(id, default)));
    }
}
