using Temper.Core.Datasets;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Models;
using Temper.Plugins.TorchSharp;
using Temper.Storage.Blobs;
using Temper.Tensors;
using Temper.Testing;
using Temper.Training;
using Temper.Training.Checkpoints;
using Temper.Training.Tests;
using Temper.Training.Tests.Tasks;
using Xunit.Abstractions;

namespace Temper.Cloud.Tests;

/// <summary>Runs on libtorch beside the same runs on the processor's engine: the same losses and norms of gradients, step by step.</summary>
[Trait("Needs", "libtorch"), Collection("libtorch")]
public sealed class TorchTrainingTests(ITestOutputHelper output)
{
    /// <summary>Of losses and what else is measured, relative where they are above 1; norms of gradients may differ by ten times that.</summary>
    private const double Tolerance = 1e-5;

    private const string Lora = "lora: {r: 4, lora_alpha: 8}\n";

    private const string Training = "learning_rate: 0.01, max_steps: 12, per_device_train_batch_size: 4, lr_scheduler_type: cosine, warmup_steps: 2";

    [Theory]
    [InlineData("", "")]
    [InlineData(Lora, "")]
    [InlineData("lora: {r: 4, lora_alpha: 8, use_dora: true, use_rslora: true}\n", "")]
    [InlineData("lora: {r: 4, lora_dropout: 0.2}\n", "neftune_noise_alpha: 5, label_smoothing_factor: 0.1, ")]
    [InlineData(Lora + "quantization: {load_in_4bit: true, bnb_4bit_use_double_quant: true}\n", "gradient_accumulation_steps: 2, ")]
    [InlineData("lora: {r: 4, use_dora: true}\nquantization: {load_in_8bit: true}\n", "gradient_checkpointing: true, ")]
    [InlineData("", "gradient_checkpointing: true, weight_decay: 0.1, ")]
    [InlineData("", "optim: lion, ")]
    [InlineData("", "optim: adafactor, ")]
    [InlineData("", "optim: sgd, optim_args: {nesterov: true}, ")]
    public Task A_decoder_learns_as_on_the_processor(string parts, string training) =>
        AlikeAsync($"{parts}data: {{max_length: 64, packing: {(parts.Length > 40 ? "true" : "false")}, validation: 4}}\ntraining: {{{training}eval_strategy: steps, eval_steps: 4, {Training}}}", world => world.Decoder(), Texts(24));

    [Theory]
    [InlineData(Lora)]
    [InlineData(Lora + "quantization: {load_in_4bit: true}\n")]
    public Task Products_in_bf16_learn_nearly_the_same(string parts) =>
        AlikeAsync($"{parts}data: {{max_length: 64}}\ntraining: {{bf16: true, {Training}}}", world => world.Decoder(), Texts(24), tolerance: 0.02);

    [Theory]
    [InlineData("dpo", Lora, "label_smoothing_factor: 0.05, ")]
    [InlineData("dpo", "", "loss_type: ipo, ")]
    [InlineData("orpo", Lora, "beta: 0.2, ")]
    public Task Pairs_of_answers_are_learned_as_on_the_processor(string task, string parts, string training) =>
        AlikeAsync($"task: {task}\n{parts}data: {{max_length: 64, format: preference}}\ntraining: {{{training}{Training}}}", world => world.Decoder(), TaskRecords.Pairs(14));

    [Theory]
    [InlineData(EncoderKind.Bert, "sequence_classification", "", "")]
    [InlineData(EncoderKind.Bert, "sequence_classification", "lora: {r: 4, lora_dropout: 0.1, use_dora: true, target_modules: all-linear}\n", "")]
    [InlineData(EncoderKind.Bert, "sequence_classification", "", "loss_type: focal, loss_kwargs: {gamma: 3}, ")]
    [InlineData(EncoderKind.Vit, "image_classification", "", "freeze_backbone: true, unfreeze_at_epoch: 1, ")]
    [InlineData(EncoderKind.Vit, "image_classification", Lora, "")]
    public Task Classes_are_learned_as_on_the_processor(EncoderKind kind, string task, string parts, string training)
    {
        var (records, files) = kind == EncoderKind.Vit ? Shapes(24) : (TaskRecords.Questions(24), []);
        return AlikeAsync($"task: {task}\n{parts}training: {{{training}{Training}}}", world => world.Encoder(kind), records, files);
    }

