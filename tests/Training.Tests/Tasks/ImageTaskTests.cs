using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Data;

namespace Temper.Training.Tests.Tasks;

/// <summary>Images and their classes, from sealed files to a model that names shapes.</summary>
public sealed class ImageTaskTests : IDisposable
{
    internal static readonly string[] Names = ["bar", "pole", "square", "cross"];
    private readonly TaskWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task Four_shapes_are_told_apart_in_images_that_were_never_seen()
    {
        var (records, files) = Shapes(0, 400, captions: false);
        var log = await _world.RunAsync(_world.Encoder(EncoderKind.Vit), """
            task: image_classification
            data: {validation: 0.2, format: image_folder}
            training: {learning_rate: 0.003, num_train_epochs: 12, per_device_train_batch_size: 16, eval_strategy: epoch, lr_scheduler_type: cosine, warmup_ratio: 0.1}
            """, records, files);
        Assert.True(log[^1].Values["eval_accuracy"] >= 0.98, string.Join(' ', log.Where(s => s.Values.ContainsKey("eval_accuracy")).Select(s => $"{s.Values["loss"]:F2}/{s.Values["eval_accuracy"]:F2}")));
        using var report = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_world.Result, "classification_report.json")));
        var heldOut = report.RootElement.GetProperty("records").GetInt32();
        Assert.Equal(heldOut, report.RootElement.GetProperty("confusion_matrix").EnumerateArray().Sum(row => row.EnumerateArray().Sum(cell => cell.GetInt32())));
        Assert.Equal(heldOut, report.RootElement.GetProperty("classes").EnumerateArray().Sum(c => c.GetProperty("support").GetInt32()));
        Assert.Equal(log[^1].Values["eval_accuracy"], report.RootElement.GetProperty("accuracy").GetDouble(), 1e-9);

        using var model = ClassifierModel.Open(_world.Result, null, _world.Engine);
        Assert.True(model.ReadsImages);
        Assert.Equal(Names.Order(StringComparer.Ordinal), model.Labels);
        var right = Enumerable.Range(0, 100).Count(i => model.Classify(TaskWorld.Shape(9000 + i, i % 4))[0].Label == Names[i % 4]);
        Assert.InRange(right, 98, 100);
        Assert.Equal(1, model.Classify(TaskWorld.Shape(1, 1)).Sum(score => score.Probability), 1e-5);
    }

    [Fact]
    public async Task A_frozen_backbone_keeps_its_bits_until_its_epoch_and_blocks_that_are_never_unfrozen_for_ever()
    {
        var (records, files) = Shapes(0, 32, captions: true);
        var folder = _world.Encoder(EncoderKind.Vit);
        async Task<Dictionary<string, string>> Weights(string stages, int epochs)
        {
            using var world = new TaskWorld();
            await world.RunAsync(folder, $"task: image_classification\ntraining: {{learning_rate: 0.01, num_train_epochs: {epochs}, per_device_train_batch_size: 8, weight_decay: 0.1, {stages}}}", records, files);
            return Digests(world.Result);
        }

        var start = Digests(folder);
        string[] Changed(Dictionary<string, string> after) => [.. start.Where(w => after["vit." + w.Key] != w.Value).Select(w => w.Key)];
        Assert.Empty(Changed(await Weights("freeze_backbone: true", 3)));
        Assert.Empty(Changed(await Weights("freeze_backbone: true, unfreeze_at_epoch: 2", 2)));
        Assert.Equal(start.Count, Changed(await Weights("freeze_backbone: true, unfreeze_at_epoch: 2", 3)).Length);
        Assert.All(Changed(await Weights("freeze_backbone: true, unfreeze_last_layers: 1", 2)), name => Assert.StartsWith("encoder.layer.1.", name, StringComparison.Ordinal));
        Assert.Empty(Changed(await Weights("freeze_backbone: true, unfreeze_last_layers: 1, unfreeze_at_epoch: 1", 1)));
    }

    [Fact]
    public async Task A_class_that_only_held_out_records_have_is_an_error_that_names_it()
    {
        var (records, files) = Shapes(0, 40, captions: true);
        var (strange, more) = Shapes(500, 1, captions: true);
        foreach (var (digest, bytes) in more) files[digest] = bytes;
        for (var seed = 0; ; seed++)
        {
            using var world = new TaskWorld();
            var odd = strange[0] with { Captions = ["star"] };
            try
            {
                await world.RunAsync(world.Encoder(EncoderKind.Vit), $"task: image_classification\nseed: {seed}\ndata: {{validation: 0.3}}\ntraining: {{max_steps: 1}}", [.. records, odd], files);
                Assert.InRange(seed, 0, 40);
            }
            catch (TemperException e)
            {
                Assert.Equal("label_unknown", e.Code);
                Assert.Contains("star", e.Message, StringComparison.Ordinal);
                return;
            }
        }
    }

    [Fact]
    public void Augmentation_is_a_function_of_its_key_and_of_nothing_else()
    {
        var pixels = Enumerable.Range(0, 2 * 3 * 16 * 16).Select(i => (float)i).ToArray();
        var both = new ImageAugmentation(true, true, 16);
        Assert.Equal(both.Apply(pixels, new(1, 0x110, 3, 1)), both.Apply(pixels, new(1, 0x110, 3, 1)));
        Assert.NotEqual(both.Apply(pixels, new(1, 0x110, 3, 1)), both.Apply(pixels, new(1, 0x110, 4, 1)));
        var mirrored = new ImageAugmentation(false, true, 16);
        var flipped = Enumerable.Range(0, 200).Count(step => mirrored.Apply(pixels, new(1, 0x110, (uint)step))[0] != 0);
        Assert.InRange(flipped, 60, 140);
    }

    private static Dictionary<string, string> Digests(string folder)
    {
        using var file = SafetensorsReader.Open(Path.Combine(folder, "model.safetensors"));
        return file.Tensors.Where(t => !t.Name.StartsWith("classifier", StringComparison.Ordinal))
            .ToDictionary(t => t.Name, t => Digest.Of(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(file.ReadFloats(t)).ToArray()).Hex);
    }

    internal static (List<CanonicalRecord> Records, Dictionary<Digest, byte[]> Files) Shapes(int first, int count, bool captions)
    {
        var (records, files) = (new List<CanonicalRecord>(), new Dictionary<Digest, byte[]>());
        foreach (var i in Enumerable.Range(first, count))
        {
            var bytes = TaskWorld.Png(TaskWorld.Shape(i, i % 4));
            files[Digest.Of(bytes)] = bytes;
            records.Add(new(Digest.OfText($"image {i}"), RecordKind.Image, new($"shapes/{Names[i % 4]}/{i}.png", 1, 0))
            {
                Image = new(Digest.Of(bytes), TaskWorld.Side, TaskWorld.Side, "image/png"),
                Captions = captions ? [Names[i % 4]] : null,
            });
        }
        return (records, files);
    }
}
