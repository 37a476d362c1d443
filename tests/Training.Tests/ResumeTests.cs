using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Storage.Blobs;
using Temper.Testing;
using Temper.Training.Checkpoints;

namespace Temper.Training.Tests;

public sealed class ResumeTests : IDisposable
{
    private const int Steps = 12;
    private const string Settings = """
        data: {max_length: 64}
        lora: {r: 4, lora_dropout: 0.2}
        training: {learning_rate: 1e-2, max_steps: 12, per_device_train_batch_size: 3, gradient_accumulation_steps: 2, warmup_steps: 2, eval_strategy: steps, eval_steps: 3, save_strategy: steps, save_steps: 1, save_total_limit: 20}
        """;

    private readonly TempFolder _folder = new();

    [Theory]
    [InlineData(1, true, false)]
    [InlineData(2, false, false)]
    [InlineData(2, true, true)]
    public void A_run_resumed_after_any_step_ends_in_the_same_bits(int threads, bool lora, bool bf16) => Resumed(threads, lora, bf16);

    [Theory, Trait("Tier", "Slow")]
    [InlineData(2, true, false)]
    public void So_does_one_on_more_threads(int threads, bool lora, bool bf16) => Resumed(threads, lora, bf16);

    private void Resumed(int threads, bool lora, bool bf16)
    {
        var settings = Settings.Replace("training: {", bf16 ? "training: {bf16: true, " : "training: {", StringComparison.Ordinal);
        var recipe = Tiny.Recipe((lora ? settings : settings.Replace("lora: {r: 4, lora_dropout: 0.2}", "", StringComparison.Ordinal)).Replace("data: {", "data: {validation: 0.1, ", StringComparison.Ordinal));
        var heldOut = Tiny.Examples(28)[24..];
        var straight = Tiny.Train(recipe, threads, Tiny.Store(_folder.Path, 1), heldOut: heldOut);
        Assert.IsType<TrainOutcome.Completed>(straight.Outcome);
        for (var k = 1; k < Steps; k++)
        {
            using var copy = new TempFolder();
            LeftBehind.KeepUpTo(k, _folder.Path, copy.Path);
            var resumed = Tiny.Train(recipe, threads, Tiny.Store(copy.Path, 2), heldOut: heldOut);
            Assert.Equal(k, Assert.Single(resumed.Events.OfType<TrainEvent.Planned>()).FirstStep);
            Assert.Equal(straight.Weights, resumed.Weights);
            Assert.Equal(straight.Log, resumed.Log);
            Assert.Equal(Bytes(_folder.Path, 1, Steps, "optimizer.bin"), Bytes(copy.Path, 2, Steps, "optimizer.bin"));
        }
    }

    [Fact]
    public void So_does_one_that_pauses_by_itself_behind_a_step_however_often()
    {
        var recipe = Tiny.Recipe(Settings.Replace("save_steps: 1,", "save_steps: 5,", StringComparison.Ordinal).Replace("data: {", "data: {validation: 0.1, ", StringComparison.Ordinal));
        var heldOut = Tiny.Examples(28)[24..];
        var straight = Tiny.Train(recipe, checkpoints: Tiny.Store(_folder.Of("straight"), 1), heldOut: heldOut);
        foreach (var (fence, pause) in new[] { (1, 2), (2, 2), (3, 7) })
        {
            var paused = Tiny.Train(recipe, checkpoints: Tiny.Store(_folder.Of("paused"), fence), control: new RunControl { PauseAt = pause }, heldOut: heldOut);
            Assert.Equal((StopReason.Paused, pause), (Assert.IsType<TrainOutcome.Stopped>(paused.Outcome).Reason, paused.Outcome.Step));
        }
        var ended = Tiny.Train(recipe, checkpoints: Tiny.Store(_folder.Of("paused"), 4), control: new RunControl { PauseAt = Steps }, heldOut: heldOut);
        Assert.IsType<TrainOutcome.Completed>(ended.Outcome);
        Assert.Equal(straight.Weights, ended.Weights);
        Assert.Equal(straight.Log, ended.Log);
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(1, true)]
    public void So_does_one_with_all_that_is_drawn_by_chance_or_remembered(int threads, bool stopsEarly) => Remembered(threads, stopsEarly);

    [Theory, Trait("Tier", "Slow")]
    [InlineData(1, false)]
    public void So_does_one_with_all_that_is_drawn_by_chance_on_one_thread(int threads, bool stopsEarly) => Remembered(threads, stopsEarly);

