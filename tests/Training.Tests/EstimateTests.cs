using System.Globalization;
using System.Threading.Channels;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Estimation;
using Temper.Training.Objectives;
using Temper.Training.Recipes;

namespace Temper.Training.Tests;

public sealed class EstimateTests
{
    private const string Lora = "lora: {r: 8}\n";

    private static readonly ModelConfig Small = new()
    {
        VocabularySize = 600,
        HiddenSize = 64,
        IntermediateSize = 160,
        Layers = 4,
        Heads = 4,
        KeyValueHeads = 2,
        HeadSize = 16,
        MaxPositions = 1024,
        TieWordEmbeddings = true,
    };

    [Theory]
    [InlineData(Lora + "training: {max_steps: 6, per_device_train_batch_size: 4}")]
    [InlineData("training: {max_steps: 6, per_device_train_batch_size: 4}")]
    [InlineData(Lora + "training: {max_steps: 6, per_device_train_batch_size: 8, gradient_checkpointing: true}")]
    [InlineData(Lora + "data: {packing: true, max_length: 96}\ntraining: {max_steps: 4, per_device_train_batch_size: 2, gradient_accumulation_steps: 2, bf16: true}")]
    [InlineData("data: {packing: true, max_length: 64}\ntraining: {max_steps: 4, per_device_train_batch_size: 2, gradient_accumulation_steps: 3, gradient_checkpointing: true}")]
    [InlineData(Lora + "data: {validation: 0.2}\ntraining: {max_steps: 4, eval_strategy: steps, eval_steps: 2}")]
    public void The_peak_of_memory_is_known_within_15_percent_before_the_first_step(string yaml)
    {
        var recipe = Tiny.Recipe(yaml);
        var estimate = With(recipe, run => TrialRun.Of(run, TimeProvider.System, 0));
        var real = Peak(recipe);
        Assert.InRange(estimate.Memory.Peak, 0.85 * real, 1.15 * real);
        Assert.Equal(estimate.Memory.Peak, estimate.Memory.Weights + estimate.Memory.Adapters + estimate.Memory.Optimizer + estimate.Memory.Gradients + estimate.Memory.Activations + estimate.Memory.Logits);
    }

    [Fact]
    public void Tokens_steps_and_trained_numbers_are_counted_exactly()
    {
        var recipe = Tiny.Recipe(Lora + "data: {validation: 6}\ntraining: {num_train_epochs: 2, per_device_train_batch_size: 2}\nlimits: {cost_per_hour: 3.6}");
        var estimate = With(recipe, run => TrialRun.Of(run, TimeProvider.System, 77));
        var examples = Examples();
        Assert.Equal((examples.Length, 0, examples.Sum(e => (long)e.Tokens.Length), examples.Sum(e => (long)e.SupervisedCount)), (estimate.Examples, estimate.HeldOut, estimate.TokensPerEpoch, estimate.SupervisedPerEpoch));
        Assert.Equal((12, 24, 77L), (estimate.UpdatesPerEpoch, estimate.Updates, estimate.Parameters));
        Assert.Equal(With(recipe, run => run.Objective.Trained.Sum(t => t.Tensor.Count)), estimate.Trainable);
        Assert.InRange(estimate.Time.Seconds, estimate.Time.Low, estimate.Time.High);
        Assert.Equal(estimate.Time.Seconds / 1000, estimate.Cost!.Value, 1e-12);
    }

    [Fact]
    public void A_run_that_three_processes_share_counts_each_of_them_and_its_limit_is_for_all_together()
    {
        const string yaml = Lora + "training: {max_steps: 6, per_device_train_batch_size: 2, gradient_accumulation_steps: 6SHARED}";
        var alone = With(Tiny.Recipe(yaml.Replace("SHARED", "", StringComparison.Ordinal)), run => TrialRun.Of(run, TimeProvider.System, 0));
        var shared = With(Tiny.Recipe(yaml.Replace("SHARED", ", data_parallel_size: 3", StringComparison.Ordinal)), run => TrialRun.Of(run, TimeProvider.System, 0));
        Assert.Equal((3, 3 * alone.Memory.Weights, 3 * alone.Memory.Gradients, alone.Memory.Optimizer), (shared.Memory.Processes, shared.Memory.Weights, shared.Memory.Gradients, shared.Memory.Optimizer));
        Assert.Equal(3 * alone.Memory.Peak - 2 * alone.Memory.Optimizer, shared.Memory.Peak);
        var limited = yaml.Replace("SHARED", ", data_parallel_size: 3", StringComparison.Ordinal) + string.Create(CultureInfo.InvariantCulture, $"\nlimits: {{memory_gib: {shared.Memory.Peak * 0.95 / (1L << 30):R}}}");
        var refused = With(Tiny.Recipe(limited), run => TrialRun.Of(run, TimeProvider.System, 0));
        Assert.Equal("out_of_memory_expected", Assert.Single(refused.Problems).Code);
        Assert.Equal("training: {data_parallel_size: 1}", refused.Memory.Remedies[0].Change);
        Assert.InRange(refused.Memory.Remedies[0].Peak, 0.95 * alone.Memory.Peak, 1.05 * alone.Memory.Peak);
    }

