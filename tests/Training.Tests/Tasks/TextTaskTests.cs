using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Data;
using Temper.Training.Factories;
using Temper.Training.Objectives;
using Temper.Training.Tasks;

namespace Temper.Training.Tests.Tasks;

/// <summary>Classes of texts, vectors of texts and models from random weights, as jobs run them.</summary>
public sealed class TextTaskTests : IDisposable
{
    private static readonly string[] Late = ["the parcel is late", "where is my parcel", "it is lost and late"], Money = ["the bill is wrong", "my money is lost", "where is my money"];
    private readonly TaskWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData("lora: {r: 4}\n", false)]
    [InlineData("", false)]
    [InlineData("", true)]
    public async Task Questions_are_sorted_by_the_files_of_the_result(string lora, bool bert)
    {
        var folder = bert ? _world.Encoder(EncoderKind.Bert) : _world.Decoder();
        var log = await _world.RunAsync(folder, $"task: sequence_classification\n{lora}data: {{max_length: 32}}\ntraining: {{learning_rate: 0.005, max_steps: 30, per_device_train_batch_size: 6, lr_scheduler_type: constant}}", Questions(24));
        Assert.Equal(1, log[^1].Values["accuracy"]);
        Assert.Equal(6, log[^1].Values["examples"]);
        using var model = ClassifierModel.Open(_world.Result, lora.Length > 0 ? folder : null, _world.Engine);
        Assert.Equal(["billing", "delivery"], model.Labels);
        Assert.All(Late, text => Assert.Equal("delivery", model.Classify(text)[0].Label));
        Assert.All(Money, text => Assert.Equal("billing", model.Classify(text)[0].Label));
        if (lora.Length == 0)
            return;
        using var adapter = SafetensorsReader.Open(Path.Combine(_world.Result, "adapter_model.safetensors"));
        Assert.Equal([2, 32], adapter.Find("base_model.model.score.weight")!.Shape);
        using var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_world.Result, "adapter_config.json")));
        Assert.Equal(("SEQ_CLS", "score"), (config.RootElement.GetProperty("task_type").GetString(), config.RootElement.GetProperty("modules_to_save")[0].GetString()));
    }

    [Theory]
    [InlineData("label_smoothing_factor: 0.2", 0.325, 0.5)]
    [InlineData("loss_type: focal, loss_kwargs: {gamma: 3}", 0, 0.005)]
    public async Task Smoothed_and_focal_classes_are_learned_and_end_where_their_losses_say(string settings, double least, double most)
    {
        var log = await _world.RunAsync(_world.Encoder(EncoderKind.Bert), $"task: sequence_classification\ndata: {{max_length: 32}}\ntraining: {{learning_rate: 0.005, max_steps: 30, per_device_train_batch_size: 6, lr_scheduler_type: constant, {settings}}}", Questions(24));
        Assert.Equal(1, log[^1].Values["accuracy"]);
        Assert.InRange(log[^1].Values["loss"], least, most);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_head_of_a_plug_in_is_learned_stored_verified_and_answers(bool bert)
    {
        var parts = RunParts.Of(new ServiceCollection().AddSingleton(Squashed).BuildServiceProvider());
        var folder = bert ? _world.Encoder(EncoderKind.Bert) : _world.Decoder();
        var log = await _world.RunAsync(folder, "task: sequence_classification\ndata: {max_length: 32}\ntraining: {learning_rate: 0.005, max_steps: 30, per_device_train_batch_size: 6, lr_scheduler_type: constant, head: squashed}", Questions(24), parts: parts);
        Assert.Equal(1, log[^1].Values["accuracy"]);
        using (var stored = SafetensorsReader.Open(Path.Combine(_world.Result, "model.safetensors")))
            Assert.Equal([32, 32], stored.Find((bert ? "classifier" : "score") + ".head.dense.weight")!.Shape);
        using var model = ClassifierModel.Open(_world.Result, null, _world.Engine);
        Assert.All(Late, text => Assert.Equal("delivery", model.Classify(text)[0].Label));
        var config = Path.Combine(_world.Result, "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("squashed", "squashd", StringComparison.Ordinal));
        Assert.Equal("part_unknown", Assert.Throws<TemperException>(() => ClassifierModel.Open(_world.Result, null, _world.Engine)).Code);
    }

    private static readonly ClassifierHead Squashed = new("squashed", width => [new("dense.weight", [width, width]), new("dense.bias", [width], IsBias: true)],
        pass => pass.Engine.Tanh(pass.Engine.Linear(pass.Features, pass.Weight("dense.weight"), pass.Weight("dense.bias"))));

    [Fact]
    public async Task A_classifier_that_knows_the_labels_keeps_its_head_and_its_order()
    {
        await _world.RunAsync(_world.Decoder(), "task: sequence_classification\ndata: {max_length: 32}\ntraining: {learning_rate: 0.005, max_steps: 20}", Questions(12));
        using var again = new TaskWorld();
        var log = await again.RunAsync(_world.Result, "task: sequence_classification\ndata: {max_length: 32}\ntraining: {learning_rate: 0.000001, max_steps: 1, per_device_train_batch_size: 12, warmup_ratio: 0}", Questions(12));
        Assert.True(log[0].Values["loss"] < 0.3, $"{log[0].Values["loss"]}");
    }

    [Fact]
    public async Task Everything_that_records_and_recipe_cannot_do_is_said()
    {
        var plain = new CanonicalRecord(Digest.OfText("t"), RecordKind.Text, new("a.jsonl", 4, 0)) { Text = "the bill" };
        Assert.Equal("data_needs_labels", (await Assert.ThrowsAsync<TemperException>(() => _world.RunAsync(_world.Decoder(), "task: sequence_classification", [.. Questions(4), plain]))).Code);
        using var other = new TaskWorld();
        var error = await Assert.ThrowsAsync<TemperException>(() => other.RunAsync(other.Encoder(EncoderKind.Bert), "task: sequence_classification\nlora: {r: 2, target_modules: [nowhere]}\ntraining: {bf16: true, class_weights: {billing: 2, bills: 1}}", Questions(4)));
        Assert.Equal(["target_not_found", "not_offered", "label_unknown"], error.Problems.Select(p => p.Code));
        using var third = new TaskWorld();
        Assert.Equal("too_few_classes", (await Assert.ThrowsAsync<TemperException>(() => third.RunAsync(third.Decoder(), "task: sequence_classification", [.. Questions(8).Where(r => r.Class == "billing")]))).Code);
        Assert.Equal("task_unknown", Assert.Throws<TemperException>(() => JobTasks.Find(JobTasks.With([]), "causal_ml")).Code);
        Assert.Contains("causal_lm", Assert.Throws<TemperException>(() => JobTasks.Find(JobTasks.With([]), "causal_ml")).Problems[0].Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_class_of_weight_two_counts_like_two_copies_of_its_records()
    {
        var folder = _world.Decoder();
        var records = Questions(8);
        var weighted = await _world.RunAsync(folder, "task: sequence_classification\ndata: {max_length: 32}\ntraining: {max_steps: 1, per_device_train_batch_size: 8, class_weights: {billing: 3}}", records);
        using var copies = new TaskWorld();
        CanonicalRecord[] more = [.. records, .. records.Where(r => r.Class == "billing").SelectMany(r => new[] { r with { RecId = Digest.OfText(r.RecId + "b") }, r with { RecId = Digest.OfText(r.RecId + "c") } })];
        var copied = await copies.RunAsync(folder, "task: sequence_classification\ndata: {max_length: 32}\ntraining: {max_steps: 1, per_device_train_batch_size: 16}", more);
        Assert.Equal(weighted[0].Values["loss"] * 8, copied[0].Values["loss"] * 16, 1e-3);
    }

    [Fact]
    public void A_report_counts_what_was_said_of_every_class()
    {
        var report = ClassificationReport.Of(["a", "b", "c"], [(0, 0), (0, 0), (0, 1), (1, 1), (1, 0), (2, 1)]);
        Assert.Equal((6, 0.5), (report.Records, report.Accuracy));
        Assert.Equal(new ClassScore(2 / 3.0, 2 / 3.0, 2 / 3.0, 3), report.Classes[0].Value);
        Assert.Equal(new ClassScore(0, 0, 0, 1), report.Classes[2].Value);
        Assert.Equal(6, report.ConfusionMatrix.Sum(row => row.Sum()));
    }

    [Fact]
    public async Task Texts_that_belong_together_come_near_each_other()
    {
        string[] questions = ["where is my parcel", "the bill is wrong", "it is late", "my money", "lost and late", "the wrong parcel", "where is it", "is my bill late"];
        CanonicalRecord[] pairs = [.. questions.Select((q, i) => new CanonicalRecord(Digest.OfText($"pair {i}"), RecordKind.PromptCompletion, new("p.jsonl", i + 1, 0)) { Prompt = q, Completion = $"{(char)('a' + i)}{(char)('k' + i)}{i}" })];
        var log = await _world.RunAsync(_world.Encoder(EncoderKind.Bert), "task: embedding\ntraining: {learning_rate: 0.003, max_steps: 40, per_device_train_batch_size: 8, lr_scheduler_type: constant}", pairs);
        Assert.True(log[0].Values["loss"] > 1, $"{log[0].Values["loss"]}");
        Assert.Equal(1, log[^1].Values["accuracy"]);
        using var model = EmbeddingModel.Open(_world.Result, _world.Engine);
        var vectors = model.Embedder.Embed([.. pairs.Select(p => p.Prompt!), .. pairs.Select(p => p.Completion!)]).Vectors;
        double Cosine(int a, int b) => vectors[a].Zip(vectors[b], (x, y) => (double)x * y).Sum();
        Assert.All(Enumerable.Range(0, 8), i => Assert.Equal(i, Enumerable.Range(0, 8).MaxBy(j => Cosine(i, 8 + j))));
    }

    [Fact]
    public void In_batch_negatives_lose_what_the_definition_says()
    {
        using var folder = EncoderFolder.Open(_world.Encoder(EncoderKind.Bert));
        using var encoder = folder.Load(_world.Engine, _ => true);
        var objective = new EmbeddingObjective(encoder, folder.Pooling, checkpointing: true);
        int[][] texts = [[5, 9, 11], [7, 8], [21, 4, 4, 9], [30], [2, 3], [17, 40, 12]];
        TrainExample[] pairs = [.. texts.Chunk(2).Select((p, i) => new TrainExample(Digest.OfText($"{i}"), [.. p[0], .. p[1]], new bool[p[0].Length + p[1].Length]) { Documents = [p[0].Length, p[1].Length] })];
        using var scope = _world.Engine.BeginScope();
        var loss = _world.Engine.ScalarOf(objective.Loss(objective.Lay(0, pairs), LossPass.Measured).Sum);
        var vectors = new TextEmbedder(encoder, folder.Tokenizer!, folder.Pooling);
        var raw = texts.Select(t => _world.Engine.ToFloats(objective.Vectors(new PackedBatch(t, [t.Length]), LossPass.Measured))).ToArray();
        Assert.All(raw, v => Assert.Equal(1, v.Sum(x => (double)x * x), 1e-4));
        var expected = Enumerable.Range(0, 3).Sum(i =>
        {
            var scores = Enumerable.Range(0, 3).Select(j => 20 * raw[2 * i].Zip(raw[2 * j + 1], (a, b) => (double)a * b).Sum()).ToArray();
            return Math.Log(scores.Sum(s => Math.Exp(s - scores[i])));
        });
        Assert.Equal(expected, loss, 1e-4);
        Assert.Equal(32, vectors.Width);
    }

    [Fact]
    public async Task Pretraining_begins_anew_and_loses_nothing_of_long_texts()
    {
        var folder = _world.Decoder();
        CanonicalRecord[] texts = [.. Enumerable.Range(0, 12).Select(i => new CanonicalRecord(Digest.OfText($"text {i}"), RecordKind.Text, new("t.jsonl", i + 1, 0)) { Text = string.Join(' ', Enumerable.Repeat(Late[i % 3] + ".", 12)) })];
        var log = await _world.RunAsync(folder, "task: pretrain\ndata: {max_length: 32, packing: true}\ntraining: {learning_rate: 0.01, num_train_epochs: 6, per_device_train_batch_size: 4}", texts);
        Assert.True(log[^1].Values["loss"] < log[0].Values["loss"] / 2, $"{log[0].Values["loss"]} to {log[^1].Values["loss"]}");
        using var result = ModelFolder.Open(_world.Result);
        Assert.Equal(ModelHead.Causal, result.Config.Head);
    }

    [Fact]
    public async Task Pretraining_is_never_left_unmeasured_by_a_validation_dataset_and_tells_of_texts_that_are_in_both()
    {
        using var task = new PretrainTask(new(Tiny.Recipe("task: pretrain\ndata: {max_length: 32, validation: exam}"), _world.Decoder(), "registry://base:1"));
        static LoadedDataset Set(string name, bool measured, params string[] texts) =>
            new(new(name), Digest.OfText(name), [.. texts.Select((text, i) => new CanonicalRecord(Digest.OfText($"{name} {i}"), RecordKind.Text, new("t.jsonl", i + 1, 0)) { Text = text })]) { Measured = measured };
        Task<PreparedData> Prepare(params string[] exam) => task.PrepareAsync([Set("exam", true, exam), Set("texts", false, Late)], null!, default);
        var problem = Assert.Single((await Assert.ThrowsAsync<TemperException>(() => Prepare())).Problems);
        Assert.Equal(("training_data_empty", "data.validation"), (problem.Code, problem.Path));
        Assert.Contains("'exam', the validation dataset, has no example", problem.Message, StringComparison.Ordinal);
        var data = await Prepare(Late[0], Money[0]);
        Assert.Equal((3, 2), (data.Train.Count, data.HeldOut.Count));
        Assert.StartsWith("1 of 2 records of the validation dataset are trained on, too: data_leak", Assert.Single(data.Notes), StringComparison.Ordinal);
    }

    internal static CanonicalRecord[] Questions(int count) => [.. Enumerable.Range(0, count).Select(i => new CanonicalRecord(Digest.OfText($"question {i}"), RecordKind.Labelled, new("q.jsonl", i + 1, 0))
    {
        Text = i % 2 == 0 ? Late[i / 2 % 3] : Money[i / 2 % 3],
        Class = i % 2 == 0 ? "delivery" : "billing",
    })];
}
