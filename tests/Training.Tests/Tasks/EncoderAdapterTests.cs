using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Ids;
using Temper.Core.Safetensors;
using Temper.Models;
using Temper.Tensors;
using Temper.Testing;

namespace Temper.Training.Tests.Tasks;

/// <summary>Adapters of BERT and ViT, from recipe to answer; and merged, where other code computes the same.</summary>
public sealed class EncoderAdapterTests : IDisposable
{
    private const string Steps = "training: {learning_rate: 0.01, max_steps: 40, per_device_train_batch_size: 6, lr_scheduler_type: constant}";
    private readonly TaskWorld _world = new();
    private readonly TempFolder _folder = new();

    public void Dispose()
    {
        _world.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("r: 4", "bert.encoder.layer.0.attention.self.query")]
    [InlineData("r: 4, lora_dropout: 0.1, use_dora: true, target_modules: all-linear", "bert.pooler.dense")]
    [InlineData("r: 4, use_rslora: true, target_modules: [key, dense]", "bert.encoder.layer.1.intermediate.dense")]
    public async Task Questions_are_sorted_by_an_adapter_of_bert_and_by_what_is_merged_of_it(string lora, string module)
    {
        var folder = _world.Encoder(EncoderKind.Bert);
        var log = await _world.RunAsync(folder, $"task: sequence_classification\nlora: {{{lora}}}\ndata: {{max_length: 32}}\n{Steps}", TextTaskTests.Questions(24));
        Assert.Equal(1, log[^1].Values["accuracy"]);
        using (var adapter = SafetensorsReader.Open(Path.Combine(_world.Result, "adapter_model.safetensors")))
        {
            Assert.Equal([2, 32], adapter.Find("base_model.model.classifier.weight")!.Shape);
            Assert.Equal(4, adapter.Find($"base_model.model.{module}.lora_A.weight")!.Shape[0]);
        }
        using (var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_world.Result, "adapter_config.json"))))
            Assert.Equal(("SEQ_CLS", "classifier"), (config.RootElement.GetProperty("task_type").GetString(), config.RootElement.GetProperty("modules_to_save")[0].GetString()));
        using var model = ClassifierModel.Open(_world.Result, folder, _world.Engine);
        foreach (var question in TextTaskTests.Questions(6))
            Assert.Equal(question.Class, model.Classify(question.Text!)[0].Label);
        AdapterFolder.Copy(_world.Result, _folder.Of("peft"), "org/base");
        using (var files = EncoderFolder.Open(folder))
            Assert.Equal("org/base", AdapterFolder.Check(_folder.Of("peft"), files).BaseModel);
        using (var copied = ClassifierModel.Open(_folder.Of("peft"), folder, _world.Engine))
            Assert.Equal(model.Labels, copied.Labels);
        using var merged = ClassifierModel.Open(Merge(folder), null, _world.Engine);
        foreach (var question in TextTaskTests.Questions(6))
            Assert.Equal(model.Classify(question.Text!)[0].Probability, merged.Classify(question.Text!)[0].Probability, 1e-5);
    }

    [Fact]
    public async Task A_pooler_that_the_base_lacks_is_trained_and_stored_with_the_adapter()
    {
        var folder = _world.Encoder(EncoderKind.Bert, pooler: false);
        await _world.RunAsync(folder, $"task: sequence_classification\nlora: {{r: 4}}\ndata: {{max_length: 32}}\n{Steps}", TextTaskTests.Questions(24));
        using (var adapter = SafetensorsReader.Open(Path.Combine(_world.Result, "adapter_model.safetensors")))
            Assert.Equal([32, 32], adapter.Find("base_model.model.bert.pooler.dense.weight")!.Shape);
        using var model = ClassifierModel.Open(_world.Result, folder, _world.Engine);
        Assert.All(TextTaskTests.Questions(6), question => Assert.Equal(question.Class, model.Classify(question.Text!)[0].Label));
    }

    [Fact]
    public async Task A_vit_that_knows_shapes_learns_other_names_for_them_by_an_adapter()
    {
        const string Task = "task: image_classification\ndata: {validation: 0.2}\n";
        using var first = new TaskWorld();
        var (records, files) = ImageTaskTests.Shapes(0, 320, captions: true);
        await first.RunAsync(first.Encoder(EncoderKind.Vit), Task + "training: {learning_rate: 0.003, num_train_epochs: 10, per_device_train_batch_size: 16, warmup_ratio: 0.1}", records, files);
        CanonicalRecord[] renamed = [.. records.Select((record, i) => record with { Captions = [ImageTaskTests.Names[(i + 1) % 4]] })];
        var log = await _world.RunAsync(first.Result, Task + "lora: {r: 8, lora_alpha: 16, target_modules: [query, value]}\ntraining: {learning_rate: 0.01, num_train_epochs: 10, per_device_train_batch_size: 16, eval_strategy: epoch}", renamed, files);
        Assert.True(log[^1].Values["eval_accuracy"] >= 0.95, string.Join(' ', log.Where(s => s.Values.ContainsKey("eval_accuracy")).Select(s => $"{s.Values["loss"]:F2}/{s.Values["eval_accuracy"]:F2}")));
        using (var adapter = SafetensorsReader.Open(Path.Combine(_world.Result, "adapter_model.safetensors")))
            Assert.Equal(["attention.attention.query", "attention.attention.value", "classifier"], adapter.Tensors.Select(tensor => tensor.Name.Replace("base_model.model.", "", StringComparison.Ordinal))
                .Select(name => name.Contains("layer.", StringComparison.Ordinal) ? name[(name.IndexOf("layer.", StringComparison.Ordinal) + 8)..name.IndexOf(".lora", StringComparison.Ordinal)] : name[..name.LastIndexOf('.')]).Distinct().Order(StringComparer.Ordinal));
        using var before = ClassifierModel.Open(first.Result, null, _world.Engine);
        using var model = ClassifierModel.Open(_world.Result, first.Result, _world.Engine);
        using var merged = ClassifierModel.Open(Merge(first.Result), null, _world.Engine);
        int Right(ClassifierModel asked, int by) => Enumerable.Range(0, 100).Count(i => asked.Classify(TaskWorld.Shape(9000 + i, i % 4))[0].Label == ImageTaskTests.Names[(i + by) % 4]);
        Assert.InRange(Right(before, 0), 90, 100);
        Assert.InRange(Right(model, 1), 90, 100);
        Assert.Equal(Right(model, 1), Right(merged, 1));
    }

    [Fact]
    public async Task Texts_that_belong_together_come_near_each_other_by_an_adapter()
    {
        string[] questions = ["where is my parcel", "the bill is wrong", "it is late", "my money", "lost and late", "the wrong parcel", "where is it", "is my bill late"];
        CanonicalRecord[] pairs = [.. questions.Select((q, i) => new CanonicalRecord(Digest.OfText($"pair {i}"), RecordKind.PromptCompletion, new("p.jsonl", i + 1, 0)) { Prompt = q, Completion = $"{(char)('a' + i)}{(char)('k' + i)}{i}" })];
        var folder = _world.Encoder(EncoderKind.Bert);
        var log = await _world.RunAsync(folder, "task: embedding\nlora: {r: 16, target_modules: all-linear}\ntraining: {learning_rate: 0.01, max_steps: 60, per_device_train_batch_size: 8, lr_scheduler_type: constant}", pairs);
        Assert.Equal(1, log[^1].Values["accuracy"]);
        using (var adapter = SafetensorsReader.Open(Path.Combine(_world.Result, "adapter_model.safetensors")))
            Assert.DoesNotContain(adapter.Tensors, tensor => tensor.Name.Contains("pooler", StringComparison.Ordinal));
        using var model = EmbeddingModel.Open(_world.Result, _world.Engine, folder);
        using var merged = EmbeddingModel.Open(Merge(folder), _world.Engine);
        string[] texts = [.. pairs.Select(p => p.Prompt!), .. pairs.Select(p => p.Completion!)];
        var (vectors, same) = (model.Embedder.Embed(texts).Vectors, merged.Embedder.Embed(texts).Vectors);
        double Cosine(int a, int b) => vectors[a].Zip(vectors[b], (x, y) => (double)x * y).Sum();
        Assert.All(Enumerable.Range(0, 8), i => Assert.Equal(i, Enumerable.Range(0, 8).MaxBy(j => Cosine(i, 8 + j))));
        Assert.All(vectors.Zip(same), pair => Assert.All(pair.First.Zip(pair.Second), x => Assert.Equal(x.First, x.Second, 1e-5)));
    }

    private string Merge(string folder)
    {
        var path = _folder.Of("merged");
        using var model = EncoderFolder.Open(folder);
        MergedEncoder.Save(model, _world.Result, path);
        Assert.InRange(MergedEncoder.Verify(_world.Engine, model, _world.Result, path), 0, 1e-5);
        return path;
    }
}
