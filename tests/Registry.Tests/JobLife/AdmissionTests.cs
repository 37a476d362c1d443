using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Work;
using Temper.Testing;
using static Temper.Registry.Tests.Actors;

namespace Temper.Registry.Tests.JobLife;

/// <summary>Which job a worker gets, and which it does not.</summary>
public sealed class AdmissionTests
{
    private const long GiB = 1L << 30;

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task Higher_priorities_go_first_and_among_equals_the_oldest(string database)
    {
        using var folder = new TempFolder();
        await using var host = await (await RegistryHost.StartAsync(await RegistryHost.OptionsAsync(database, folder))).WithInputsAsync();
        var jobs = new List<WorkId>();
        foreach (var priority in new[] { 0, 5, 0, -3 })
            jobs.Add((await host.Client.Jobs.CreateAsync(new(Wire.ToElement(new { }), "base", "chats", ResourceName.Parse("bot")) { Priority = priority }, None)).Id);
        await host.Client.Jobs.PrioritiseAsync(jobs[3], 7, None);
        var order = new List<WorkId>();
        while (await host.ClaimAsync(WorkKind.Train) is { } claim)
            order.Add(claim.Id);
        Assert.Equal([jobs[3], jobs[1], jobs[0], jobs[2]], order);
        await Say.RefusedAsync("request_invalid", () => host.Client.Jobs.PrioritiseAsync(jobs[0], 101, None));
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_job_that_does_not_fit_waits_says_why_and_lets_smaller_ones_by(string database)
    {
        using var folder = new TempFolder();
        await using var host = await (await RegistryHost.StartAsync(await RegistryHost.OptionsAsync(database, folder))).WithInputsAsync();
        var large = await CreateAsync(host, (long)(9.1 * GiB));
        var small = await CreateAsync(host, GiB);
        var worker = new ClaimRequest("small-box", [WorkKind.Train], 30, 0) { FreeMemory = 8 * GiB };
        Assert.Equal((small, GiB), (await host.Client.Work.ClaimAsync(worker, None)) is { } claim ? (claim.Id, claim.Memory) : default);
        Assert.Null(await host.Client.Work.ClaimAsync(worker, None));
        Assert.Equal("needs 9.1 GiB, worker has 8.0 GiB", (await host.Client.Jobs.FindAsync(large, None))!.Waits);
        Assert.Null(await host.Client.Work.ClaimAsync(worker with { FreeMemory = 2 * GiB }, None));
        Assert.Equal("needs 9.1 GiB, worker has 8.0 GiB", (await host.Client.Jobs.FindAsync(large, None))!.Waits);
        Assert.Equal(large, (await host.Client.Work.ClaimAsync(worker with { FreeMemory = 16 * GiB }, None))!.Id);
        Assert.Null((await host.Client.Jobs.FindAsync(large, None))!.Waits);
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task No_more_jobs_run_at_once_than_the_registry_allows_however_many_workers_race(string database)
    {
        using var folder = new TempFolder();
        await using var host = await (await RegistryHost.StartAsync(await RegistryHost.OptionsAsync(database, folder) with { MostRunningJobs = 2 })).WithInputsAsync();
        for (var n = 0; n < 5; n++)
            await host.StartJobAsync();
        var claims = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => host.ClaimAsync(WorkKind.Train)));
        Assert.Equal(2, claims.Count(claim => claim is not null));
        var waiting = (await host.Client.Jobs.ListAsync(WorkKind.Train, null, None)).Items.Where(job => job.State == WorkState.Queued).ToList();
        Assert.Equal(3, waiting.Count);
        Assert.Equal("2 jobs run, and this registry allows no more at once", waiting[^1].Waits);
        var done = claims.First(claim => claim is not null)!;
        await host.Client.Work.FinishAsync(done.Id, new(done.Fence, WorkState.Cancelled, null, null), None);
        Assert.NotNull(await host.ClaimAsync(WorkKind.Train));
        Assert.Null(await host.ClaimAsync(WorkKind.Train));
    }

