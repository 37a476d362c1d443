using System.Globalization;
using System.Threading.Channels;
using Temper.Training.Estimation;
using Temper.Training.Recipes;
using Xunit.Abstractions;

namespace Temper.Training.Tests;

/// <summary>
/// The time that an estimate gives, beside the time that the run takes: both in processor time of one thread, since the clock of a busy machine proves
/// nothing. They are compared only where TEMPER_ESTIMATES says how often (the median counts, and must be within 30 percent), alone in their process;
/// without it each configuration is estimated once.
/// </summary>
public sealed class EstimateTimeTests(ITestOutputHelper output)
{
    private const double Allowed = 0.3;
    private static readonly TimeProvider Clock = new ProcessorClock();

    [Theory]
    [InlineData("lora: {r: 8}\ntraining: {max_steps: 200, per_device_train_batch_size: 4}")]
    [InlineData("training: {max_steps: 200, per_device_train_batch_size: 4, save_strategy: epoch}")]
    [InlineData("lora: {r: 8}\ntraining: {max_steps: 120, per_device_train_batch_size: 8, gradient_checkpointing: true}")]
    [InlineData("lora: {r: 8}\ndata: {packing: true, max_length: 96}\ntraining: {max_steps: 80, per_device_train_batch_size: 2, gradient_accumulation_steps: 2, bf16: true}")]
    [InlineData("lora: {r: 8}\ndata: {validation: 0.2}\ntraining: {max_steps: 150, per_device_train_batch_size: 2, eval_strategy: steps, eval_steps: 5}")]
    public void The_time_of_a_run_is_known_within_30_percent(string yaml)
    {
        var recipe = Tiny.Recipe(yaml);
        var asked = Environment.GetEnvironmentVariable("TEMPER_ESTIMATES");
        if (string.IsNullOrEmpty(asked))
        {
            var (low, seconds, high, rate, updates) = Estimate(recipe);
            Assert.True(low > 0 && low <= seconds && seconds <= high && rate > 0 && updates >= 2);
            return;
        }
        Real(recipe); // What is compiled on the way shall not count.
        var ratios = Enumerable.Range(0, int.Parse(asked, CultureInfo.InvariantCulture)).Select(_ => Estimate(recipe).Seconds / Real(recipe)).Order().ToList();
        var median = ratios[ratios.Count / 2];
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"estimate / real: {string.Join(' ', ratios.Select(r => r.ToString("F2", CultureInfo.InvariantCulture)))}, median {median:F2}"));
        Assert.InRange(median, 1 - Allowed, 1 + Allowed);
    }

    private static TimeEstimate Estimate(Recipe recipe) => EstimateTests.With(recipe, run => TrialRun.Of(run, Clock, 0).Time);

    private static double Real(Recipe recipe) => EstimateTests.With(recipe, run =>
    {
        var began = Clock.GetTimestamp();
        new Trainer(TimeProvider.System).Run(run, new RunControl(), Channel.CreateUnbounded<TrainEvent>().Writer);
        return Clock.GetElapsedTime(began).TotalSeconds;
    });

    /// <summary>Time that this process has computed.</summary>
    private sealed class ProcessorClock : TimeProvider
    {
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Environment.CpuUsage.TotalTime.Ticks;
    }
}
