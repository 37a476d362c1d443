using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Temper.Core.Errors;
using Temper.Tensors;
using Temper.Testing;
using Temper.Training.Checkpoints;
using Temper.Training.Factories;
using Temper.Training.Observers;
using Temper.Training.Planning;
using Temper.Training.Recipes;

namespace Temper.Training.Tests;

/// <summary>What recipes choose by name, built in or brought by a plug-in.</summary>
public sealed class PartTests : IDisposable
{
    private const string Run = "data: {max_length: 64}\nlora: {r: 4}\ntraining: {learning_rate: 1e-3, max_steps: 6, save_strategy: steps, save_steps: 1, save_total_limit: 9";
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("training: {lr_scheduler_type: cosin}", "part_unknown", "training.lr_scheduler_type", "cosine_with_restarts", "cosine?")]
    [InlineData("training: {optim: lionn}", "part_unknown", "training.optim", "adamw, sgd, adafactor, lion", "lion?")]
    [InlineData("training: {loss_type: dtf}", "part_unknown", "training.loss_type", "nll, dft", "dft?")]
    [InlineData("training: {loss_type: focal}", "requires", "training.loss_type", "sequence_classification or image_classification", "nll, dft")]
    [InlineData("training: {optim: sgd, optim_args: {nestrov: true}}", "unknown_key", "training.optim_args.nestrov", "it has nesterov", "nesterov?")]
    [InlineData("training: {optim: sgd, optim_args: nesterov=maybe}", "wrong_type", "training.optim_args.nesterov", "true or false", "true or false")]
    [InlineData("training: {optim_args: {momentum: 0.9}}", "unknown_key", "training.optim_args.momentum", "adamw has no setting", "Remove it")]
    [InlineData("training: {lr_scheduler_type: polynomial, lr_scheduler_kwargs: {power: 0}}", "out_of_range", "training.lr_scheduler_kwargs.power", "in (0, 10]", "in (0, 10]")]
    [InlineData("training: {loss_type: dft, label_smoothing_factor: 0.1}", "exclusive", "training.label_smoothing_factor", "dft", "Remove")]
    [InlineData("task: sequence_classification\ntraining: {head: liner}", "part_unknown", "training.head", "there are linear", "linear?")]
    [InlineData("training: {loss_kwargs: {gamma: 2}}", "requires", "training.loss_kwargs", "named", "loss_type")]
    public void A_name_or_a_setting_of_a_part_that_does_not_exist_is_refused_with_the_nearest(string text, string code, string path, string said, string hint)
    {
        var problem = Assert.Single(Assert.Throws<TemperException>(() => RecipeReader.Read(text, "r.yaml")).Problems);
        Assert.Equal((code, path), (problem.Code, problem.Path));
        Assert.Contains(said, problem.Message, StringComparison.Ordinal);
        Assert.Contains(hint, problem.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_of_parts_are_kept_in_the_recipe_and_may_come_from_the_command_line_one_by_one()
    {
        var recipe = RecipeReader.ReadNoted("training: {lr_scheduler_type: polynomial, lr_scheduler_kwargs: {power: 2}, optim: sgd, optim_args: 'nesterov=true'}", null, [new("lr_scheduler_kwargs.power", "3")]).Recipe;
        Assert.Equal((3.0, true), ((double)recipe.Training.LrSchedulerKwargs!["power"], (bool)recipe.Training.OptimArgs!["nesterov"]));
        Assert.Equal(recipe.Digest(), RecipeReader.Read(recipe.ToJson()).Digest());
        Assert.Equal(0.75, RecipeReader.Read("training: {lr_scheduler_kwargs: {num_cycles: 0.75}}", null).Training.NumCycles);
        Assert.Equal(Math.Pow(0.5, 3), Schedule.Of(recipe.Training with { LearningRate = 1 }, 0, 100)(50), 6);
    }

    [Fact]
    public void Parts_of_plug_ins_train_and_a_resumed_run_has_the_bits_of_an_uninterrupted_one()
    {
        var recipe = RecipeReader.Read(Run + ", lr_scheduler_type: saw, lr_scheduler_kwargs: {teeth: 3}, optim: drift, loss_type: half}", null, Brought());
        var straight = Tiny.Train(recipe, 1, Tiny.Store(_folder.Path, 1), answer: false);
        using var copy = new TempFolder();
        LeftBehind.KeepUpTo(3, _folder.Path, copy.Path);
        var resumed = Tiny.Train(recipe, 2, Tiny.Store(copy.Path, 2), answer: false);
        Assert.Equal(straight.Weights, resumed.Weights);
        Assert.Equal(straight.Log, resumed.Log);
        Assert.Equal([1e-3, 5e-4], straight.Outcome.Log.Take(2).Select(s => s.Values["learning_rate"]));
        Assert.NotEqual(straight.Weights, Tiny.Train(Tiny.Recipe(Run + ", optim: sgd}"), answer: false).Weights);
        Assert.Equal("part_unknown", Assert.Throws<TemperException>(() => RecipeReader.Read(recipe.ToJson())).Code);
    }

    [Fact]
    public void Another_version_of_a_plug_in_does_not_go_on_from_a_checkpoint()
    {
        var recipe = RecipeReader.Read(Run + ", optim: drift}", null, Brought());
        Tiny.Train(recipe, 1, Tiny.Store(_folder.Path, 1), identity: RunIdentity.None with { Plugins = "tools 1.0.0 aa" }, answer: false);
        var refused = Assert.Throws<TemperException>(() => Tiny.Train(recipe, 1, Tiny.Store(_folder.Path, 2), identity: RunIdentity.None with { Plugins = "tools 1.0.1 bb" }, answer: false));
        Assert.Equal("resume_mismatch", refused.Code);
        Assert.Contains("tools 1.0.0 aa", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_parts_of_one_name_are_refused() => Assert.Equal("part_twice",
        Assert.Throws<TemperException>(() => RunParts.Of(new ServiceCollection().AddSingleton(new NamedSchedule("cosine", _ => _ => 1)).BuildServiceProvider())).Code);

    [Fact]
    public void Dynamic_fine_tuning_weighs_each_label_by_its_probability_and_is_measured_as_cross_entropy()
    {
        var (plain, dft) = (Tiny.Train(Tiny.Recipe(Run.Replace("max_steps: 6", "max_steps: 1", StringComparison.Ordinal) + "}"), heldOut: Tiny.Examples(28)[24..], answer: false),
            Tiny.Train(Tiny.Recipe(Run.Replace("max_steps: 6", "max_steps: 1", StringComparison.Ordinal) + ", loss_type: dft}"), heldOut: Tiny.Examples(28)[24..], answer: false));
        var (loss, weighted) = (plain.Outcome.Log[0].Values["loss"], dft.Outcome.Log[0].Values["loss"]);
        Assert.True(weighted > 0 && weighted < loss, $"{weighted} of {loss}");
        Assert.Equal(plain.Outcome.Log[0].Values["token_accuracy"], dft.Outcome.Log[0].Values["token_accuracy"]);
    }

    [Fact]
    public void Half_the_loss_is_half_the_gradient()
    {
        var (whole, half) = (Tiny.Train(Tiny.Recipe(Run.Replace("max_steps: 6", "max_steps: 1", StringComparison.Ordinal) + "}"), answer: false),
            Tiny.Train(RecipeReader.Read(Run.Replace("max_steps: 6", "max_steps: 1", StringComparison.Ordinal) + ", loss_type: half}", null, Brought()), answer: false));
        Assert.Equal(whole.Outcome.Log[0].Values["loss"] / 2, half.Outcome.Log[0].Values["loss"], 5);
        Assert.Equal(whole.Outcome.Log[0].Values["grad_norm"] / 2, half.Outcome.Log[0].Values["grad_norm"], 5);
    }

    [Fact]
    public async Task Observers_that_throw_hang_or_lag_are_told_of_and_hold_nothing_up()
    {
        var (told, gate, seen) = (Channel.CreateUnbounded<TrainEvent>(), new ManualResetEventSlim(), 0);
        NamedObserver[] observers = [new("angry", _ => new Doing(_ => throw new IOException("no room"))), new("stuck", _ => new Doing(_ => gate.Wait())), new("sound", _ => new Doing(_ => Interlocked.Increment(ref seen))), new("stillborn", _ => throw new InvalidOperationException("no key"))];
        var relay = new ObserverRelay(told.Writer, observers, new("job", 1, new Recipe()), TimeProvider.System);
        var began = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < 3000; i++)
        {
            Assert.True(relay.TryWrite(new TrainEvent.Saved(i)));
            if (i % 500 == 0)
                await Task.Delay(5);
        }
        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(30));
        await relay.SettleAsync();
        gate.Set();
        told.Writer.Complete();
        var events = await told.Reader.ReadAllAsync().ToListAsync();
        Assert.Equal(Enumerable.Range(0, 3000), events.OfType<TrainEvent.Saved>().Select(e => e.Step));
        var said = events.OfType<TrainEvent.Said>().Select(e => e.Text).ToArray();
        Assert.Contains(said, text => text.StartsWith("The observer 'angry' failed: IOException: no room", StringComparison.Ordinal));
        Assert.Contains(said, text => text.StartsWith("The observer 'stillborn' failed: InvalidOperationException", StringComparison.Ordinal));
        Assert.Contains(said, text => text.StartsWith("The observer 'stuck' did not come back", StringComparison.Ordinal));
        Assert.Contains(said, text => text.StartsWith("The observer 'stuck' was given 1025 of 3000 events; 1975 were dropped", StringComparison.Ordinal));
        Assert.True(seen > 1024);
    }

    private static RunParts Brought()
    {
        var services = new ServiceCollection();
        services.AddSingleton(new NamedSchedule("saw", shape => step => 1.0 / (1 + step % shape.Options.Whole("teeth"))) { Options = [PartOption.Whole("teeth", 1, 9, 2, "Length of a tooth")] });
        services.AddSingleton(new NamedOptimizer("drift", s => new Drift(s.Engine, s.Groups)));
        services.AddSingleton(new NamedLoss("half", [TrainingTask.CausalLm], _ => view => view.Engine.Add(view.Engine.Scale(view.LogProbs, -0.5), view.Engine.FromFloats([0], 1))));
        return RunParts.Of(services.BuildServiceProvider());
    }

    private sealed class Doing(Action<TrainEvent> act) : RunObserver
    {
        public override void Saw(TrainEvent happened) => act(happened);
    }

    private sealed class Drift(IEngine engine, IReadOnlyList<ParameterGroup> groups) : HostOptimizer(engine, "drift", groups)
    {
        protected override IEnumerable<int> MomentsOf(long[] shape) => [checked((int)shape.Aggregate(1L, (count, size) => count * size))];

        protected override void Update(HostParameter parameter, Span<float> values, ReadOnlySpan<float> slopes, double rate)
        {
            for (var i = 0; i < values.Length; i++)
                values[i] -= (float)rate * (parameter.Moments[0][i] = 0.5f * parameter.Moments[0][i] + slopes[i]);
        }
    }
}