    [Fact]
    public async Task A_jobs_memory_is_at_least_what_its_base_weighs_and_four_times_that_for_full_fine_tuning()
    {
        await using var host = await (await RegistryHost.StartAsync()).WithInputsAsync();
        var weights = "weights".Length;
        Assert.Equal(4 * weights, (await host.StartJobAsync()).Memory);
        var lora = await host.Client.Jobs.CreateAsync(new(Wire.ToElement(new { lora = new { r = 4 } }), "base", "chats", ResourceName.Parse("bot")), None);
        Assert.Equal(weights, lora.Memory);
        // Three processes: weights and gradients in each, moments in one.
        var shared = await host.Client.Jobs.CreateAsync(new(Wire.ToElement(new { training = new { data_parallel_size = 3 } }), "base", "chats", ResourceName.Parse("bot")), None);
        Assert.Equal(8 * weights, shared.Memory);
    }

    [Fact]
    public async Task A_worker_with_too_little_memory_does_not_ask_without_end()
    {
        await using var host = await (await RegistryHost.StartAsync()).WithInputsAsync();
        await CreateAsync(host, 9 * GiB);
        var asked = 0;
        using var stop = new CancellationTokenSource();
        var loop = new WorkLoop(host.Client, new Core.Registry.RegistryDoorbell(host.Client), "small-box", TimeSpan.FromSeconds(30), TimeProvider.System)
        {
            FreeMemory = () =>
            {
                if (Interlocked.Increment(ref asked) == 1)
                    stop.CancelAfter(TimeSpan.FromSeconds(2));
                return GiB;
            },
        };
        await loop.RunAsync([WorkKind.Train], (_, _) => Task.CompletedTask, stop.Token);
        Assert.InRange(asked, 1, 5);
    }

    [Fact]
    public async Task The_ring_of_a_job_that_does_not_fit_is_left_for_a_larger_worker_and_the_job_says_why()
    {
        await using var host = await (await RegistryHost.StartAsync()).WithInputsAsync();
        var large = await CreateAsync(host, 9 * GiB);
        var bell = new KeptRing(new(large, WorkKind.Train, 0));
        await Drain(GiB).DrainAsync([WorkKind.Train], (_, _) => Task.CompletedTask, TimeSpan.FromSeconds(1), None);
        Assert.False(bell.Settled);
        Assert.StartsWith("needs 9.0 GiB", (await host.Client.Jobs.FindAsync(large, None))!.Waits, StringComparison.Ordinal);
        await Drain(16 * GiB).DrainAsync([WorkKind.Train], (claim, ct) => host.Client.Work.FinishAsync(claim.Id, new(claim.Fence, WorkState.Failed, null, [new("internal", "not today")]), ct), TimeSpan.FromSeconds(1), None);
        Assert.True(bell.Settled);

        WorkLoop Drain(long memory) => new(host.Client, bell, "box", TimeSpan.FromSeconds(30), TimeProvider.System) { FreeMemory = () => memory };
    }

    /// <summary>A queue with one message, which comes again until it is settled.</summary>
    private sealed class KeptRing(WorkRing ring) : IDoorbell
    {
        public bool Settled { get; private set; }

        public Task RingAsync(WorkRing rung, CancellationToken ct) => Task.CompletedTask;

        public Task<WorkRing?> WaitAsync(IReadOnlyList<WorkKind> kinds, TimeSpan atMost, CancellationToken ct) => Task.FromResult<WorkRing?>(Settled ? null : ring);

        public Task SettleAsync(WorkRing settled, CancellationToken ct)
        {
            Settled = true;
            return Task.CompletedTask;
        }
    }

    private static async Task<WorkId> CreateAsync(RegistryHost host, long memory) =>
        (await host.Client.Jobs.CreateAsync(new(Wire.ToElement(new { }), "base", "chats", ResourceName.Parse("bot")) { Memory = memory }, None)).Id;
}
