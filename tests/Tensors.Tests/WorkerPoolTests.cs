namespace Temper.Tensors.Tests;

public sealed class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Every_item_runs_once_however_often_the_pool_is_asked(int threads)
    {
        using var pool = new WorkerPool(threads);
        for (var round = 0; round < 2000; round++)
        {
            var counts = new int[round % 9];
            pool.Run(counts.Length, new Items((item, worker) =>
            {
                Assert.InRange(worker, 0, threads - 1);
                Interlocked.Increment(ref counts[item]);
            }));
            Assert.All(counts, count => Assert.Equal(1, count));
        }
    }

    [Fact]
    public void Workers_that_fell_asleep_wake_for_the_next_call()
    {
        using var pool = new WorkerPool(3);
        for (var round = 0; round < 5; round++)
        {
            Thread.Sleep(5);
            var sum = 0;
            pool.Run(100, new Items((item, _) => Interlocked.Add(ref sum, item)));
            Assert.Equal(4950, sum);
        }
    }

    [Fact]
    public void A_failing_item_fails_the_call_and_leaves_the_pool_usable()
    {
        using var pool = new WorkerPool(2);
        var error = Assert.Throws<InvalidOperationException>(() => pool.Run(8, new Items((item, _) =>
        {
            if (item == 3) throw new InvalidOperationException("item 3");
        })));
        Assert.Equal("item 3", error.Message);
        var ran = 0;
        pool.Run(8, new Items((_, _) => Interlocked.Increment(ref ran)));
        Assert.Equal(8, ran);
    }

    [Fact]
    public void A_hundred_thousand_short_calls_run_each_item_once()
    {
        using var pool = new WorkerPool(3);
        var ran = 0;
        for (var round = 0; round < 100_000; round++) pool.Run(1 + round % 4, new Items((_, _) => Interlocked.Increment(ref ran)));
        Assert.Equal(250_000, ran);
    }

    private readonly struct Items(Action<int, int> body) : IWork
    {
        public void Run(int item, int worker) => body(item, worker);
    }
}
