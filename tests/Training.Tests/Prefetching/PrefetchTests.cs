using System.Collections.Concurrent;
using System.Diagnostics;
using Temper.Core.Errors;
using Temper.Training.Prefetching;

namespace Temper.Training.Tests.Prefetching;

/// <summary>Reading ahead.</summary>
public sealed class PrefetchTests
{
    /// <summary>Far more than it takes on a busy machine; what is not heard of would be waited for without end.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 10)]
    [InlineData(8, 3)]
    public void Batches_come_in_the_order_of_their_plans_whoever_is_done_first(int producers, int ahead)
    {
        using var prefetch = new Prefetch<Plan, int>(Plans(200), async (p, ct) =>
        {
            await Task.Delay(p.Number * 7 % 5, ct);
            return p.Number;
        }, new(ahead, Producers: producers));
        Assert.Equal(Enumerable.Range(0, 200), All(prefetch));
        Assert.False(prefetch.TryTake(out _));
    }

    [Fact]
    public void No_more_is_prepared_than_asked_for_neither_in_batches_nor_in_bytes()
    {
        foreach (var (options, most) in new[] { (new PrefetchOptions(4, Producers: 3), 4), (new PrefetchOptions(10, Bytes: 250, Producers: 3), 2), (new PrefetchOptions(10, Bytes: 50, Producers: 3), 1) })
        {
            var made = new ConcurrentQueue<int>();
            using var prefetch = new Prefetch<Plan, int>(Plans(30), (p, _) =>
            {
                made.Enqueue(p.Number);
                return new(p.Number);
            }, options, _ => 100);
            for (var read = 0; read < 30; read++)
            {
                SpinWait.SpinUntil(() => made.Count >= Math.Min(30, read + most), Patience);
                Thread.Sleep(5);
                Assert.Equal(Math.Min(30, read + most), made.Count);
                Assert.True(prefetch.TryTake(out var batch));
                Assert.Equal(read, batch);
            }
        }
    }

    [Fact]
    public void A_producer_that_fails_is_heard_of_at_the_next_read()
    {
        using var prefetch = new Prefetch<Plan, int>(Plans(1000), async (p, ct) => p.Number switch
        {
            5 => throw new TemperException("batch_unreadable", "Dataset 'cats', record 0123456789ab (cats-00007.jsonl line 12) cannot be read."),
            6 => await Forever(ct),
            _ => p.Number,
        }, new(10, Producers: 4));
        Thread.Sleep(50);
        var began = Stopwatch.GetTimestamp();
        var error = Assert.Throws<TemperException>(() => All(prefetch).Count());
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, Patience);
        Assert.Contains("cats-00007.jsonl line 12", error.Message, StringComparison.Ordinal);
        Assert.Throws<TemperException>(() => prefetch.TryTake(out _));
    }

    [Fact]
    public void A_reader_that_already_waits_hears_of_a_failure_behind_its_batch_too()
    {
        using var prefetch = new Prefetch<Plan, int>(Plans(1000), async (p, ct) =>
        {
            if (p.Number == 0)
                return await Forever(ct);
            await Task.Delay(100, ct);
            throw new InvalidDataException("bad sector");
        }, new(10, Producers: 2));
        var began = Stopwatch.GetTimestamp();
        Assert.Throws<InvalidDataException>(() => prefetch.TryTake(out _));
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, Patience);
    }

    [Fact]
    public void A_plan_that_cannot_be_made_is_heard_of_too()
    {
        using var prefetch = new Prefetch<Plan, int>(() => throw new TemperException("schedule_gap", "No dataset."), (p, _) => new(p.Number), new());
        Assert.Equal("schedule_gap", Assert.Throws<TemperException>(() => prefetch.TryTake(out _)).Code);
    }

    [Fact]
    public void Ending_it_waits_for_no_producer_that_does_not_listen()
    {
        var deaf = new ManualResetEventSlim();
        foreach (var listens in new[] { true, false })
        {
            var prefetch = new Prefetch<Plan, int>(Plans(1000), async (p, ct) =>
            {
                if (listens)
                    return await Forever(ct);
                deaf.Wait(CancellationToken.None);
                return p.Number;
            }, new(10, Producers: 2));
            Thread.Sleep(20);
            var began = Stopwatch.GetTimestamp();
            prefetch.Dispose();
            Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, Patience);
            Assert.Throws<ObjectDisposedException>(() => prefetch.TryTake(out _));
        }
        deaf.Set();
    }

    [Fact]
    public void A_reader_can_be_called_off_while_it_waits()
    {
        using var prefetch = new Prefetch<Plan, int>(Plans(10), async (_, ct) => await Forever(ct), new());
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        Assert.ThrowsAny<OperationCanceledException>(() => prefetch.TryTake(out _, soon.Token));
    }

    [Fact]
    public void Waiting_uses_no_processor()
    {
        using var prefetch = new Prefetch<Plan, int>(Plans(10), async (_, ct) => await Forever(ct), new());
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(600));
        var used = ThreadTime();
        Assert.ThrowsAny<OperationCanceledException>(() => prefetch.TryTake(out _, soon.Token));
        Assert.InRange(ThreadTime() - used, TimeSpan.Zero, TimeSpan.FromMilliseconds(60));
    }

    /// <summary>Processor time of this thread, which in the defect that this is about ran at full speed.</summary>
    private static TimeSpan ThreadTime()
    {
        var fields = File.ReadAllText("/proc/thread-self/stat").Split(") ")[^1].Split(' ');
        return TimeSpan.FromMilliseconds(10 * (long.Parse(fields[11], System.Globalization.CultureInfo.InvariantCulture) + long.Parse(fields[12], System.Globalization.CultureInfo.InvariantCulture)));
    }

    private static async Task<int> Forever(CancellationToken ct)
    {
        await Task.Delay(Timeout.Infinite, ct);
        return -1;
    }

    private static Func<Plan?> Plans(int count)
    {
        var next = 0;
        return () => next < count ? new Plan(next++) : null;
    }

    private static IEnumerable<int> All(Prefetch<Plan, int> prefetch)
    {
        while (prefetch.TryTake(out var batch))
            yield return batch;
    }

    private sealed record Plan(int Number);
}
