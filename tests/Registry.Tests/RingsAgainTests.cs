using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Registry.Relays;
using Temper.Storage.Sql;
using Temper.Testing;
using static Temper.Registry.Tests.Actors;

namespace Temper.Registry.Tests;

/// <summary>Rows whose ring a queue lost or gave up.</summary>
public sealed class RingsAgainTests
{
    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_row_that_waited_for_an_hour_rings_again_and_one_ring_is_enough_for_all_of_its_kind(string database)
    {
        using var folder = new TempFolder();
        var (bell, clock) = (new Bell(), new ShiftedClock());
        var options = await RegistryHost.OptionsAsync(database, folder);
        WorkId first;
        // Of a registry that rings nobody.
        await using (var deaf = await RegistryHost.StartAsync(options))
        {
            first = (await deaf.UploadDatasetAsync("one", "{}")).Work!.Value;
            await deaf.UploadDatasetAsync("two", "{}");
        }
        await using var host = await RegistryHost.StartAsync(options, services => services.AddSingleton<IDoorbell>(bell).AddSingleton<TimeProvider>(clock));
        var again = host.Get<IEnumerable<IHostedService>>().OfType<RingsAgain>().Single();
        Assert.Equal(0, await again.SweepAsync(None));
        clock.Pass(TimeSpan.FromMinutes(61));
        Assert.Equal(1, await again.SweepAsync(None));
        // The round that the registry makes at its start may have rung, too.
        Assert.Equal([new WorkRing(first, WorkKind.Ingest, 0)], bell.Rung.Distinct());
    }

    [Fact]
    public async Task Neither_a_row_that_runs_nor_one_that_waits_for_more_memory_than_any_worker_has_rings_again()
    {
        using var folder = new TempFolder();
        var (bell, clock) = (new Bell(), new ShiftedClock());
        await using var host = await RegistryHost.StartAsync(RegistryHost.OnFiles(folder), services => services.AddSingleton<IDoorbell>(bell).AddSingleton<TimeProvider>(clock));
        await host.UploadDatasetAsync("one", "{}");
        var again = host.Get<IEnumerable<IHostedService>>().OfType<RingsAgain>().Single();
        clock.Pass(TimeSpan.FromMinutes(61));
        Assert.NotNull(await host.ClaimAsync(WorkKind.Ingest));
        Assert.Equal(0, await again.SweepAsync(None));
        await host.Get<Db>().ExecuteAsync("update work set state = 'queued', beat_ms = null, waits = 'needs 90.0 GiB, worker has 8.0 GiB'", null, None);
        Assert.Equal(0, await again.SweepAsync(None));
    }

    [Fact]
    public async Task A_bell_that_cannot_ring_does_not_end_the_registry()
    {
        using var folder = new TempFolder();
        var (bell, clock) = (new Bell { Fault = new InvalidOperationException("no bell") }, new ShiftedClock());
        await using var host = await RegistryHost.StartAsync(RegistryHost.OnFiles(folder), services => services.AddSingleton<IDoorbell>(bell).AddSingleton<TimeProvider>(clock));
        await host.UploadDatasetAsync("one", "{}");
        clock.Pass(TimeSpan.FromMinutes(61));
        Assert.Equal(0, await host.Get<IEnumerable<IHostedService>>().OfType<RingsAgain>().Single().SweepAsync(None));
    }

    private sealed class Bell : IDoorbell
    {
        public Exception? Fault { get; init; }

        public ConcurrentQueue<WorkRing> Rung { get; } = new();

        public Task RingAsync(WorkRing ring, CancellationToken ct)
        {
            Rung.Enqueue(ring);
            return Fault is null ? Task.CompletedTask : Task.FromException(Fault);
        }

        public Task<WorkRing?> WaitAsync(IReadOnlyList<WorkKind> kinds, TimeSpan atMost, CancellationToken ct) => Task.FromResult<WorkRing?>(null);

        public Task SettleAsync(WorkRing ring, CancellationToken ct) => Task.CompletedTask;
    }
}
