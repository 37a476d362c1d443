using Temper.Plugins.TorchSharp;

namespace Temper.Cloud.Tests;

public sealed class LeakWatchTests
{
    [Fact]
    public void A_tensor_a_step_over_hundreds_of_steps_ends_the_run()
    {
        var watch = new LeakWatch();
        var error = Assert.Throws<InvalidOperationException>(() => Steps(watch, 1000, step => 50 + step));
        Assert.Contains("Tensors leak", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_collector_takes_now_and_then_is_no_leak() => Steps(new(), 2000, step => 50 + 30 * (step % 90));

    [Fact]
    public void A_run_that_keeps_a_little_more_now_and_then_goes_on() => Steps(new(), 2000, step => 50 + step / 40);

    private static void Steps(LeakWatch watch, int count, Func<int, long> alive)
    {
        for (var step = 0; step < count; step++)
            watch.Step(alive(step));
    }
}