    [Fact]
    public Task A_decoder_becomes_a_classifier_as_on_the_processor() =>
        AlikeAsync($"task: sequence_classification\n{Lora}data: {{max_length: 32}}\ntraining: {{{Training}}}", world => world.Decoder(), TaskRecords.Questions(24));

    [Fact]
    public Task Vectors_of_texts_are_learned_as_on_the_processor() => AlikeAsync($"task: embedding\ntraining: {{{Training}}}", world => world.Encoder(EncoderKind.Bert), Texts(24));

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task A_run_goes_on_from_a_checkpoint_on_this_engine_or_another(bool firstOnTorch, bool thenOnTorch)
    {
        const string yaml = "lora: {r: 4, lora_dropout: 0.2}\ndata: {max_length: 64}\ntraining: {save_strategy: steps, save_steps: 5, " + Training + "}";
        using var straight = new TaskWorld();
        using var blobs = new TempFolder();
        using var first = new TaskWorld(firstOnTorch ? Torch() : null);
        using var then = new TaskWorld(thenOnTorch ? Torch() : null);
        var model = straight.Decoder();
        var expected = await straight.RunAsync(model, yaml, Texts(24));
        var half = await first.RunAsync(model, yaml, Texts(24), control: new() { PauseAt = 5 }, change: run => run with { Checkpoints = Store(blobs, 1) });
        Assert.Equal(5, half.Count);
        Near(expected, await then.RunAsync(model, yaml, Texts(24), change: run => run with { Checkpoints = Store(blobs, 2) }), Tolerance);
        Assert.True(File.Exists(Path.Combine(then.Result, "adapter_model.safetensors")));
    }

    [Theory]
    [InlineData(Lora)]
    [InlineData("quantization: {load_in_4bit: true}\n" + Lora)]
    [InlineData("")]
    public async Task A_run_that_is_cancelled_between_two_batches_leaves_nothing_behind(string parts)
    {
        using var folder = new TaskWorld();
        var model = folder.Decoder();
        var (before, parameters) = (AliveTensors.Count(), 0);
        using (var world = new TaskWorld(Torch()))
        {
            var control = new RunControl();
            var run = Task.Run(() => world.RunAsync(model, $"{parts}data: {{max_length: 64}}\ntraining: {{gradient_accumulation_steps: 8, max_steps: 100000, per_device_train_batch_size: 1}}", Texts(24), control: control, change: run =>
            {
                parameters = run.Objective.Trained.Count;
                return run;
            }));
            await Task.Delay(2000);
            control.Ask(StopReason.Cancelled);
            Assert.InRange((await run).Count, 1, 99999);
        }
        // The binding counts a tensor that becomes a parameter twice, and takes one of them back.
        Assert.Equal(before + parameters, AliveTensors.Count());
    }

    [Fact]
    public async Task Hundreds_of_steps_take_no_more_memory_than_a_few()
    {
        using var world = new TaskWorld(Torch());
        var (counts, passes) = (new List<long>(), 0);
        var log = await world.RunAsync(world.Decoder(), $"{Lora}data: {{max_length: 64}}\ntraining: {{gradient_checkpointing: true, max_steps: 500, per_device_train_batch_size: 2}}", Texts(24),
            change: run => run with
            {
                Objective = new PassingObjective(run.Objective, (_, pass) =>
            {
                if (++passes % 100 == 0)
                    counts.Add(AliveTensors.Count());
                return pass;
            })
            });
        Assert.Equal(500, log.Count);
        Assert.Equal(5, counts.Count);
        Assert.Single(counts.Distinct());
    }

