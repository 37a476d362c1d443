using System.Threading.Channels;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Storage.Blobs;
using Temper.Testing;

namespace Temper.Training.Tests.Ranks;

/// <summary>How many processes share a step is no part of the result: not a bit of weights, moments or log depends on it.</summary>
public sealed class WorldSizeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public static TheoryData<string, string> Recipes => new()
    {
        { "LoRA, the last update short", "data: {max_length: 64, validation: 0.1}\nlora: {r: 4}\ntraining: {learning_rate: 1e-2, max_steps: 8, per_device_train_batch_size: 2, gradient_accumulation_steps: 5, eval_strategy: steps, eval_steps: 3, per_device_eval_batch_size: 1, save_strategy: steps, save_steps: 8}" },
        { "DoRA, dropout, noise, packing", "data: {max_length: 40, packing: true, validation: 0.1}\nlora: {r: 4, lora_dropout: 0.2, use_dora: true, loraplus_lr_ratio: 4}\ntraining: {learning_rate: 1e-2, max_steps: 6, per_device_train_batch_size: 1, gradient_accumulation_steps: 4, neftune_noise_alpha: 5, label_smoothing_factor: 0.1, eval_strategy: steps, eval_steps: 2, save_strategy: steps, save_steps: 6}" },
        { "QLoRA nested, recomputed", "data: {max_length: 64}\nlora: {r: 4, lora_dropout: 0.1}\nquantization: {load_in_4bit: true, bnb_4bit_use_double_quant: true}\ntraining: {learning_rate: 1e-2, max_steps: 6, per_device_train_batch_size: 2, gradient_accumulation_steps: 4, gradient_checkpointing: true, save_strategy: steps, save_steps: 6}" },
        { "all weights, a tied table", "data: {max_length: 64}\ntraining: {learning_rate: 1e-3, max_steps: 5, per_device_train_batch_size: 2, gradient_accumulation_steps: 3, max_grad_norm: 0.1, save_strategy: steps, save_steps: 5}" },
    };

    [Theory, MemberData(nameof(Recipes))]
    public void Weights_moments_and_log_are_those_of_one_process(string what, string yaml)
    {
        var recipe = Tiny.Recipe(yaml);
        var (examples, heldOut) = (Tiny.Examples(28)[..24], yaml.Contains("validation", StringComparison.Ordinal) ? Tiny.Examples(33)[28..] : null);
        var alone = Tiny.Train(recipe, 2, Tiny.Store(_folder.Path, 1), examples: examples, heldOut: heldOut, answer: false);
        foreach (var ranks in (int[])[2, 3])
        {
            using var other = new TempFolder();
            var shared = Tiny.Train(recipe, 1, Tiny.Store(other.Path, 1), examples: examples, heldOut: heldOut, answer: false, ranks: ranks);
            Assert.Equal((what, alone.Log), (what, shared.Log));
            Assert.Equal(alone.Weights, shared.Weights);
            Assert.Equal(Moments(_folder.Path, alone.Outcome.Step, 1), Moments(other.Path, alone.Outcome.Step, 1));
        }
    }

    [Fact]
    public void A_run_of_two_is_gone_on_with_by_one_and_then_by_three()
    {
        var recipe = Tiny.Recipe("data: {max_length: 64}\nlora: {r: 4, lora_dropout: 0.2}\ntraining: {learning_rate: 1e-2, max_steps: 12, per_device_train_batch_size: 2, gradient_accumulation_steps: 3, save_strategy: steps, save_steps: 1, save_total_limit: 20}");
        var straight = Tiny.Train(recipe, answer: false);
        foreach (var (fence, ranks, step) in new[] { (1, 2, 4), (2, 1, 7), (3, 3, 99) })
        {
            var control = new RunControl();
            var part = Tiny.Train(recipe, 1, Tiny.Store(_folder.Path, fence), control, events: new StopsAfter(step, control), answer: false, ranks: ranks);
            Assert.Equal(Math.Min(step, 12), part.Outcome.Step);
            if (part.Outcome is not TrainOutcome.Completed)
                continue;
            Assert.Equal(straight.Log, part.Log);
            Assert.Equal(straight.Weights, part.Weights);
        }
    }

    [Theory]
    [InlineData(StopReason.Cancelled, 0)]
    [InlineData(StopReason.Paused, 2)]
    public async Task A_run_that_is_stopped_while_others_compute_stands_at_its_last_whole_update(StopReason reason, int saved)
    {
        var recipe = Tiny.Recipe("data: {max_length: 64}\nlora: {r: 4}\ntraining: {learning_rate: 1e-2, max_steps: 1000, per_device_train_batch_size: 2, gradient_accumulation_steps: 400, save_strategy: no}");
        var control = new RunControl();
        var stopped = Tiny.Train(recipe, 1, Tiny.Store(_folder.Path, 1), control, examples: Tiny.Examples(800), answer: false, ranks: 3, watched: objective => new PassingObjective(objective, (micro, pass) =>
        {
            // In the middle of the third step, by whichever process has the micro-batch.
            if (pass.Step == 2 && micro.Index == 200)
                control.Ask(reason);
            return pass;
        }));
        Assert.Equal((reason, 2), (Assert.IsType<TrainOutcome.Stopped>(stopped.Outcome).Reason, stopped.Outcome.Step));
        Assert.Equal(saved, (await Tiny.Store(_folder.Path, 2).ListAsync(default)).Select(c => c.Step).FirstOrDefault());
    }

    [Fact]
    public void The_record_to_blame_is_named_and_the_run_that_drops_its_update_goes_on_alike()
    {
        var recipe = Tiny.Recipe("data: {max_length: 64}\ntraining: {learning_rate: 1e-2, max_steps: 6, per_device_train_batch_size: 2, gradient_accumulation_steps: 3, on_nan: skip}");
        var examples = Tiny.Examples(36);
        // One row of the table, which one record alone uses, is no number.
        var odd = Enumerable.Range(3, Tiny.Vocabulary - 3).First(token => examples.Count(e => e.Tokens.Contains(token)) is > 0 and < 8);
        void Spoil(Models.Decoder model)
        {
            var table = model.Trainable.Single(w => w.Name.EndsWith("embed_tokens.weight", StringComparison.Ordinal)).Tensor;
            model.Engine.Upload(table, 4L * odd * Tiny.Config.HiddenSize, BitConverter.GetBytes(float.NaN));
        }
        var alone = Failure(() => Tiny.Train(recipe, examples: examples, prepare: Spoil, answer: false));
        var shared = Failure(() => Tiny.Train(recipe, examples: examples, prepare: Spoil, answer: false, ranks: 2));
        Assert.Equal(alone, shared);
    }

    [Fact]
    public void A_run_that_goes_back_from_a_spike_takes_its_followers_back()
    {
        const int odd = 141;
        var recipe = Tiny.Recipe("data: {max_length: 64}\ntraining: {learning_rate: 1e-6, max_steps: 150, per_device_train_batch_size: 1, gradient_accumulation_steps: 2, on_spike: rollback, save_strategy: steps, save_steps: 20}");
        var examples = Enumerable.Range(0, 300).Select(i => new TrainExample(Digest.OfText($"like {i}"), [1, 3, 4, 5], [false, true, true, true])).ToArray();
        var record = new Planning.Batches(examples, recipe).Update(odd - 1).Records.First();
        examples[Array.FindIndex(examples, e => e.Record == record)] = new(record, [1, 9, 9, 8], [false, true, true, true]);
        var alone = Tiny.Train(recipe, 1, Tiny.Store(_folder.Path, 1), examples: examples, answer: false);
        Assert.Equal((odd, 140), alone.Events.OfType<TrainEvent.WentBack>().Select(b => (b.Step, b.Target)).First());
        using var other = new TempFolder();
        var shared = Tiny.Train(recipe, 1, Tiny.Store(other.Path, 1), examples: examples, answer: false, ranks: 2);
        Assert.Equal(alone.Events.OfType<TrainEvent.WentBack>(), shared.Events.OfType<TrainEvent.WentBack>());
        Assert.Equal(alone.Log, shared.Log);
        Assert.Equal(alone.Weights, shared.Weights);
    }

    public void Dispose() => _folder.Dispose();

    private static string Failure(Func<Trained> train)
    {
        try
        {
            var run = train();
            return run.Log + string.Join('\n', run.Events.OfType<TrainEvent.Said>());
        }
        catch (TemperException e)
        {
            return e.Message;
        }
    }

    private static string Moments(string folder, int step, int fence)
    {
        using var stream = BlobStores.Open(Path.Combine(folder, "blobs"), TimeProvider.System).OpenAsync(BlobKey.Parse($"runs/job/{fence:D8}/checkpoints/step-{step}/optimizer.bin"), 0, null, null, default).Result;
        return Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(stream));
    }

    private sealed class StopsAfter(int step, RunControl control) : ChannelWriter<TrainEvent>
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
