using Temper.Core.Errors;
using Temper.Tensors;

namespace Temper.Training.Tests;

public sealed class TrainerTests
{
    private const string Lora = "lora: {r: 4, lora_alpha: 8}\n";

    [Theory]
    [InlineData("")]
    [InlineData(Lora)]
    [InlineData("lora: {r: 4, lora_alpha: 8, use_dora: true}\n")]
    [InlineData("lora: {r: 4, lora_alpha: 8}\nquantization: {load_in_4bit: true}\n")]
    [InlineData("lora: {r: 4, lora_alpha: 8, use_dora: true}\nquantization: {load_in_8bit: true}\n")]
    public void Accumulating_is_the_same_as_a_larger_batch(string lora)
    {
        var runs = new[] { (8, 1), (4, 2), (2, 4), (1, 8) }.Select(x => Tiny.Train(Tiny.Recipe(
            $"{lora}data: {{max_length: 64}}\ntraining: {{learning_rate: 1e-3, max_steps: 9, per_device_train_batch_size: {x.Item1}, gradient_accumulation_steps: {x.Item2}, weight_decay: 0.01}}"))).ToArray();
        foreach (var run in runs[1..])
            for (var s = 0; s < 9; s++)
            {
                Assert.Equal(runs[0].Outcome.Log[s].Values["loss"], run.Outcome.Log[s].Values["loss"], 1e-5);
                Assert.Equal(runs[0].Outcome.Log[s].Values["grad_norm"], run.Outcome.Log[s].Values["grad_norm"], 1e-4);
                Assert.Equal(runs[0].Outcome.Log[s].Values["supervised_tokens"], run.Outcome.Log[s].Values["supervised_tokens"]);
            }
    }

    [Fact]
    public void Packed_examples_have_the_loss_that_they_have_alone()
    {
        var examples = Tiny.Examples(24);
        string Settings(bool packing) => $"data: {{max_length: 64, packing: {(packing ? "true" : "false")}}}\ntraining: {{max_steps: 1, per_device_train_batch_size: 24}}";
        var (packed, alone) = (Tiny.Train(Tiny.Recipe(Settings(true)), examples: examples), Tiny.Train(Tiny.Recipe(Settings(false)), examples: examples));
        Assert.Equal(alone.FinalLoss, packed.FinalLoss, 1e-6);
        Assert.Equal(alone.Outcome.Log[0].Values["grad_norm"], packed.Outcome.Log[0].Values["grad_norm"], 1e-5);
        Assert.Equal(alone.Outcome.Log[0].Values["token_accuracy"], packed.Outcome.Log[0].Values["token_accuracy"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("lora: {r: 4, use_dora: true}\nquantization: {load_in_4bit: true}\n")]
    public void A_packed_run_goes_where_an_unpacked_one_goes(string lora)
    {
        string Settings(bool packing) => $"{lora}data: {{max_length: 128, packing: {(packing ? "true" : "false")}}}\ntraining: {{learning_rate: 1e-3, max_steps: 8, per_device_train_batch_size: {(packing ? 8 : 24)}}}";
        var (packed, alone) = (Tiny.Train(Tiny.Recipe(Settings(true)), answer: false), Tiny.Train(Tiny.Recipe(Settings(false)), answer: false));
        for (var s = 0; s < 8; s++)
            Assert.Equal(alone.Outcome.Log[s].Values["loss"], packed.Outcome.Log[s].Values["loss"], 1e-5);
    }

    [Fact]
    public void The_order_of_examples_in_a_batch_is_of_no_account()
    {
        var recipe = Tiny.Recipe("data: {max_length: 64}\ntraining: {max_steps: 1, per_device_train_batch_size: 24}");
        var (one, other) = (Tiny.Train(recipe, answer: false), Tiny.Train(recipe, examples: [.. Tiny.Examples(24).Reverse()], answer: false));
        Assert.Equal(one.FinalLoss, other.FinalLoss, 1e-6);
        Assert.Equal(one.Outcome.Log[0].Values["grad_norm"], other.Outcome.Log[0].Values["grad_norm"], 1e-6 * one.Outcome.Log[0].Values["grad_norm"] + 1e-6);
    }

    [Theory]
    [InlineData("training: {learning_rate: 0.01, max_steps: 160, per_device_train_batch_size: 12}")]
    [InlineData("lora: {r: 8, lora_alpha: 16}\ntraining: {learning_rate: 0.008, max_steps: 200, per_device_train_batch_size: 12}")]
    [InlineData("lora: {r: 8, lora_alpha: 16}\ntraining: {bf16: true, learning_rate: 0.008, max_steps: 200, per_device_train_batch_size: 12}")]
    public void A_tiny_set_is_learned_by_heart_and_answers_stop_by_themselves(string settings)
    {
        var start = Tiny.Train(Tiny.Recipe("data: {max_length: 64}\ntraining: {learning_rate: 1e-9, max_steps: 1}"));
        var done = Tiny.Train(Tiny.Recipe("data: {max_length: 64, packing: true}\n" + settings), threads: 2, prepare: Grounded);
        Assert.Equal(0, start.Answered);
        Assert.True(done.Answered >= 0.99, $"{done.Answered:P0} answered, loss {done.FinalLoss}");
        Assert.Equal(1, done.Outcome.Log[^1].Values["token_accuracy"], 2);
    }

    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "")]
    [InlineData(false, "quantization: {load_in_4bit: true, bnb_4bit_use_double_quant: true}\n")]
    public void Thread_count_and_recomputation_change_no_bit(bool bf16, string narrow)
    {
        var settings = $"{narrow}data: {{max_length: 64}}\nlora: {{r: 4, lora_dropout: 0.1{(narrow.Length > 0 ? ", use_dora: true" : "")}}}\ntraining: {{{(narrow.Length > 0 ? "neftune_noise_alpha: 5, " : "")}bf16: {(bf16 ? "true" : "false")}, learning_rate: 1e-2, max_steps: 6, gradient_accumulation_steps: 2, ";
        var one = Tiny.Train(Tiny.Recipe(settings + "gradient_checkpointing: false}"));
        var two = Tiny.Train(Tiny.Recipe(settings + "gradient_checkpointing: true}"), threads: 2);
        Assert.Equal(one.Weights, two.Weights);
        Assert.Equal(one.Log, two.Log);
    }

