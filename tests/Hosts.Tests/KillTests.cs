using Temper.Core.Datasets;
using Temper.Core.Registry;
using Temper.Core.Work;

namespace Temper.Hosts.Tests;

/// <summary><c>kill -9</c> at named durable steps and at random moments of upload, ingestion, training and publication loses nothing.</summary>
public sealed class KillTests : IClassFixture<KillTests.Undisturbed>
{
    private readonly WorldState _expected;

    public KillTests(Undisturbed undisturbed) => _expected = undisturbed.State;

    [Theory]
    [InlineData("upload.part_stored")]
    [InlineData("ingest.shard_written")]
    [InlineData("train.checkpoint_done:3")]
    [InlineData("train.result_verified")]
    [InlineData("publish.committed:3")]
    public Task Killed_at_a_durable_step_the_next_start_ends_in_the_same_bits(string step) => KilledAsync(step);

    [Theory, Trait("Tier", "Slow")]
    [InlineData("upload.completed")]
    [InlineData("ingest.dedup_written")]
    [InlineData("ingest.quarantine_written")]
    [InlineData("ingest.lineage_written")]
    [InlineData("ingest.lines_kept")]
    [InlineData("ingest.finished")]
    [InlineData("train.checkpoint_file:2")]
    [InlineData("train.result_written")]
    [InlineData("ingest.slice_written")]
    [InlineData("ingest.manifest_written")]
    [InlineData("ingest.sealed")]
    [InlineData("train.result_file")]
    [InlineData("publish.pack_written:2")]
    [InlineData("publish.committed:2")]
    public Task Killed_at_any_other_durable_step_the_next_start_ends_in_the_same_bits(string step) => KilledAsync(step);

    private async Task KilledAsync(string step)
    {
        using var world = new TinyWorld();
        using (var doomed = await TemperProcess.UpAsync(world.Home(), 0, ("TEMPER_CRASH_AT", step)))
        {
            await StoryAsync(world, doomed);
            if (!step.StartsWith("train.", StringComparison.Ordinal))
                Assert.NotEqual(0, await doomed.ExitAsync(TimeSpan.FromMinutes(2)));
        }
        var jobs = await AssertWholeAsync(world);
        Assert.True(!step.StartsWith("train.", StringComparison.Ordinal) || jobs.Any(job => job is { Kind: WorkKind.Train, Attempt: > 1 }), $"nobody died at {step}");
    }

    [Fact]
    public async Task Killed_at_random_moments_the_next_start_ends_in_the_same_bits()
    {
        var kills = int.TryParse(Environment.GetEnvironmentVariable("TEMPER_KILLS"), out var asked) ? asked : 4;
        using var world = new TinyWorld();
        for (var kill = 0; kill < kills; kill++)
        {
            using var server = await TemperProcess.UpAsync(world.Home());
            var story = StoryAsync(world, server);
            await Task.Delay(200 + kill * 733 % 2900);
            server.Kill();
            await story;
        }
        await AssertWholeAsync(world);
    }

    /// <summary>What a user does, again after every interruption; what cannot be done because the server is gone is done next time.</summary>
    private static async Task StoryAsync(TinyWorld world, TemperProcess server)
    {
        if (await BeginAsync(world, server))
            await Task.WhenAny(UntilIdleAsync(server), server.ExitAsync(TimeSpan.FromMinutes(3)));
    }

    private static async Task<bool> BeginAsync(TinyWorld world, TemperProcess server)
    {
        await TemperProcess.RunAsync(["import", world.Base, "--name", "base", "--server", server.Address.AbsoluteUri]);
        var (bound, _, _) = await world.TrainAsync(server.Address, "--on", "chats");
        var (uploaded, _, _) = await world.UploadAsync(server.Address);
        return bound == 0 && uploaded == 0;
    }

    private static async Task UntilIdleAsync(TemperProcess server)
    {
        using var client = server.Client(TimeSpan.Zero);
        try
        {
            await TinyWorld.SettleAsync(client, jobs => jobs.Any(j => j.Kind == WorkKind.Train) || jobs.Any(j => j.TotalSteps > TinyWorld.Steps));
        }
        catch (Core.Errors.TemperException)
        {
            // The server is gone, as it was meant to be.
        }
    }

    private async Task<IReadOnlyList<JobInfo>> AssertWholeAsync(TinyWorld world)
    {
        using var server = await TemperProcess.UpAsync(world.Home());
        using var client = server.Client();
        await world.ImportBaseAsync(server.Address);
        Assert.Equal(0, (await world.TrainAsync(server.Address, "--on", "chats")).Exit);
        Assert.Equal(0, (await world.UploadAsync(server.Address)).Exit);
        var jobs = await TinyWorld.SettleAsync(client, all => all.Any(j => j.Kind == WorkKind.Train));
        var state = await TinyWorld.StateAsync(client);
        Assert.Equal(_expected with { ModelVersions = state.ModelVersions }, state);
        Assert.Equal(new Ledger(TinyWorld.Accepted + TinyWorld.Bad + TinyWorld.Twice, TinyWorld.Accepted, TinyWorld.Bad, TinyWorld.Twice, 0), state.Ledger);
        Assert.All(jobs, job => Assert.Equal(WorkState.Completed, job.State));
        Assert.Equal(jobs.Count(j => j.Kind == WorkKind.Train), state.ModelVersions);
        Assert.Equal(0, (await TemperProcess.RunAsync(["chat", "bot", "what is number 1", "--server", server.Address.AbsoluteUri, "--max-tokens", "4"])).Exit);
        return jobs;
    }

    /// <summary>One run that nobody disturbs.</summary>
    public sealed class Undisturbed : IAsyncLifetime
    {
        internal WorldState State { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            using var world = new TinyWorld();
            using var server = await TemperProcess.UpAsync(world.Home());
            using var client = server.Client();
            await StoryAsync(world, server);
            await TinyWorld.SettleAsync(client, jobs => jobs.Any(j => j.Kind == WorkKind.Train));
            State = await TinyWorld.StateAsync(client);
            Assert.Equal(1, State.ModelVersions);
        }

        public Task DisposeAsync() => Task.CompletedTask;
    }
}
