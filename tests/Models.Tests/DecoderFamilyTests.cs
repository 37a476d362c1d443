using Temper.Core.Safetensors;
using Temper.Tensors;
using Xunit.Abstractions;

namespace Temper.Models.Tests;

/// <summary>Every family against PyTorch: the same weights, tokens and masks give the same logits, loss, gradients and ten steps.</summary>
public sealed class DecoderFamilyTests(ITestOutputHelper output) : IDisposable
{
    private readonly IEngine engine = CpuEngine.Create(threads: 1);

    public static TheoryData<string> Names => GoldenModel.Names("decoders");

    public void Dispose() => engine.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void Logits_are_those_of_PyTorch(string name)
    {
        using var golden = GoldenModel.Open("decoders", name);
        using var decoder = Load(golden, trainable: false);
        float[] found = [.. golden.Examples.SelectMany(e => TinyModel.Logits(decoder, new PackedBatch(e.Tokens, [e.Tokens.Length])))];
        var worst = TinyModel.LargestDifference(golden.Floats("logits"), found);
        output.WriteLine($"{name}: largest difference of a logit {worst:E1}");
        Assert.InRange(worst, 0, 1e-5f);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Loss_and_every_gradient_are_those_of_PyTorch(string name)
    {
        using var golden = GoldenModel.Open("decoders", name);
        using var decoder = Load(golden, trainable: true);
        var batch = PackedBatch.Of(golden.Examples);
        using var scope = engine.BeginScope();
        var loss = decoder.Loss(batch);
        Assert.Equal(golden.Loss, engine.ScalarOf(loss.Sum) / batch.LabelCount, 1e-5);
        engine.Backward(loss.Sum, 1.0 / batch.LabelCount);
        var errors = decoder.Weights.ToDictionary(w => w.Name, w => golden.GradientError(engine, w));
        output.WriteLine($"{name}: largest relative error of {errors.Count} gradients {errors.Values.Max():E1}");
        Assert.All(errors, pair => Assert.True(pair.Value <= 1e-4, $"{pair.Key}: {pair.Value:E2}"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Ten_steps_of_AdamW_lose_as_in_PyTorch(string name)
    {
        using var golden = GoldenModel.Open("decoders", name);
        using var decoder = Load(golden, trainable: true);
        var batch = PackedBatch.Of(golden.Examples);
        var worst = TenSteps.Run(engine, decoder.Trainable, golden, () => (decoder.Loss(batch).Sum, batch.LabelCount));
        output.WriteLine($"{name}: largest difference of ten losses {worst:E1}");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Packing_checkpointing_and_caching_change_no_bit(string name)
    {
        using var golden = GoldenModel.Open("decoders", name);
        using var decoder = Load(golden, trainable: true);
        var documents = golden.Examples.Select(e => e.Tokens).ToArray();
        var alone = documents.Select(d => TinyModel.Logits(decoder, new PackedBatch(d, [d.Length]))).ToArray();
        Assert.Equal(alone.SelectMany(x => x), TinyModel.Logits(decoder, PackedBatch.Of(golden.Examples)));
        foreach (var recompute in new[] { Recomputation.FeedForward, Recomputation.Blocks })
            Assert.Equal(Gradients(decoder, golden.Examples), Gradients(decoder, golden.Examples, recompute));
        using var cache = new KvCache(engine, decoder.Config, documents.Length, 40);
        var (slots, vocabulary) = (documents.Select(_ => cache.Open()).ToArray(), decoder.Config.VocabularySize);
        var reach = decoder.Config.Rope.Kind == RotaryKind.Dynamic ? decoder.Config.MaxPositions : int.MaxValue;
        foreach (var size in new[] { 5, 1, 2, 1, 1, 14 })
        {
            var appends = documents.Select((d, i) => new CacheAppend(slots[i], [.. d.Skip(cache.Length(slots[i])).Take(Math.Min(size, reach - cache.Length(slots[i])))])).Where(a => a.Tokens.Length > 0).ToArray();
            if (appends.Length == 0) break;
            var logits = engine.ToFloats(decoder.Append(cache, appends));
            for (var i = 0; i < appends.Length; i++)
            {
                var document = Array.IndexOf(slots, appends[i].Slot);
                // Beyond its context a dynamic model's whole document turns otherwise, so only shorter ones compare.
                if (documents[document].Length > reach) continue;
                var last = cache.Length(appends[i].Slot) - 1;
                Assert.Equal(alone[document].AsSpan(last * vocabulary, vocabulary).ToArray(), logits.AsSpan(i * vocabulary, vocabulary).ToArray());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_order_of_examples_in_a_batch_changes_no_more_than_rounding(string name)
    {
        using var golden = GoldenModel.Open("decoders", name);
        using var decoder = Load(golden, trainable: true);
        var (forward, backward) = (Gradients(decoder, golden.Examples), Gradients(decoder, [.. golden.Examples.Reverse()]));
        foreach (var (a, b) in forward.Zip(backward))
            Assert.True(Math.Sqrt(a.Zip(b, (x, y) => Math.Pow(x - y, 2)).Sum()) <= 1e-6 * Math.Max(1, Math.Sqrt(a.Sum(x => (double)x * x))));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_written_reads_back_as_the_same_model(string name)
    {
        using var golden = GoldenModel.Open("decoders", name);
        var config = ModelConfig.Parse(golden.ConfigJson);
        var back = ModelConfig.Parse(config.ToJson());
        Assert.Equal(config.SlidingLayers, back.SlidingLayers);
        Assert.Equal(config with { EosTokenIds = [], SlidingLayers = [], Labels = [] }, back with { EosTokenIds = [], SlidingLayers = [], Labels = [] });
        using var decoder = Load(golden, trainable: false);
        using var folder = new Testing.TempFolder();
        SafetensorsWriter.Write(folder.Of("model.safetensors"), decoder.Sources(StoredType.F32));
        using var written = SafetensorsReader.Open(folder.Of("model.safetensors"));
        using var original = SafetensorsReader.Open(Path.Combine(golden.Folder, "model.safetensors"));
        Assert.Equal(original.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal), written.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal));
        Assert.All(original.Tensors, t => Assert.Equal(original.ReadFloats(t), written.ReadFloats(written.Find(t.Name)!)));
    }

    private Decoder Load(GoldenModel golden, bool trainable)
    {
        using var weights = WeightFiles.Open(golden.Folder);
        return Decoder.Load(engine, ModelConfig.Parse(golden.ConfigJson), weights, _ => trainable);
    }

    private float[][] Gradients(Decoder decoder, IReadOnlyList<Example> examples, Recomputation recompute = Recomputation.Nothing)
    {
        using var scope = engine.BeginScope();
        using var optimizer = engine.AdamW([new ParameterGroup([.. decoder.Trainable.Select(w => w.Tensor)])], new AdamWOptions());
        engine.Backward(decoder.Loss(PackedBatch.Of(examples), new ForwardOptions { Recompute = recompute }).Sum);
        float[][] found = [.. decoder.Trainable.Select(w => engine.ToFloats(engine.GradOf(w.Tensor)!))];
        optimizer.ZeroGrad();
        return found;
    }
}