    [Fact]
    public void Measuring_does_not_change_what_is_learned()
    {
        const string settings = "data: {max_length: 64, validation: 0.2}\nlora: {r: 4, lora_dropout: 0.1}\ntraining: {learning_rate: 1e-2, max_steps: 8";
        var blind = Tiny.Train(Tiny.Recipe(settings + "}"), heldOut: Tiny.Examples(30)[24..]);
        var measured = Tiny.Train(Tiny.Recipe(settings + ", eval_strategy: steps, eval_steps: 2}"), heldOut: Tiny.Examples(30)[24..]);
        Assert.Equal(blind.Weights, measured.Weights);
        Assert.Equal([2, 4, 6, 8], measured.Outcome.Log.Where(s => s.Values.ContainsKey("eval_loss")).Select(s => s.Step));
    }

    [Fact]
    public void A_loss_that_is_no_number_fails_the_run_before_it_can_hurt()
    {
        var error = Assert.Throws<TemperException>(() => Tiny.Train(Tiny.Recipe("data: {max_length: 64}\ntraining: {max_steps: 3}"), prepare: Spoil));
        Assert.Equal("loss_not_finite", error.Code);
        Assert.Contains("records", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Skipping_leaves_the_weights_alone_and_gives_up_after_three_in_a_row()
    {
        var recipe = Tiny.Recipe("data: {max_length: 64}\ntraining: {max_steps: 2, on_nan: skip}");
        var start = Tiny.Train(Tiny.Recipe("data: {max_length: 64}\ntraining: {max_steps: 1, lr_scheduler_type: linear, warmup_steps: 1}"));
        var skipped = Tiny.Train(recipe, prepare: Spoil);
        Assert.Equal(start.Weights.Where(w => !w.Key.Contains("embed", StringComparison.Ordinal)), skipped.Weights.Where(w => !w.Key.Contains("embed", StringComparison.Ordinal)));
        Assert.All(skipped.Outcome.Log, s => Assert.Equal(1, s.Values["skipped"]));
        Assert.Equal(2, skipped.Events.OfType<TrainEvent.Dropped>().Count());
        Assert.Equal("loss_not_finite", Assert.Throws<TemperException>(() => Tiny.Train(recipe with { Training = recipe.Training with { MaxSteps = 3 } }, prepare: Spoil)).Code);
    }

    [Fact]
    public void A_run_that_cannot_work_never_begins()
    {
        var recipe = Tiny.Recipe("data: {max_length: 8}");
        var all = Tiny.Examples(3);
        TrainExample[] bad = [all[0] with { Supervised = new bool[all[0].Tokens.Length] }, all[1], all[2] with { Tokens = [1, 2, 3, 4, 5, 6, 999], Supervised = [false, true, true, true, true, true, true] }];
        var codes = Assert.Throws<TemperException>(() => Tiny.Train(recipe, examples: bad)).Problems.Select(p => p.Code).ToArray();
        Assert.Contains("no_supervised_tokens", codes);
        Assert.Contains("data_too_long", codes);
        Assert.Contains("vocab_mismatch", codes);
        Assert.Equal("training_data_empty", Assert.Throws<TemperException>(() => Tiny.Train(recipe, examples: [])).Code);
        Assert.Equal("length_beyond_model", Assert.Throws<TemperException>(() => Tiny.Train(Tiny.Recipe("data: {max_length: 129}"))).Code);
    }

    [Fact]
    public void Limits_of_time_and_memory_end_a_run_with_a_reason()
    {
        Assert.Equal("deadline_exceeded", Assert.Throws<TemperException>(() => Tiny.Train(Tiny.Recipe("data: {max_length: 64}\nlimits: {max_duration: 0.000001s}"))).Code);
        Assert.Equal("out_of_memory_expected", Assert.Throws<TemperException>(() => Tiny.Train(Tiny.Recipe("data: {max_length: 64}\nlimits: {memory_gib: 0.00001}"))).Code);
    }

    /// <summary>An adapter bends what a base knows; a base of random numbers knows nothing. This one has learned other facts.</summary>
    private static void Grounded(Models.Decoder model)
    {
        var recipe = Tiny.Recipe("data: {max_length: 64}\ntraining: {learning_rate: 0.01, max_steps: 60, per_device_train_batch_size: 12}");
        var run = new TrainRun { Recipe = recipe, Objective = new Objectives.CausalObjective(model, null, recipe), Train = Tiny.Examples(96)[24..] };
        new Trainer(TimeProvider.System).Run(run, new RunControl(), System.Threading.Channels.Channel.CreateUnbounded<TrainEvent>().Writer);
    }

    private static void Spoil(Models.Decoder model)
    {
        var weight = model.Weights[0].Tensor;
        var values = model.Engine.ToFloats(weight);
        Array.Fill(values, float.NaN);
        model.Engine.SetFloats(weight, values);
    }
}