    private void Remembered(int threads, bool stopsEarly)
    {
        var recipe = Tiny.Recipe($$"""
            data: {max_length: 40, packing: true, validation: 0.1}
            lora: {r: 4, lora_dropout: 0.2, use_dora: true, loraplus_lr_ratio: 4, rank_pattern: {q_proj: 2}, init_lora_weights: gaussian}
            quantization: {load_in_4bit: true, bnb_4bit_use_double_quant: true}
            training: {learning_rate: 1e-2, max_steps: 12, per_device_train_batch_size: 2, gradient_accumulation_steps: 2, warmup_steps: 2, lr_scheduler_type: wsd, neftune_noise_alpha: 5,
              label_smoothing_factor: 0.1, gradient_checkpointing: true, eval_strategy: steps, eval_steps: 1, save_strategy: steps, save_steps: 1, save_total_limit: 20, load_best_model_at_end: true,
              early_stopping_patience: {{(stopsEarly ? 4 : 11)}}, greater_is_better: true, metric_for_best_model: eval_loss}
            """);
        var (examples, heldOut) = (Tiny.Examples(44)[..40], Tiny.Examples(44)[40..]);
        var straight = Tiny.Train(recipe, threads, Tiny.Store(_folder.Path, 1), examples: examples, heldOut: heldOut, answer: false);
        var end = straight.Outcome.Step;
        Assert.Equal(stopsEarly, end < Steps);
        for (var k = 1; k < end; k++)
        {
            using var copy = new TempFolder();
            LeftBehind.KeepUpTo(k, _folder.Path, copy.Path);
            var resumed = Tiny.Train(recipe, threads, Tiny.Store(copy.Path, 2), examples: examples, heldOut: heldOut, answer: false);
            Assert.Equal(k, Assert.Single(resumed.Events.OfType<TrainEvent.Planned>()).FirstStep);
            Assert.Equal(straight.Weights, resumed.Weights);
            Assert.Equal(straight.Log, resumed.Log);
            foreach (var name in new[] { "optimizer.bin", "adapter_model.safetensors" })
                Assert.Equal(Bytes(_folder.Path, 1, end, name), Bytes(copy.Path, 2, end, name));
        }
    }

    [Theory]
    [InlineData("sgd")]
    [InlineData("lion")]
    [InlineData("adafactor")]
    public void Every_optimizer_goes_on_in_the_same_bits(string optimizer)
    {
        var recipe = Tiny.Recipe(Settings.Replace("learning_rate: 1e-2", $"learning_rate: 1e-3, optim: {optimizer}", StringComparison.Ordinal).Replace("data: {", "data: {validation: 0.1, ", StringComparison.Ordinal));
        var straight = Tiny.Train(recipe, 2, Tiny.Store(_folder.Path, 1), heldOut: Tiny.Examples(28)[24..], answer: false);
        using var copy = new TempFolder();
        LeftBehind.KeepUpTo(5, _folder.Path, copy.Path);
        var resumed = Tiny.Train(recipe, 1, Tiny.Store(copy.Path, 2), heldOut: Tiny.Examples(28)[24..], answer: false);
        Assert.Equal(straight.Weights, resumed.Weights);
        Assert.Equal(straight.Log, resumed.Log);
        Assert.Equal(Bytes(_folder.Path, 1, Steps, "optimizer.bin"), Bytes(copy.Path, 2, Steps, "optimizer.bin"));
    }

    [Fact]
    public void Every_setting_that_differs_is_named_and_those_that_teach_nothing_may_change()
    {
        const string made = "data: {max_length: 64, validation: 0.1}\ntraining: {learning_rate: 1e-2, num_train_epochs: 1, per_device_train_batch_size: 4, save_strategy: steps, save_steps: 2}";
        Recipes.Recipe Changed(params (string Old, string New)[] edits) => Tiny.Recipe(edits.Aggregate(made, (text, edit) => text.Replace(edit.Old, edit.New, StringComparison.Ordinal)));
        RunIdentity Of(Recipes.Recipe recipe) => RunIdentity.None with { Recipe = recipe.Digest() };
        Tiny.Train(Tiny.Recipe(made), 1, Tiny.Store(_folder.Path, 1), identity: Of(Tiny.Recipe(made)), answer: false);

        var other = Changed(("1e-2", "2e-2"), ("batch_size: 4", "batch_size: 2"), ("max_length: 64", "max_length: 32"), ("save_steps: 2", "save_steps: 1"));
        var error = Assert.Throws<TemperException>(() => Tiny.Train(other, 1, Tiny.Store(_folder.Path, 2), identity: Of(other), answer: false));
        Assert.All(error.Problems, p => Assert.Equal("resume_mismatch", p.Code));
        Assert.Equal(["data.max_length", "training.learning_rate", "training.per_device_train_batch_size"], error.Problems.Select(p => p.Path));
        Assert.Contains("training.learning_rate = 0.01; this run has 0.02", error.Message, StringComparison.Ordinal);

        var shorter = Changed(("num_train_epochs: 1", "num_train_epochs: 0.5"));
        Assert.Equal("training.num_train_epochs", Assert.Throws<TemperException>(() => Tiny.Train(shorter, 1, Tiny.Store(_folder.Path, 2), identity: Of(shorter), answer: false)).Problems.Single().Path);

        var longer = Changed(("num_train_epochs: 1", "num_train_epochs: 2, logging_steps: 3, eval_strategy: steps, eval_steps: 3"), ("save_steps: 2", "save_steps: 5"));
        var more = Tiny.Train(longer, 1, Tiny.Store(_folder.Path, 2), heldOut: Tiny.Examples(28)[24..], identity: Of(longer), answer: false);
        Assert.Equal((6, 12), (more.Events.OfType<TrainEvent.Planned>().Single().FirstStep, more.Outcome.Step));
        Assert.Contains(more.Events.OfType<TrainEvent.Said>(), s => s.Text.StartsWith("training.num_train_epochs was 1 and is 2 now", StringComparison.Ordinal));
    }

