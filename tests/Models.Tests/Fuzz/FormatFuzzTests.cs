using System.Text;
using Temper.Core.Errors;
using Temper.Core.Safetensors;
using Temper.Tensors;
using Temper.Testing;

namespace Temper.Models.Tests;

/// <summary>Damaged files of weights, settings and adapters, and a hub's damaged answers, are read or refused by name; nothing else happens.</summary>
public sealed class FormatFuzzTests : IDisposable
{
    private static readonly byte[] Listing = Encoding.UTF8.GetBytes("""
        {"sha": "AAAA", "siblings": [{"rfilename": "config.json", "size": 3, "blobId": "AAAA"}, {"rfilename": "tokenizer.json"},
        {"rfilename": "model.safetensors", "size": 9, "lfs": {"sha256": "AAAAaaaaaaaaaaaaaaaaaaaaaaaa", "size": 9}}]}
        """.Replace("AAAA", new string('a', 40), StringComparison.Ordinal));

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Damaged_weights_are_refused_by_name()
    {
        byte[][] good = [File.ReadAllBytes(TinyModel.DataPath("peft/lora/adapter_model.safetensors")), .. Corpus.Files("safetensors").Select(File.ReadAllBytes).Where(file => file.Length > 16)];
        Fuzzing.Run("safetensors", 300, key => Weights(Fuzzing.Damage(good[Philox.Below(key, 900, good.Length)], key)));
    }

    [Fact]
    public void Damaged_settings_of_a_model_are_refused_by_name()
    {
        byte[][] good = [File.ReadAllBytes(TinyModel.DataPath("tiny-llama/config.json")), .. Corpus.Files("configs").Select(File.ReadAllBytes).Where(IsObject)];
        Fuzzing.Run("config", 2000, key => Settings(Damage(good, key)));
    }

    [Fact]
    public void Damaged_settings_of_an_adapter_are_refused_by_name()
    {
        byte[][] good = [.. new[] { "lora", "dora", "patterns", "saved", "layers" }.Select(name => File.ReadAllBytes(TinyModel.DataPath($"peft/{name}/adapter_config.json")))];
        Fuzzing.Run("adapter", 600, key => Adapter(Damage(good, key)));
    }

    [Fact]
    public void Damaged_answers_of_a_hub_are_refused_by_name() => Fuzzing.Run("hub", 2000, key => Answer(Damage([Listing], key)));

    [Fact]
    public void Damaged_parts_of_quantised_weights_are_refused_by_name()
    {
        var (codes, scales) = (new byte[64], new float[2]);
        SafetensorsWriter.Write(folder.Of("good"),
        [
            Bytes("x.weight", [64, 1], codes), TensorSource.Of("x.weight.absmax", [2], scales), TensorSource.Of("x.weight.quant_map", [16], [.. FourBit.Table(FourBitKind.NF4)]),
            Bytes("x.weight" + new QuantState(FourBitKind.NF4, 64, StoredType.F32, [8, 16]).Suffix, null, new QuantState(FourBitKind.NF4, 64, StoredType.F32, [8, 16]).ToJson()),
            new TensorSource("y.weight", StoredType.I8, [4, 8], (_, target) => target.Fill(3)), TensorSource.Of("y.SCB", [4], [1, 2, 3, 4]), Bytes("y.weight_format", [], [0]),
        ]);
        var good = File.ReadAllBytes(folder.Of("good"));
        Fuzzing.Run("quantised", 600, key => Quantised(Fuzzing.Damage(good, key)));
    }

    [Fact]
    public void A_damaged_index_of_shards_is_refused_by_name()
    {
        foreach (var shard in new[] { "a.safetensors", "b.safetensors" }) SafetensorsWriter.Write(folder.Of(shard), [TensorSource.Of(shard[..1], [1], [1])]);
        var good = """{"metadata": {"total_size": 8}, "weight_map": {"a": "a.safetensors", "b": "b.safetensors"}}"""u8.ToArray();
        Fuzzing.Run("index", 600, key =>
        {
            File.WriteAllBytes(folder.Of("model.safetensors.index.json"), Damage([good], key));
            Named(["weight_index_invalid", "safetensors_"], () => WeightFiles.Open(folder.Path).Dispose());
        });
    }

