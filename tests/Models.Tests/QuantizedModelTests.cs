using System.Text;
using System.Text.Json.Nodes;
using Temper.Core.Errors;
using Temper.Core.Safetensors;
using Temper.Tensors;
using Temper.Testing;

namespace Temper.Models.Tests;

public sealed class QuantizedModelTests : IDisposable
{
    private readonly IEngine engine = CpuEngine.Create(threads: 1);
    private readonly TempFolder folder = new();

    public void Dispose()
    {
        engine.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(QuantizationKind.NF4, true, 0.1)]
    [InlineData(QuantizationKind.NF4, false, 0.1)]
    [InlineData(QuantizationKind.FP4, true, 0.13)]
    [InlineData(QuantizationKind.Int8, false, 0.01)]
    public void A_quantised_model_opens_again_takes_less_room_and_answers_nearly_the_same(QuantizationKind kind, bool nested, double weightError)
    {
        using var model = ExportModels.Make(engine, folder.Of("base"), "llama");
        new QuantizedModel(kind, nested).Save(model, folder.Of("small"));
        using var small = ModelFolder.Open(folder.Of("small"), checkFinite: true);
        Assert.Equal(model.Weights.Tensors["model.layers.0.mlp.up_proj.weight"].Shape, small.Weights.Tensors["model.layers.0.mlp.up_proj.weight"].Shape);
        Assert.DoesNotContain(small.Weights.Tensors.Keys, key => key.Contains("absmax", StringComparison.Ordinal));
        Assert.InRange(Error(Weight(model), Weight(small)), weightError / 3, weightError);
        // Random layers multiply the error of their weights.
        Assert.InRange(Error(Logits(model), Logits(small)), weightError / 10, weightError * 5);
        using var file = SafetensorsReader.Open(Path.Combine(folder.Of("small"), "model.safetensors"));
        var bytes = file.Tensors.Where(t => t.Name.Contains("up_proj", StringComparison.Ordinal)).Sum(t => t.End - t.Begin);
        Assert.InRange(bytes, 0, 2 * 96 * 64 * (kind == QuantizationKind.Int8 ? 1.1 : 0.8));
        var settings = JsonNode.Parse(File.ReadAllBytes(Path.Combine(folder.Of("small"), "config.json")))!["quantization_config"]!;
        Assert.Equal(kind != QuantizationKind.Int8, (bool)settings["load_in_4bit"]!);
    }