    [Fact]
    public void A_run_stopped_in_the_middle_of_an_update_goes_on_from_the_last_whole_one()
    {
        var recipe = Tiny.Recipe(Settings.Replace("eval_strategy: steps, eval_steps: 3, save_strategy: steps, save_steps: 1, ", "", StringComparison.Ordinal));
        var straight = Tiny.Train(recipe);
        var control = new RunControl();
        var stopped = Tiny.Train(recipe, 1, Tiny.Store(_folder.Path, 1), control, events: new StopAfter(5, control));
        var outcome = Assert.IsType<TrainOutcome.Stopped>(stopped.Outcome);
        Assert.Equal((StopReason.HandedBack, 5), (outcome.Reason, outcome.Step));
        var resumed = Tiny.Train(recipe, 1, Tiny.Store(_folder.Path, 2));
        Assert.Equal(5, Assert.Single(resumed.Events.OfType<TrainEvent.Planned>()).FirstStep);
        Assert.Equal((straight.Log, straight.Weights.Count), (resumed.Log, resumed.Weights.Count));
        Assert.Equal(straight.Weights, resumed.Weights);
    }

    [Fact]
    public async Task A_cancelled_or_lost_run_writes_no_checkpoint_of_its_own()
    {
        foreach (var (reason, fence) in new[] { (StopReason.Cancelled, 1), (StopReason.LeaseLost, 2) })
        {
            var control = new RunControl();
            control.Ask(reason);
            Assert.Equal(reason, Assert.IsType<TrainOutcome.Stopped>(Tiny.Train(Tiny.Recipe("data: {max_length: 64}"), 1, Tiny.Store(_folder.Path, fence), control).Outcome).Reason);
        }
        Assert.Empty(await Tiny.Store(_folder.Path, 3).ListAsync(default));
    }

    [Fact]
    public void Changed_data_base_or_recipe_are_refused_by_name()
    {
        var recipe = Tiny.Recipe(Settings.Replace("eval_strategy: steps, eval_steps: 3, ", "", StringComparison.Ordinal));
        var made = new RunIdentity(Digest.OfText("base"), Digest.OfText("data"), recipe.Digest(), "1", "n");
        Tiny.Train(recipe, 1, Tiny.Store(_folder.Path, 1), identity: made);
        foreach (var (field, other) in new[] { ("base", made with { Base = Digest.OfText("x") }), ("data", made with { Data = Digest.OfText("x") }), ("recipe", made with { Recipe = Digest.OfText("x") }) })
        {
            var error = Assert.Throws<TemperException>(() => Tiny.Train(recipe, 1, Tiny.Store(_folder.Path, 2), identity: other));
            Assert.Equal(("resume_mismatch", field), (error.Code, error.Problems[0].Path));
        }
        var newer = Tiny.Train(recipe, 1, Tiny.Store(_folder.Path, 2), identity: made with { CodeVersion = "2", NumericsId = "m" });
        Assert.Equal(2, newer.Events.OfType<TrainEvent.Said>().Count());
    }

    [Fact]
    public void A_finished_run_that_starts_again_does_nothing_and_has_the_same_weights()
    {
        var recipe = Tiny.Recipe("data: {max_length: 64}\ntraining: {max_steps: 3}");
        var once = Tiny.Train(recipe, 1, Tiny.Store(_folder.Path, 1));
        var again = Tiny.Train(recipe, 1, Tiny.Store(_folder.Path, 2));
        Assert.Equal(3, again.Events.OfType<TrainEvent.Planned>().Single().FirstStep);
        Assert.Empty(again.Events.OfType<TrainEvent.StepDone>());
        Assert.Equal((once.Log, 0), (again.Log, once.Weights.Except(again.Weights).Count()));
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] Bytes(string folder, int fence, int step, string name)
    {
        using var stream = BlobStores.Open(Path.Combine(folder, "blobs"), TimeProvider.System).OpenAsync(BlobKey.Parse($"runs/job/{fence:D8}/checkpoints/step-{step}/{name}"), 0, null, null, default).Result;
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    /// <summary>Asks for an end when it is told of a step: the loop then stands inside the next update.</summary>
    private sealed class StopAfter(int step, RunControl control) : System.Threading.Channels.ChannelWriter<TrainEvent>
    {
        public override bool TryWrite(TrainEvent item)
        {
            if (item is TrainEvent.StepDone done && done.Metrics.Step == step)
                control.Ask(StopReason.HandedBack);
            return true;
        }

        public override ValueTask<bool> WaitToWriteAsync(CancellationToken cancellationToken = default) => new(true);
    }
}