    [Theory]
    [InlineData("")]
    [InlineData("lora: {r: 4, lora_dropout: 0.1, use_dora: true}\nquantization: {load_in_4bit: true}\n")]
    public async Task A_collector_that_never_rests_disturbs_nothing(string parts)
    {
        var yaml = $"{parts}data: {{max_length: 64}}\ntraining: {{gradient_checkpointing: true, learning_rate: 0.002, max_steps: 200, per_device_train_batch_size: 2}}";
        using var calm = new TaskWorld(Torch());
        using var shaken = new TaskWorld(Torch());
        var model = calm.Decoder();
        var expected = await calm.RunAsync(model, yaml, Texts(24));
        using var ended = new CancellationTokenSource();
        var collector = Task.Run(() =>
        {
            while (!ended.IsCancellationRequested)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        });
        var found = await shaken.RunAsync(model, yaml, Texts(24));
        await ended.CancelAsync();
        await collector;
        Near(expected, found, Tolerance);
    }

    /// <summary>Both engines' logs of one recipe on one base.</summary>
    private async Task AlikeAsync(string yaml, Func<TaskWorld, string> model, IReadOnlyList<CanonicalRecord> records, IReadOnlyDictionary<Digest, byte[]>? images = null, double tolerance = Tolerance)
    {
        using var here = new TaskWorld();
        using var there = new TaskWorld(Torch(bf16: yaml.Contains("bf16: true", StringComparison.Ordinal)));
        var folder = model(here);
        var (expected, found) = (await here.RunAsync(folder, yaml, records, images), await there.RunAsync(folder, yaml, records, images));
        output.WriteLine(yaml);
        Near(expected, found, tolerance);
        Assert.True(expected[^1].Values["loss"] < expected[0].Values["loss"], "nothing was learned");
    }

    private void Near(IReadOnlyList<StepMetrics> expected, IReadOnlyList<StepMetrics> found, double tolerance)
    {
        Assert.Equal(expected.Count, found.Count);
        var most = new SortedDictionary<string, double>();
        foreach (var (mine, theirs) in expected.Zip(found))
            foreach (var (name, value) in mine.Values.Where(v => !MetricsLog.Rates.Contains(v.Key)))
                most[name] = Math.Max(most.GetValueOrDefault(name), Math.Abs(theirs.Values[name] - value) / Math.Max(1, Math.Abs(value)));
        output.WriteLine($"loss {expected[0].Values["loss"]:F4} to {expected[^1].Values["loss"]:F4}; differences {string.Join(", ", most.Where(m => m.Value > 0).Select(m => $"{m.Key} {m.Value:E1}"))}");
        Assert.All(most, m => Assert.True(m.Value <= tolerance * (m.Key == "grad_norm" ? 10 : 1), $"{m.Key} differs by {m.Value:E2}"));
    }

    private static CheckpointStore Store(TempFolder folder, int fence) =>
        new(BlobStores.Open(folder.Of("blobs"), TimeProvider.System), $"runs/job/{fence:D8}/checkpoints", "runs/job/", folder.Of($"scratch-{fence}"));

    private static TorchEngine Torch(bool bf16 = false)
    {
        var engine = TorchEngine.Create(Environment.GetEnvironmentVariable("TEMPER_TORCH_DEVICE") ?? "cpu", allowTf32: false);
        engine.Choose(bf16 ? MatrixPath.Bf16 : MatrixPath.Exact);
        return engine;
    }

    private static CanonicalRecord[] Texts(int count) => [.. Enumerable.Range(0, count).Select(i => new CanonicalRecord(Digest.OfText($"text {i}"), RecordKind.PromptCompletion, new("t.jsonl", i + 1, 0))
    {
        Prompt = $"where is parcel {i}",
        Completion = i % 3 == 0 ? "it is late" : i % 3 == 1 ? "it is lost, where is my money" : "the bill is wrong",
    })];

    private static (CanonicalRecord[] Records, Dictionary<Digest, byte[]> Files) Shapes(int count)
    {
        byte[][] files = [.. Enumerable.Range(0, count).Select(i => TaskWorld.Png(TaskWorld.Shape(i, i % 4)))];
        return ([.. files.Select((bytes, i) => new CanonicalRecord(Digest.OfText($"image {i}"), RecordKind.Image, new($"shapes/{i % 4}/{i}.png", 1, 0))
        {
            Image = new(Digest.Of(bytes), TaskWorld.Side, TaskWorld.Side, "image/png"),
            Captions = [$"shape {i % 4}"],
        })], files.ToDictionary(bytes => Digest.Of(bytes)));
    }
}
