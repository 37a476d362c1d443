using Azure.Identity;
using Azure.Messaging.ServiceBus;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Plugins.ServiceBus;

namespace Temper.Cloud.Tests;

/// <summary>The doorbell over the SDK's classes, without a broker.</summary>
public sealed class DoorbellTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(200);

    [Fact]
    public async Task A_ring_is_held_until_its_work_has_ended_and_then_removed()
    {
        var bus = new FakeBus();
        await using var bell = new ServiceBusDoorbell(bus, TimeProvider.System);
        var ring = NewRing();
        await bell.RingAsync(ring, None);
        Assert.Equal(ring, await bell.WaitAsync([WorkKind.Train], Moment, None));
        Assert.Empty(bus.Settled);
        await bell.SettleAsync(ring, None);
        Assert.Equal([$"complete {ring.Id}.1"], bus.Settled);
    }

    [Fact]
    public async Task The_same_ring_twice_is_one_message()
    {
        var bus = new FakeBus();
        await using var bell = new ServiceBusDoorbell(bus, TimeProvider.System);
        var ring = NewRing();
        await bell.RingAsync(ring, None);
        await bell.RingAsync(ring, None);
        Assert.All(bus.Sent, message => Assert.Equal($"{ring.Id}.1", message.MessageId));
        Assert.NotNull(await bell.WaitAsync([WorkKind.Train], Moment, None));
        Assert.Null(await bell.WaitAsync([WorkKind.Train], Moment, None));
    }

    [Fact]
    public async Task What_is_no_ring_goes_to_the_dead_letters_with_a_reason()
    {
        var bus = new FakeBus();
        await using var bell = new ServiceBusDoorbell(bus, TimeProvider.System);
        bus.Put("x", "{ not json");
        bus.Put("y", System.Text.Encoding.UTF8.GetString(RingText.Write(NewRing() with { Kind = WorkKind.Ingest })));
        Assert.Null(await bell.WaitAsync([WorkKind.Train], Moment, None));
        Assert.Equal(["dead x malformed", "dead y malformed"], bus.Settled);
    }

    [Fact]
    public async Task A_lock_that_was_lost_is_no_error()
    {
        var bus = new FakeBus();
        await using var bell = new ServiceBusDoorbell(bus, TimeProvider.System);
        var ring = NewRing();
        await bell.RingAsync(ring, None);
        await bell.WaitAsync([WorkKind.Train], Moment, None);
        bus.Lost = new ServiceBusException("gone", ServiceBusFailureReason.MessageLockLost);
        await bell.SettleAsync(ring, None);
    }

    [Fact]
    public async Task A_lock_is_renewed_every_minute_until_the_work_has_ended_even_where_one_renewal_fails()
    {
        var (bus, clock) = (new FakeBus(), new StoppedClock());
        await using var bell = new ServiceBusDoorbell(bus, clock);
        var ring = NewRing();
        await bell.RingAsync(ring, None);
        await bell.WaitAsync([WorkKind.Train], Moment, None);
        bus.Fault = new AuthenticationFailedException("no token just now");
        clock.Advance(TimeSpan.FromSeconds(61));
        await UntilAsync(() => bus.Fault is null);
        clock.Advance(TimeSpan.FromSeconds(60));
        await UntilAsync(() => bus.Settled.Contains($"renew {ring.Id}.1"));
        await bell.SettleAsync(ring, None);
        Assert.Equal([$"renew {ring.Id}.1", $"complete {ring.Id}.1"], bus.Settled);
    }

    [Fact]
    public async Task A_renewal_that_failed_last_does_not_keep_a_ring_from_being_settled()
    {
        var (bus, clock) = (new FakeBus(), new StoppedClock());
        await using var bell = new ServiceBusDoorbell(bus, clock);
        var ring = NewRing();
        await bell.RingAsync(ring, None);
        await bell.WaitAsync([WorkKind.Train], Moment, None);
        bus.Fault = new TimeoutException("no answer");
        clock.Advance(TimeSpan.FromSeconds(61));
        await UntilAsync(() => bus.Fault is null);
        await bell.SettleAsync(ring, None);
        Assert.Equal([$"complete {ring.Id}.1"], bus.Settled);
    }

    [Fact]
    public async Task A_broker_that_does_not_answer_is_the_surroundings_and_the_next_call_connects_anew()
    {
        var bus = new FakeBus { Fault = new ServiceBusException("no answer", ServiceBusFailureReason.ServiceCommunicationProblem) };
        await using var bell = new ServiceBusDoorbell(bus, TimeProvider.System);
        var error = await Assert.ThrowsAsync<TemperException>(() => bell.WaitAsync([WorkKind.Train], Moment, None));
        Assert.Equal(("server_unreachable", ErrorKind.Environment), (error.Code, error.Kind));
        Assert.Contains("training-jobs", error.Message, StringComparison.Ordinal);
        bus.Close();
        await bell.RingAsync(NewRing(), None);
        Assert.NotNull(await bell.WaitAsync([WorkKind.Train], Moment, None));
        Assert.Equal(2, bus.Receivers);
    }

    [Fact]
    public async Task Dead_letters_are_listed_with_their_reasons_and_ring_again_under_another_name()
    {
        var bus = new FakeBus();
        var ring = NewRing();
        var body = System.Text.Encoding.UTF8.GetString(RingText.Write(ring));
        bus.Bury("a.1", body, "malformed");
        bus.Bury("b.2", body, "MaxDeliveryCountExceeded");
        var dead = new DeadLetters(bus);
        Assert.Equal(["malformed", "MaxDeliveryCountExceeded"], (await dead.ListAsync(WorkKind.Train, 10, None)).Select(letter => letter.Reason));
        Assert.Equal(1, await dead.ReplayAsync(WorkKind.Train, letter => letter.Reason != "malformed", null, None));
        Assert.Equal("b.2.again-2", Assert.Single(bus.Sent).MessageId);
        Assert.Equal(["complete b.2", "abandon a.1"], bus.Settled);
        Assert.Equal("a.1", Assert.Single(await dead.ListAsync(WorkKind.Train, 10, None)).Message);
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        for (var waited = 0; !isSo(); waited++)
        {
            Assert.True(waited < 500, "waited in vain");
            await Task.Delay(10, None);
        }
    }

    private static WorkRing NewRing() => new(WorkId.New(WorkKind.Train, TimeProvider.System), WorkKind.Train, 1);
}
