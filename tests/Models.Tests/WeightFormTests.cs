using Temper.Core.Safetensors;
using Temper.Tensors;
using Temper.Testing;

namespace Temper.Models.Tests;

/// <summary>Decoders whose matrices are kept in narrow forms.</summary>
public sealed class WeightFormTests : IDisposable
{
    private static readonly PackedBatch Batch = new([1, 5, 2, 9, 3, 3, 7, 4, 8], [5, 4]) { Supervised = [.. Enumerable.Repeat(true, 9)] };
    private readonly IEngine engine = CpuEngine.Create(threads: 2);
    private readonly TempFolder folder = new();

    public void Dispose()
    {
        engine.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(WeightForm.BF16)]
    [InlineData(WeightForm.Int8)]
    [InlineData(WeightForm.NF4)]
    [InlineData(WeightForm.NF4Nested)]
    public void A_narrow_model_answers_and_trains_exactly_as_the_model_of_its_numbers(WeightForm form)
    {
        using var model = ExportModels.Make(engine, folder.Of("base"), "llama");
        using var narrow = model.LoadDecoder(engine, form: form);
        Assert.Contains(narrow.Weights, w => w.Tensor.DType == DType.Frozen);
        Save(model, narrow, StoredType.F32, "wide");
        using var files = ModelFolder.Open(folder.Of("wide"));
        using var wide = files.LoadDecoder(engine);
        Assert.Equal(Results(wide), Results(narrow));
        Assert.NotEqual(Results(wide)[0], ResultsOf(model)[0]);
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("gpt2")]
    public void A_model_in_BF16_files_is_kept_in_half_the_memory_with_the_same_bits(string family)
    {
        using var model = ExportModels.Make(engine, folder.Of("base"), family);
        using (var decoder = model.LoadDecoder(engine)) Save(model, decoder, StoredType.BF16, "small");
        using var files = ModelFolder.Open(folder.Of("small"));
        using var real = files.LoadDecoder(engine);
        using var stored = files.LoadDecoder(engine, form: WeightForm.AsStored);
        Assert.All(stored.Weights, w => Assert.Equal(w.Tensor.Rank == 2, w.Tensor.DType == DType.Frozen));
        Assert.Equal(Results(real), Results(stored));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_model_of_four_bits_is_kept_so_with_the_same_bits(bool nested)
    {
        using var model = ExportModels.Make(engine, folder.Of("base"), "llama");
        new QuantizedModel(QuantizationKind.NF4, nested).Save(model, folder.Of("small"));
        using var files = ModelFolder.Open(folder.Of("small"));
        using var real = files.LoadDecoder(engine);
        using var stored = files.LoadDecoder(engine, form: WeightForm.AsStored);
        Assert.Equal(DType.Frozen, stored.Find("model.layers.0.mlp.up_proj.weight")!.DType);
        Assert.Equal(Results(real), Results(stored));
    }

    [Fact]
    public void Rounding_to_eight_bits_is_that_of_the_exported_file()
    {
        using var model = ExportModels.Make(engine, folder.Of("base"), "llama");
        using var narrow = model.LoadDecoder(engine, form: WeightForm.Int8);
        using var real = model.LoadDecoder(engine);
        foreach (var (kept, given) in narrow.Weights.Zip(real.Weights).Where(pair => pair.First.Tensor.DType == DType.Frozen && pair.First.Tensor.Size(1) % 32 == 0))
        {
            using var scope = engine.BeginScope();
            var (values, bytes) = (engine.ToFloats(given.Tensor), new byte[given.Tensor.Count / 32 * 34]);
            GgufTypes.FromFloats(GgufType.Q8_0, values, bytes);
            GgufTypes.ToFloats(GgufType.Q8_0, bytes, values);
            Assert.Equal(values, engine.ToFloats(engine.Cast(kept.Tensor, DType.F32)));
        }
    }

    [Fact]
    public void Trained_weights_stay_in_the_compute_type()
    {
        using var model = ExportModels.Make(engine, folder.Of("base"), "llama");
        using var decoder = model.LoadDecoder(engine, name => name.Contains("up_proj", StringComparison.Ordinal), WeightForm.NF4);
        Assert.All(decoder.Weights, w => Assert.Equal(w.Name.Contains("up_proj", StringComparison.Ordinal) || w.Tensor.Rank == 1 ? DType.F32 : DType.Frozen, w.Tensor.DType));
    }

    private void Save(ModelFolder model, Decoder decoder, StoredType type, string name) => model.SaveAs(folder.Of(name), decoder.Sources(type));

    private float[][] ResultsOf(ModelFolder model)
    {
        using var decoder = model.LoadDecoder(engine);
        return Results(decoder);
    }

    /// <summary>Logits, those of decoding, the loss and the gradients of an adapter with and without DoRA.</summary>
    private float[][] Results(Decoder decoder)
    {
        var results = new List<float[]> { TinyModel.Logits(decoder, Batch) };
        decoder.Prepack();
        using (var cache = new KvCache(engine, decoder.Config, 1, 16))
        {
            var slot = cache.Open();
            using var first = decoder.Append(cache, [new CacheAppend(slot, [1, 5, 2])]);
            using var second = decoder.Append(cache, [new CacheAppend(slot, [9])]);
            results.Add(engine.ToFloats(first));
            results.Add(engine.ToFloats(second));
        }

        foreach (var dora in new[] { false, true })
        {
            using var adapter = LoraAdapter.Create(decoder, new LoraConfig { Rank = 4, Alpha = 8, TargetModules = ["all-linear"], UseDora = dora }, 3);
            using var scope = engine.BeginScope();
            var loss = decoder.Loss(Batch, new ForwardOptions { Adapter = adapter });
            engine.Backward(loss.Sum);
            results.Add([(float)engine.ScalarOf(loss.Sum)]);
            results.AddRange(adapter.Weights.Select(w => engine.ToFloats(engine.GradOf(w.Tensor)!)));
        }

        return [.. results];
    }
}
