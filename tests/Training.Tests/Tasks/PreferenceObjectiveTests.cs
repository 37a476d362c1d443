using System.Text.Json;
using Temper.Core.Ids;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Objectives;
using Temper.Training.Recipes;
using Xunit.Abstractions;

namespace Temper.Training.Tests.Tasks;

/// <summary>Preference losses against PyTorch (tests/reference/preferences.py), and what they teach.</summary>
public sealed class PreferenceObjectiveTests(ITestOutputHelper output) : IDisposable
{
    private static readonly string Data = Path.Combine(AppContext.BaseDirectory, "data");
    private static readonly JsonElement Golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Data, "preferences.json"))).RootElement;
    private readonly IEngine _engine = CpuEngine.Create(1);

    public static TheoryData<string> Losses => [.. Golden.GetProperty("losses").EnumerateArray().Select(l => l.GetProperty("name").GetString()!)];

    public void Dispose() => _engine.Dispose();

    [Theory]
    [MemberData(nameof(Losses))]
    public void Loss_rewards_and_every_gradient_are_those_of_PyTorch(string name)
    {
        var expected = Golden.GetProperty("losses").EnumerateArray().Single(l => l.GetProperty("name").GetString() == name);
        using var weights = WeightFiles.Open(Path.Combine(Data, "tiny-llama"));
        using var model = Decoder.Load(_engine, ModelConfig.Parse(File.ReadAllBytes(Path.Combine(Data, "tiny-llama", "config.json"))), weights);
        using var adapter = LoraAdapter.Load(model, Path.Combine(Data, "tiny-lora"), trainable: true);
        using var gradients = SafetensorsReader.Open(Path.Combine(Data, "preferences.safetensors"));
        var recipe = Tiny.Recipe("lora: {r: 4}\ndata: {max_length: 32}");
        var settings = new PreferenceSettings(expected.GetProperty("kind").GetString() switch { "dpo" => PairLoss.Sigmoid, "ipo" => PairLoss.Ipo, _ => PairLoss.Orpo })
        {
            Beta = expected.GetProperty("beta").GetDouble(),
            LabelSmoothing = expected.GetProperty("label_smoothing").GetDouble(),
        };
        var objective = new PreferenceObjective(new(model, adapter, recipe), null, settings);

        using var scope = _engine.BeginScope();
        var batch = objective.Lay(0, [.. Golden.GetProperty("pairs").EnumerateArray().Select(Pair)]);
        Assert.Equal(3, batch.Units);
        var loss = objective.Loss(batch, new LossPass(1, 0, 0));
        Assert.Equal(expected.GetProperty("loss").GetDouble(), _engine.ScalarOf(loss.Sum) / 3, 1e-5);
        Assert.Equal(expected.GetProperty("accuracy").GetDouble(), _engine.ScalarOf(loss.Correct) / 3, 1e-6);
        var measures = loss.Measures!.ToDictionary(m => m.Key, m => _engine.ScalarOf(m.Value) / 3);
        Assert.Equal(expected.GetProperty("chosen").GetDouble(), measures["rewards/chosen"], 1e-5);
        Assert.Equal(expected.GetProperty("rejected").GetDouble(), measures["rewards/rejected"], 1e-5);
        Assert.Equal(measures["rewards/chosen"] - measures["rewards/rejected"], measures["rewards/margins"], 1e-5);
        _engine.Backward(loss.Sum, 1.0 / 3);
        var errors = objective.Trained.ToDictionary(w => w.Name, w => Error(gradients.ReadFloats(gradients.Find($"{name}.{w.Name}")!), _engine.ToFloats(_engine.GradOf(w.Tensor)!)));
        output.WriteLine($"{name}: largest relative error of {errors.Count} gradients {errors.Values.Max():E1}");
        Assert.All(errors, e => Assert.True(e.Value <= 1e-4, $"{e.Key}: {e.Value:E2}"));
    }

    [Theory]
    [InlineData(PairLoss.Sigmoid, true)]
    [InlineData(PairLoss.Sigmoid, false)]
    [InlineData(PairLoss.Ipo, true)]
    [InlineData(PairLoss.Orpo, true)]
    [InlineData(PairLoss.Orpo, false)]
    public void Margins_grow_until_every_pair_is_told_apart(PairLoss loss, bool lora)
    {
        var recipe = Tiny.Recipe((lora ? "lora: {r: 8}\n" : "") + "data: {max_length: 64}\ntraining: {learning_rate: 0.01, max_steps: 25, per_device_train_batch_size: 8, lr_scheduler_type: constant}");
        var log = Run(recipe, loss);
        Assert.Equal(25, log.Count);
        if (loss == PairLoss.Sigmoid)
            Assert.Equal(Math.Log(2), log[0].Values["loss"], 1e-5);
        Assert.True(log[^1].Values["rewards/margins"] > log[0].Values["rewards/margins"] + 0.05, $"{log[0].Values["rewards/margins"]} to {log[^1].Values["rewards/margins"]}");
        Assert.Equal(1, log[^1].Values["rewards/accuracies"]);
        Assert.Equal(8, log[^1].Values["pairs"]);
    }

    [Fact]
    public void Accumulation_gives_the_update_of_one_large_batch()
    {
        const string Text = "lora: {r: 8}\ndata: {max_length: 64}\ntraining: {learning_rate: 0.01, max_steps: 6, ";
        var (whole, parts) = (Run(Tiny.Recipe(Text + "per_device_train_batch_size: 8}"), PairLoss.Sigmoid), Run(Tiny.Recipe(Text + "per_device_train_batch_size: 2, gradient_accumulation_steps: 4}"), PairLoss.Sigmoid));
        for (var i = 0; i < 6; i++)
            Assert.Equal(whole[i].Values["loss"], parts[i].Values["loss"], 1e-4);
    }

    private List<Core.Work.StepMetrics> Run(Recipe recipe, PairLoss loss)
    {
        using var model = Decoder.Create(_engine, Tiny.Config, 11, recipe.Lora is null ? null : _ => false);
        using var copy = Decoder.Create(_engine, Tiny.Config, 11, _ => false);
        using var adapter = recipe.Lora is null ? null : LoraAdapter.Create(model, new LoraConfig { Rank = 8, Alpha = 16, TargetModules = ["all-linear"] }, 1);
        var objective = new PreferenceObjective(new(model, adapter, recipe), recipe.Lora is null ? copy : null, new(loss) { Beta = 0.5 });
        var run = new TrainRun { Recipe = recipe, Objective = objective, Train = Pairs(16) };
        var outcome = new Trainer(TimeProvider.System).Run(run, new RunControl(), System.Threading.Channels.Channel.CreateUnbounded<TrainEvent>().Writer);
        return [.. outcome.Log];
    }

    /// <summary>A question with two answers, of which the better one keeps to low tokens.</summary>
    private static TrainExample[] Pairs(int count) => [.. Enumerable.Range(0, count).Select(i =>
    {
        var key = new RandomKey(3, 9, (uint)i);
        int[] prompt = [1, .. Enumerable.Range(0, 3).Select(t => 3 + (int)Philox.Below(key, t, 40)), 2];
        int[] Answer(int from, int length) => [.. Enumerable.Range(0, length).Select(t => from + (int)Philox.Below(key, from + t, 20)), Tiny.End];
        return Pair(i, prompt, Answer(3, 3 + i % 3), Answer(24, 4));
    })];

    private static TrainExample Pair(JsonElement pair, int i)
    {
        int[] Ids(string name) => [.. pair.GetProperty(name).EnumerateArray().Select(id => id.GetInt32())];
        return Pair(i, Ids("prompt"), Ids("chosen"), Ids("rejected"));
    }

    private static TrainExample Pair(int i, int[] prompt, int[] chosen, int[] rejected) => new(Digest.OfText($"pair {i}"), [.. prompt, .. chosen, .. prompt, .. rejected],
        [.. prompt.Select(_ => false), .. chosen.Select(_ => true), .. prompt.Select(_ => false), .. rejected.Select(_ => true)])
    {
        Documents = [prompt.Length + chosen.Length, prompt.Length + rejected.Length],
    };

    private static double Error(float[] expected, float[] found) =>
        Math.Sqrt(expected.Zip(found, (a, b) => Math.Pow(a - b, 2)).Sum() / Math.Max(1e-30, expected.Sum(a => Math.Pow(a, 2))));
}
