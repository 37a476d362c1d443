using Temper.Core.Ids;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Checkpoints;
using Temper.Training.Objectives;

namespace Temper.Training.Tests;

public sealed class LearningSettingsTests
{
    private const string Settings = "data: {max_length: 64}\nlora: {r: 4}\ntraining: {learning_rate: 1e-3, max_steps: 1, lr_scheduler_type: constant, max_grad_norm: 0}";

    [Fact]
    public void LoraPlus_gives_B_a_larger_rate_and_nothing_else()
    {
        var recipe = Tiny.Recipe(Settings);
        var (plain, faster) = (Weights(recipe, 1), Weights(recipe with { Lora = recipe.Lora! with { LoraplusLrRatio = 16 } }, 1));
        foreach (var (name, values) in plain)
            if (name.EndsWith("lora_B.weight", StringComparison.Ordinal))
                Assert.All(values.Zip(faster[name]), pair => Assert.Equal(16 * pair.First, pair.Second, 1e-5));
            else
                Assert.Equal(values, faster[name]);
        Assert.Contains(plain, w => w.Key.EndsWith("lora_B.weight", StringComparison.Ordinal) && w.Value.Any(x => x != 0));
    }

    [Fact]
    public void Noise_on_the_embeddings_is_drawn_anew_in_every_step_and_never_when_measuring()
    {
        var recipe = Tiny.Recipe(Settings.Replace("max_steps: 1", "max_steps: 2", StringComparison.Ordinal));
        var noisy = recipe with { Training = recipe.Training with { NeftuneNoiseAlpha = 5, LearningRate = 1e-12, PerDeviceTrainBatchSize = 24 } };
        var still = recipe with { Training = noisy.Training with { NeftuneNoiseAlpha = null } };
        double[] Losses(Recipes.Recipe of, int threads) => [.. Tiny.Train(of, threads, answer: false).Outcome.Log.Select(s => s.Values["loss"])];
        var (one, two, none) = (Losses(noisy, 1), Losses(noisy, 2), Losses(still, 1));
        Assert.Equal(one, two);
        Assert.Equal(none[0], none[1], 9);
        Assert.True(Math.Abs(one[0] - one[1]) > 1e-6 && Math.Abs(one[0] - none[0]) > 1e-6);
        Assert.Equal(Measured(noisy), Measured(still));
    }

    [Fact]
    public void A_smoothed_label_raises_the_loss_that_is_learned_from_and_not_the_one_that_is_measured()
    {
        var recipe = Tiny.Recipe(Settings.Replace("1e-3", "1e-12", StringComparison.Ordinal));
        var smooth = recipe with { Training = recipe.Training with { LabelSmoothingFactor = 0.2 } };
        Assert.NotEqual(Tiny.Train(recipe, answer: false).FinalLoss, Tiny.Train(smooth, answer: false).FinalLoss, 1e-3);
        Assert.Equal(Measured(recipe), Measured(smooth));
    }

    private static double Measured(Recipes.Recipe recipe)
    {
        using var engine = CpuEngine.Create(1);
        using var model = Decoder.Create(engine, Tiny.Config, 11);
        return Evaluation.Of(new CausalObjective(model, null, recipe), Tiny.Examples(8), recipe).Loss;
    }

    private static Dictionary<string, float[]> Weights(Recipes.Recipe recipe, int threads)
    {
        using var engine = CpuEngine.Create(threads);
        using var model = Decoder.Create(engine, Tiny.Config, 11, _ => false);
        using var adapter = LoraAdapter.Create(model, new LoraConfig { Rank = 4, TargetModules = ["all-linear"] }, 1);
        var run = new TrainRun { Recipe = recipe, Objective = new CausalObjective(model, adapter, recipe), Train = Tiny.Examples(24) };
        new Trainer(TimeProvider.System).Run(run, new RunControl(), System.Threading.Channels.Channel.CreateUnbounded<TrainEvent>().Writer);
        return new TrainedWeights(run.Objective).Tensors.ToDictionary(t => t.Name, t => engine.ToFloats(t.Tensor));
    }
}
