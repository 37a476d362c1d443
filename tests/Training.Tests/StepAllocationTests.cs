using System.Threading.Channels;
using Temper.Models;
using Temper.Tensors;

namespace Temper.Training.Tests;

public sealed class StepAllocationTests
{
    [Theory]
    [InlineData("", 1)]
    [InlineData("lora: {r: 4, lora_dropout: 0.1}\n", 4)]
    public void A_step_allocates_its_batches_and_its_metrics_alone(string lora, int microBatches)
    {
        var (few, many) = (Run(lora, microBatches, 20), Run(lora, microBatches, 120));
        // A batch: tokens, masks, lengths and records of eight examples of some ten tokens. A step: its plan, its metrics, its event.
        Assert.InRange((many - few) / 100, 0, 1500 * microBatches + 1500);
    }

    /// <summary>Bytes that a run of so many steps allocates on its thread.</summary>
    private static long Run(string lora, int microBatches, int steps)
    {
        using var engine = CpuEngine.Create(1);
        using var model = Decoder.Create(engine, Tiny.Config, 11, _ => lora.Length == 0);
        using var adapter = lora.Length == 0 ? null : LoraAdapter.Create(model, new LoraConfig { Rank = 4, Dropout = 0.1, TargetModules = ["all-linear"] }, 1);
        var recipe = Tiny.Recipe($"{lora}data: {{max_length: 64}}\ntraining: {{max_steps: {steps}, per_device_train_batch_size: 8, gradient_accumulation_steps: {microBatches}}}");
        var run = new TrainRun { Recipe = recipe, Objective = new Objectives.CausalObjective(model, adapter, recipe), Train = Tiny.Examples(64) };
        var before = GC.GetAllocatedBytesForCurrentThread();
        new Trainer(TimeProvider.System).Run(run, new RunControl(), Channel.CreateUnbounded<TrainEvent>().Writer);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
