using Temper.Core.Ids;
using Temper.Core.Work;

namespace Temper.Registry.Tests;

/// <summary>What every doorbell promises: whoever waits for a kind is woken when something of the kind may be claimed. Rings may come twice.</summary>
public abstract class DoorbellContract
{
    protected static readonly CancellationToken None = CancellationToken.None;

    /// <summary>The bell, and what makes a row that can be claimed and rings for it.</summary>
    protected abstract Task<(IDoorbell Bell, Func<Task<WorkRing>> QueueAsync)> StartAsync();

    [Fact]
    public async Task Silence_ends_when_the_wait_is_over()
    {
        var (bell, _) = await StartAsync();
        Assert.Null(await bell.WaitAsync([WorkKind.Ingest], TimeSpan.FromSeconds(1), None));
    }

    [Fact]
    public async Task Whoever_waits_is_woken()
    {
        var (bell, queue) = await StartAsync();
        var waiting = bell.WaitAsync([WorkKind.Ingest, WorkKind.Train], TimeSpan.FromSeconds(30), None);
        var ring = await queue();
        Assert.Equal(ring.Id, (await waiting)?.Id);
        await bell.SettleAsync(ring, None);
    }

    [Fact]
    public async Task A_ring_that_came_before_the_wait_is_heard()
    {
        var (bell, queue) = await StartAsync();
        var ring = await queue();
        Assert.Equal(ring.Id, (await bell.WaitAsync([WorkKind.Ingest], TimeSpan.FromSeconds(30), None))?.Id);
        await bell.SettleAsync(ring, None);
    }

    [Fact]
    public async Task Settling_what_nobody_holds_is_no_error()
    {
        var (bell, _) = await StartAsync();
        await bell.SettleAsync(new(WorkId.New(WorkKind.Ingest, TimeProvider.System), WorkKind.Ingest, 3), None);
    }
}