    [Theory]
    [InlineData("safetensors")]
    [InlineData("configs")]
    [InlineData("adapters")]
    [InlineData("listings")]
    [InlineData("gguf")]
    public void What_once_failed_does_not_fail_again(string parser)
    {
        foreach (var file in Corpus.Files(parser))
            Corpus.Feed(file, () => (parser switch { "safetensors" => Weights, "configs" => Settings, "adapters" => Adapter, "gguf" => Gguf, _ => (Action<byte[]>)Answer })(File.ReadAllBytes(file)));
    }

    private static void Settings(byte[] json)
    {
        Named(["config_invalid", "unsupported_architecture", "rope_unsupported"], () => Assert.All(DecoderLayout.Slots(ModelConfig.Parse(json)).Take(50), slot => Assert.All(slot.Shape, size => Assert.True(size > 0))));
        Named(["config_invalid"], () => GenerationConfig.Parse(json));
    }

    private static void Adapter(byte[] json) => Named(["adapter_invalid", "adapter_unsupported", "target_not_found", "lora_on_tied_head"], () =>
    {
        var config = LoraConfig.Parse(json);
        var found = LoraTargets.Find(AdaptedShape.Of(TinyModel.Config), config);
        LoraTargets.Saved(AdaptedShape.Of(TinyModel.Config), config);
        Assert.Equal(found, LoraTargets.Find(AdaptedShape.Of(TinyModel.Config), LoraConfig.Parse(config.ToJson())));
        Assert.All(found, module => Assert.True(double.IsFinite(config.ScaleOf(module.Path))));
    });

    private static void Answer(byte[] json) => Named(["hub_answer_invalid", "hub_not_a_model", "pickle_refused"], () =>
    {
        var listing = HubListingJson.Read(json, "a/b");
        Assert.All(listing.Files, file => Assert.StartsWith("/root/", Path.GetFullPath(Path.Combine("/root", file.Path)), StringComparison.Ordinal));
        HubSelection.Of(listing);
    });

    private void Weights(byte[] bytes)
    {
        File.WriteAllBytes(folder.Of("x.safetensors"), bytes);
        Named(["safetensors_"], () =>
        {
            using var reader = SafetensorsReader.Open(folder.Of("x.safetensors"));
            foreach (var tensor in reader.Tensors) reader.ReadFloats(tensor);
        });
    }

    private void Gguf(byte[] bytes)
    {
        File.WriteAllBytes(folder.Of("x.gguf"), bytes);
        Named(["gguf_"], () =>
        {
            using var reader = GgufReader.Open(folder.Of("x.gguf"));
            foreach (var tensor in reader.Tensors) reader.ReadFloats(tensor);
        });
    }

    private void Quantised(byte[] bytes)
    {
        File.WriteAllBytes(folder.Of("model.safetensors"), bytes);
        Named(["safetensors_", "quantization_invalid"], () =>
        {
            using var weights = WeightFiles.Open(folder.Path);
            foreach (var (name, tensor) in weights.Tensors) weights.ReadFloats(name, 0, new float[tensor.Count]);
        });
    }

    private static byte[] Damage(byte[][] good, RandomKey key)
    {
        var one = good[Philox.Below(key, 900, good.Length)];
        return Philox.Below(key, 901, 4) == 0 ? Fuzzing.Damage(one, key) : JsonDamage.Damage(one, key);
    }

    private static bool IsObject(byte[] json)
    {
        try
        {
            return JsonFields.Parse(json, "", "config_invalid").Names.Any();
        }
        catch (TemperException)
        {
            return false;
        }
    }

    private static TensorSource Bytes(string name, long[]? shape, byte[] bytes) =>
        new(name, StoredType.U8, shape ?? [bytes.Length], (first, target) => bytes.AsSpan((int)first, target.Length).CopyTo(target));

    private static void Named(string[] codes, Action read)
    {
        try
        {
            read();
        }
        catch (TemperException e)
        {
            Assert.All(e.Problems, problem => Assert.Contains(codes, code => problem.Code.StartsWith(code, StringComparison.Ordinal)));
        }
    }
}