    [Theory]
    [InlineData("blocksize", "7", "blocksize is 7")]
    [InlineData("quant_type", "\"nf3\"", "neither nf4 nor fp4")]
    [InlineData("quant_type", "\"fp4\"", "says FP4")]
    [InlineData("shape", "[0, 4]", "not a list of sizes")]
    [InlineData("shape", "[9223372036854775807, 4]", "not a list of sizes")]
    [InlineData("shape", "[64, 64]", "expected 64 F32")]
    [InlineData("dtype", "\"float64\"", "dtype")]
    [InlineData("nested_blocksize", "256", "expected 96 U8")]
    public void Parts_that_contradict_each_other_are_refused(string key, string value, string text)
    {
        const string Name = "x.weight";
        var (codes, scales) = (new byte[3072], new float[96]);
        var state = JsonNode.Parse(new QuantState(FourBitKind.NF4, 64, StoredType.F32, [96, 64]).ToJson())!.AsObject();
        state[key] = JsonNode.Parse(value);
        var json = Encoding.UTF8.GetBytes(state.ToJsonString());
        SafetensorsWriter.Write(folder.Of("model.safetensors"),
        [
            new TensorSource(Name, StoredType.U8, [3072, 1], (first, target) => codes.AsSpan((int)first, target.Length).CopyTo(target)), TensorSource.Of(Name + ".absmax", [96], scales),
            TensorSource.Of(Name + ".quant_map", [16], [.. FourBit.Table(FourBitKind.NF4)]),
            new TensorSource(Name + ".quant_state.bitsandbytes__nf4", StoredType.U8, [json.Length], (first, target) => json.AsSpan((int)first, target.Length).CopyTo(target)),
        ]);
        var error = Assert.Throws<TemperException>(() => WeightFiles.Open(folder.Path));
        Assert.Equal("quantization_invalid", error.Code);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Eight_bit_scales_without_their_matrix_are_refused()
    {
        SafetensorsWriter.Write(folder.Of("model.safetensors"), [TensorSource.Of("x.SCB", [2], [1, 1])]);
        Assert.Equal("quantization_invalid", Assert.Throws<TemperException>(() => WeightFiles.Open(folder.Path)).Code);
    }

    [Theory]
    [InlineData("nf4-double", QuantizationKind.NF4, true)]
    [InlineData("fp4", QuantizationKind.FP4, false)]
    [InlineData("int8", QuantizationKind.Int8, false)]
    public void A_quantised_folder_holds_the_tensors_and_bytes_that_bitsandbytes_and_transformers_keep(string name, QuantizationKind kind, bool nested)
    {
        using var model = TinyModel.Folder(folder.Of("base"));
        new QuantizedModel(kind, nested).Save(model, folder.Of("ours"));
        using var ours = SafetensorsReader.Open(Path.Combine(folder.Of("ours"), "model.safetensors"));
        using var theirs = SafetensorsReader.Open(TinyModel.DataPath($"quantization/{name}/model.safetensors"));
        Assert.Equal(theirs.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal), ours.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal));
        foreach (var tensor in theirs.Tensors)
        {
            var found = ours.Find(tensor.Name)!;
            var (expected, bytes) = (Raw(theirs, tensor), Raw(ours, found));
            Assert.Equal(tensor.Type, found.Type);
            if (tensor.Name.Contains("quant_state", StringComparison.Ordinal)) Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(bytes)), tensor.Name);
            else Assert.Equal((tensor.Name, string.Join(',', tensor.Shape), Convert.ToHexString(expected)), (found.Name, string.Join(',', found.Shape), Convert.ToHexString(bytes)));
        }
    }

    [Theory]
    [InlineData("nf4-double")]
    [InlineData("fp4")]
    [InlineData("int8")]
    public void A_quantised_folder_made_elsewhere_is_read_as_the_numbers_that_it_stands_for(string name)
    {
        var digests = JsonNode.Parse(File.ReadAllBytes(TinyModel.DataPath("quantization/values.json")))!.AsObject().Where(pair => pair.Key.StartsWith(name, StringComparison.Ordinal)).ToArray();
        using var weights = WeightFiles.Open(TinyModel.DataPath($"quantization/{name}"));
        Assert.Equal(14, digests.Length);
        foreach (var (key, digest) in digests)
        {
            var values = new float[weights.Tensors[key[(name.Length + 1)..]].Count];
            weights.ReadFloats(key[(name.Length + 1)..], 0, values);
            Assert.Equal((string?)digest, Core.Ids.Digest.Of(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values)).Hex);
        }
    }

    [Fact]
    public void A_quantised_model_is_not_quantised_once_more()
    {
        using var model = ExportModels.Make(engine, folder.Of("base"), "llama");
        new QuantizedModel(QuantizationKind.Int8).Save(model, folder.Of("once"));
        using var once = ModelFolder.Open(folder.Of("once"));
        Assert.Contains("quantised already", Assert.Throws<TemperException>(() => new QuantizedModel(QuantizationKind.Int8).Save(once, folder.Of("twice"))).Message);
        Assert.False(Directory.Exists(folder.Of("twice")));
    }

    [Fact]
    public void A_model_merged_onto_a_quantised_base_is_whole_again()
    {
        using var model = ExportModels.Make(engine, folder.Of("base"), "llama");
        new QuantizedModel(QuantizationKind.NF4).Save(model, folder.Of("small"));
        using var small = ModelFolder.Open(folder.Of("small"));
        using var decoder = small.LoadDecoder(engine);
        using var adapter = LoraAdapter.Create(decoder, new LoraConfig { Rank = 2 }, 1);
        small.SaveAs(folder.Of("whole"), adapter.Merged(StoredType.F32));
        using var whole = ModelFolder.Open(folder.Of("whole"));
        Assert.Equal(Logits(small), Logits(whole));
        Assert.Null(JsonNode.Parse(File.ReadAllBytes(Path.Combine(folder.Of("whole"), "config.json")))!["quantization_config"]);
    }

    private static byte[] Raw(SafetensorsReader file, StoredTensor tensor)
    {
        var bytes = new byte[tensor.End - tensor.Begin];
        file.ReadBytes(tensor, 0, bytes);
        return bytes;
    }

    private static double Error(float[] whole, float[] less) => Math.Sqrt(whole.Zip(less, (a, b) => Math.Pow(a - b, 2)).Sum() / whole.Sum(a => a * a));

    private static float[] Weight(ModelFolder model)
    {
        var values = new float[96 * 64];
        model.Weights.ReadFloats("model.layers.1.mlp.up_proj.weight", 0, values);
        return values;
    }

    private float[] Logits(ModelFolder model)
    {
        using var decoder = model.LoadDecoder(engine);
        return TinyModel.Logits(decoder, new PackedBatch([5, 17, 300, 42, 8], [5]));
    }
}