    [Theory]
    [InlineData(100, "training: {gradient_checkpointing: true}", "training: {bf16: true}", "training: {data_parallel_size: 1}")]
    [InlineData(200, "training: {data_parallel_size: 1}", "training: {gradient_checkpointing: true}", "training: {bf16: true}")]
    [InlineData(400)]
    public void What_fits_comes_first_among_the_remedies_of_a_shared_run(double limit, params string[] changes)
    {
        var alone = new MemoryEstimate(60, 10, 20, 10, 40, 10, 150) { Remedies = [new("training: {gradient_checkpointing: true}", 40, ""), new("training: {bf16: true}", 45, ""), new("data: {max_length: 8}", 149, "")] };
        Assert.Equal(changes, alone.Times(2, limit).Remedies.Select(r => r.Change));
        Assert.Empty(alone.Times(2, null).Remedies);
    }

    [Fact]
    public void A_run_that_does_not_fit_is_refused_with_remedies_whose_numbers_hold()
    {
        const string yaml = Lora + "training: {max_steps: 4, per_device_train_batch_size: 8}";
        var peak = Peak(Tiny.Recipe(yaml));
        var limited = yaml + string.Create(CultureInfo.InvariantCulture, $"\nlimits: {{memory_gib: {peak * 0.9 / (1L << 30):R}}}");
        var refused = Assert.Throws<TemperException>(() => Peak(Tiny.Recipe(limited)));
        Assert.Equal("out_of_memory_expected", refused.Code);
        Assert.Contains("gradient_checkpointing: true", refused.Problems[0].Hint, StringComparison.Ordinal);
        var remedies = With(Tiny.Recipe(limited), run => TrialRun.Of(run, TimeProvider.System, 0)).Memory.Remedies;
        Assert.InRange(remedies.Count, 1, 3);
        Assert.All(remedies, r => Assert.True(r.Peak < peak));
        var halved = remedies.Single(r => r.Change.Contains("per_device_train_batch_size: 4", StringComparison.Ordinal));
        var real = Peak(Tiny.Recipe(yaml.Replace("per_device_train_batch_size: 8", "per_device_train_batch_size: 4, gradient_accumulation_steps: 2", StringComparison.Ordinal)));
        Assert.InRange(halved.Peak, 0.85 * real, 1.15 * real);
    }

    [Fact]
    public void A_trial_changes_no_bit_of_the_run_after_it()
    {
        const string yaml = "lora: {r: 4, lora_dropout: 0.1}\ndata: {max_length: 64}\ntraining: {max_steps: 3, gradient_accumulation_steps: 2}\n";
        Assert.Equal(Tiny.Train(Tiny.Recipe(yaml)).Log, Tiny.Train(Tiny.Recipe(yaml + "limits: {memory_gib: 4}")).Log);
    }

    [Fact]
    public void Money_that_is_spent_ends_a_run()
    {
        var error = Assert.Throws<TemperException>(() => Tiny.Train(Tiny.Recipe(Lora + "data: {max_length: 64}\ntraining: {max_steps: 50}\nlimits: {cost_per_hour: 1e9, max_cost: 1e-3}")));
        Assert.Equal("budget_exceeded", error.Code);
    }

    private static long Peak(Recipe recipe) => With(recipe, run =>
    {
        new Trainer(TimeProvider.System).Run(run, new RunControl(), Channel.CreateUnbounded<TrainEvent>().Writer);
        return run.Objective.Engine.Memory().PeakBytes;
    });

    internal static T With<T>(Recipe recipe, Func<TrainRun, T> use)
    {
        using var engine = CpuEngine.Create(1);
        using var model = Decoder.Create(engine, Small, 3, recipe.Lora is null ? null : _ => false, recipe.Training.Bf16 ? WeightForm.BF16 : WeightForm.Real);
        using var adapter = recipe.Lora is { } lora ? LoraAdapter.Create(model, new LoraConfig { Rank = lora.R, Alpha = lora.LoraAlpha, TargetModules = lora.TargetModules }, 1) : null;
        return use(new TrainRun { Recipe = recipe, Objective = new CausalObjective(model, adapter, recipe), Train = Examples(), HeldOut = recipe.Training.EvalStrategy == Cadence.No ? [] : Examples()[..4] });
    }

    private static TrainExample[] Examples() => [.. Enumerable.Range(0, 24).Select(i =>
    {
        int[] tokens = [.. Enumerable.Range(0, 24 + i % 9 * 4).Select(t => 1 + (int)Philox.Below(new RandomKey(3, 9, (uint)i), t, 598))];
        return new TrainExample(Digest.OfText($"example {i}"), tokens, [.. tokens.Select((_, t) => t > 7)]);
    })];
}
