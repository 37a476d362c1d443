using System.Text.Json.Nodes;
using Temper.Core.Errors;
using Temper.Core.Safetensors;
using Temper.Tensors;
using Temper.Testing;

namespace Temper.Models.Tests;

public sealed class LoraTests : IDisposable
{
    private readonly IEngine engine = CpuEngine.Create(threads: 1);
    private readonly TempFolder folder = new();

    public void Dispose()
    {
        engine.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void An_adapter_made_elsewhere_gives_the_logits_and_gradients_of_PyTorch()
    {
        using var decoder = TinyModel.Load(engine);
        using var adapter = LoraAdapter.Load(decoder, TinyModel.DataPath("tiny-lora"), trainable: true);
        using var golden = SafetensorsReader.Open(TinyModel.DataPath("tiny-lora-grads.safetensors"));
        var options = new ForwardOptions { Adapter = adapter };
        for (var i = 0; i < 3; i++)
            Assert.InRange(TinyModel.LargestDifference(TinyModel.Floats(TinyModel.LoraGolden.GetProperty("logits")[i]), TinyModel.Logits(decoder, Batch(i), options)), 0, 1e-5f);
        using var scope = engine.BeginScope();
        var loss = decoder.Loss(PackedBatch.Of(TinyModel.Examples), options);
        var labels = TinyModel.Golden.GetProperty("labels").GetInt32();
        Assert.Equal(TinyModel.LoraGolden.GetProperty("loss").GetDouble(), engine.ScalarOf(loss.Sum) / labels, 1e-5);
        engine.Backward(loss.Sum, 1.0 / labels);
        foreach (var (name, tensor) in adapter.Weights)
            Assert.InRange(DecoderTests.RelativeError(golden.ReadFloats(golden.Find(name)!), engine.ToFloats(engine.GradOf(tensor)!)), 0, 1e-4);
        Assert.Empty(decoder.Trainable);
    }

    [Fact]
    public void A_merged_model_answers_as_the_base_with_the_adapter()
    {
        // In f64 arithmetic all that is left is the one rounding of the merged weights to f32.
        using var exact = CpuEngine.CreateDouble();
        Assert.InRange(MergeError(exact), 0, 1e-6f);
        Assert.InRange(MergeError(engine), 0, 1e-5f);
    }

    [Fact]
    public void A_damaged_adapter_is_not_merged()
    {
        using var decoder = TinyModel.Load(engine);
        using var adapter = LoraAdapter.Load(decoder, TinyModel.DataPath("tiny-lora"));
        engine.SetFloats(adapter.Weights[0].Tensor, [.. Enumerable.Repeat(float.NaN, (int)adapter.Weights[0].Tensor.Count)]);
        var error = Assert.Throws<TemperException>(() => SafetensorsWriter.Write(folder.Of("model.safetensors"), adapter.Merged(StoredType.F32)));
        Assert.Equal("merge_not_finite", error.Code);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_new_adapter_changes_nothing_and_comes_back_from_its_files_bit_for_bit()
    {
        using var decoder = TinyModel.Load(engine);
        using var adapter = LoraAdapter.Create(decoder, new LoraConfig { Rank = 4, TargetModules = ["all-linear"], Dropout = 0.1, BaseModel = "tiny" }, 9);
        Assert.Equal(TinyModel.Logits(decoder, Batch(0)), TinyModel.Logits(decoder, Batch(0), new ForwardOptions { Adapter = adapter }));
        Assert.Equal(2 * 7 * decoder.Config.Layers, adapter.Weights.Count);
        adapter.Save(folder.Path);
        using var back = LoraAdapter.Load(decoder, folder.Path);
        Assert.Equal(adapter.Weights.Select(w => w.Name), back.Weights.Select(w => w.Name));
        Assert.Equal(adapter.Weights.Select(w => engine.ToFloats(w.Tensor)), back.Weights.Select(w => engine.ToFloats(w.Tensor)));
        var a = engine.ToFloats(adapter.Weights[0].Tensor);
        Assert.InRange(a.Max(MathF.Abs), 0.9 / Math.Sqrt(32), 1 / Math.Sqrt(32));
    }

    [Fact]
    public void The_files_have_the_names_and_settings_that_PEFT_writes()
    {
        using var decoder = TinyModel.Load(engine);
        using var adapter = LoraAdapter.Create(decoder, new LoraConfig { Rank = 4, Alpha = 8, TargetModules = ["v_proj", "q_proj"], BaseModel = "tiny" }, 9);
        adapter.Save(folder.Path);
        using var file = SafetensorsReader.Open(folder.Of("adapter_model.safetensors"));
        Assert.Equal([4L, 32L], file.Find("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight")!.Shape);
        Assert.Equal([16L, 4L], file.Find("base_model.model.model.layers.1.self_attn.v_proj.lora_B.weight")!.Shape);
        Assert.Equal("""
            {
              "alpha_pattern": {},
              "auto_mapping": null,
              "base_model_name_or_path": "tiny",
              "bias": "none",
              "exclude_modules": null,
              "fan_in_fan_out": false,
              "inference_mode": true,
              "init_lora_weights": true,
              "layers_pattern": null,
              "layers_to_transform": null,
              "lora_alpha": 8,
              "lora_dropout": 0,
              "modules_to_save": null,
              "peft_type": "LORA",
              "r": 4,
              "rank_pattern": {},
              "revision": null,
              "target_modules": [
                "q_proj",
                "v_proj"
              ],
              "task_type": "CAUSAL_LM",
              "use_dora": false,
              "use_rslora": false
            }
            """, File.ReadAllText(folder.Of("adapter_config.json")));
    }

    [Fact]
    public void Patterns_change_rank_and_scale_of_the_modules_they_name()
    {
        var config = new LoraConfig
        {
            Rank = 8,
            Alpha = 16,
            RankPattern = new Dictionary<string, int> { ["q_proj"] = 4, ["layers.1.self_attn.v_proj"] = 2 },
            AlphaPattern = new Dictionary<string, double> { [".*.mlp.up_proj"] = 32 },
        };
        Assert.Equal((4, 4.0), (config.RankOf("model.layers.0.self_attn.q_proj"), config.ScaleOf("model.layers.0.self_attn.q_proj")));
        Assert.Equal((8, 2), (config.RankOf("model.layers.0.self_attn.v_proj"), config.RankOf("model.layers.1.self_attn.v_proj")));
        Assert.Equal(4.0, config.ScaleOf("model.layers.0.mlp.up_proj"));
        Assert.Equal(16 / Math.Sqrt(8), (config with { UseRsLora = true }).ScaleOf("model.layers.0.self_attn.k_proj"));
    }

    [Theory]
    [InlineData("q_porj", "target_not_found", "there are q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj")]
    [InlineData("lm_head", "adapter_unsupported", "'lm_head' cannot be adapted")]
    public void A_target_that_does_not_exist_is_refused_with_the_names_that_do(string target, string code, string text)
    {
        using var decoder = TinyModel.Load(engine);
        var error = Assert.Throws<TemperException>(() => LoraAdapter.Create(decoder, new LoraConfig { Rank = 4, TargetModules = [target] }, 1));
        Assert.Equal(code, error.Code);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("use_qalora", "true")]
    [InlineData("lora_bias", "true")]
    [InlineData("layer_replication", "[[0, 1]]")]
    [InlineData("target_parameters", "[\"experts\"]")]
    [InlineData("trainable_token_indices", "[3]")]
    [InlineData("init_lora_weights", "\"pissa\"")]
    [InlineData("peft_type", "\"LOHA\"")]
    [InlineData("bias", "\"all\"")]
    [InlineData("something_new", "3")]
    public void A_setting_that_would_change_the_result_is_never_ignored(string name, string value)
    {
        var config = JsonNode.Parse(File.ReadAllBytes(TinyModel.DataPath("tiny-lora/adapter_config.json")))!.AsObject();
        config[name] = JsonNode.Parse(value);
        var error = Assert.Throws<TemperException>(() => LoraConfig.Parse(System.Text.Encoding.UTF8.GetBytes(config.ToJsonString())));
        Assert.Equal("adapter_unsupported", error.Code);
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_adapter_of_another_base_is_refused_with_every_difference()
    {
        using var decoder = Decoder.Create(engine, TinyModel.Config with { HiddenSize = 16, Layers = 1 }, 1);
        var error = Assert.Throws<TemperException>(() => LoraAdapter.Load(decoder, TinyModel.DataPath("tiny-lora")));
        Assert.Contains(error.Problems, p => p.Code == "shape_mismatch");
        Assert.Equal(6, error.Problems.Count(p => p.Code == "tensor_unexpected"));
    }

    private float MergeError(IEngine on)
    {
        using var decoder = TinyModel.Load(on);
        using var adapter = LoraAdapter.Load(decoder, TinyModel.DataPath("tiny-lora"));
        var unmerged = TinyModel.Logits(decoder, Batch(0), new ForwardOptions { Adapter = adapter });
        SafetensorsWriter.Write(folder.Of("model.safetensors"), adapter.Merged(StoredType.F32));
        using var weights = WeightFiles.Open(folder.Path);
        using var merged = Decoder.Load(on, decoder.Config, weights);
        Assert.NotEqual(unmerged, TinyModel.Logits(decoder, Batch(0)));
        return TinyModel.LargestDifference(unmerged, TinyModel.Logits(merged, Batch(0))) / unmerged.Max(MathF.Abs);
    }

    private static PackedBatch Batch(int document) => new(TinyModel.Documents[document], [TinyModel.Documents[document].Length]);
}
