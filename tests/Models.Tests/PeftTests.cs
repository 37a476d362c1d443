using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Temper.Core.Errors;
using Temper.Core.Safetensors;
using Temper.Tensors;
using Temper.Testing;

namespace Temper.Models.Tests;

/// <summary>Adapters of every kind against plain PyTorch (tests/reference/peft_adapters.py) and PEFT's merge in numpy (peft_merge.py).</summary>
public sealed class PeftTests : IDisposable
{
    private static readonly JsonElement Golden = JsonDocument.Parse(File.ReadAllBytes(TinyModel.DataPath("peft/golden.json"))).RootElement;
    private readonly IEngine engine = CpuEngine.Create(threads: 1);
    private readonly TempFolder folder = new();

    public void Dispose()
    {
        engine.Dispose();
        folder.Dispose();
    }

    public static TheoryData<string> Cases => ["lora", "rslora", "dora", "patterns", "saved", "layers"];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_loss_and_every_gradient_are_those_of_PyTorch(string name)
    {
        using var decoder = TinyModel.Load(engine);
        using var adapter = LoraAdapter.Load(decoder, Case(name), trainable: true);
        using var golden = SafetensorsReader.Open(TinyModel.DataPath($"peft/{name}-grads.safetensors"));
        var options = new ForwardOptions { Adapter = adapter };
        Assert.InRange(TinyModel.LargestDifference(TinyModel.Floats(Golden.GetProperty(name).GetProperty("logits")), Logits(decoder, adapter)), 0, 1e-5f);
        using var scope = engine.BeginScope();
        var loss = decoder.Loss(PackedBatch.Of(TinyModel.Examples), options);
        var labels = TinyModel.Golden.GetProperty("labels").GetInt32();
        Assert.Equal(Golden.GetProperty(name).GetProperty("loss").GetDouble(), engine.ScalarOf(loss.Sum) / labels, 1e-5);
        engine.Backward(loss.Sum, 1.0 / labels);
        Assert.Equal(golden.Tensors.Count, adapter.Weights.Count);
        foreach (var (weight, tensor) in adapter.Weights)
            Assert.InRange(DecoderTests.RelativeError(golden.ReadFloats(golden.Find(weight)!), engine.ToFloats(engine.GradOf(tensor)!)), 0, 1e-4);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Merged_weights_answer_as_base_and_adapter_and_a_trained_adapter_as_a_loaded_one(string name)
    {
        // In f64 arithmetic all that is left is the one rounding of the merged weights to f32.
        using var exact = CpuEngine.CreateDouble();
        foreach (var (on, tolerance) in new[] { (exact, 1e-6f), (engine, 1e-5f) })
        {
            using var decoder = TinyModel.Load(on);
            using var adapter = LoraAdapter.Load(decoder, Case(name));
            using var trained = LoraAdapter.Load(decoder, Case(name), trainable: true);
            var unmerged = Logits(decoder, adapter);
            SafetensorsWriter.Write(folder.Of("model.safetensors"), adapter.Merged(StoredType.F32));
            using var weights = WeightFiles.Open(folder.Path);
            using var merged = Decoder.Load(on, decoder.Config, weights);
            Assert.InRange(TinyModel.LargestDifference(unmerged, Logits(merged, null)) / unmerged.Max(MathF.Abs), 0, tolerance);
            Assert.True(TinyModel.LargestDifference(unmerged, Logits(decoder, null)) > 0.01f);
            Assert.Equal(unmerged, Logits(decoder, trained));
        }
    }

    [Theory]
    [InlineData("lora")]
    [InlineData("patterns")]
    public void Merged_files_hold_the_numbers_of_PEFTs_formula_in_numpy(string name)
    {
        using var decoder = TinyModel.Load(engine);
        using var adapter = LoraAdapter.Load(decoder, Case(name));
        SafetensorsWriter.Write(folder.Of("model.safetensors"), adapter.Merged(StoredType.F32));
        using var ours = SafetensorsReader.Open(folder.Of("model.safetensors"));
        using var theirs = SafetensorsReader.Open(TinyModel.DataPath($"peft/{name}-merged.safetensors"));
        Assert.Equal(theirs.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal), ours.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal));
        foreach (var tensor in theirs.Tensors)
            Assert.InRange(TinyModel.LargestDifference(theirs.ReadFloats(tensor), ours.ReadFloats(ours.Find(tensor.Name)!)), 0, 1e-7f);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Folders_are_merged_without_an_engine_and_their_files_answer_as_base_and_adapter(string name)
    {
        using var model = TinyModel.Folder(folder.Of("base"));
        MergedFolder.Save(model, Case(name), folder.Of("merged"), StoredType.F32);
        Assert.InRange(MergedFolder.Verify(engine, model, Case(name), folder.Of("merged")), 0, 1e-6);
        using var ours = SafetensorsReader.Open(Path.Combine(folder.Of("merged"), "model.safetensors"));
        var golden = TinyModel.DataPath($"peft/{name}-merged.safetensors");
        using var theirs = SafetensorsReader.Open(File.Exists(golden) ? golden : Path.Combine(folder.Of("merged"), "model.safetensors"));
        Assert.Equal(theirs.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal), ours.Tensors.Select(t => t.Name).Order(StringComparer.Ordinal));
        foreach (var tensor in theirs.Tensors)
            Assert.InRange(TinyModel.LargestDifference(theirs.ReadFloats(tensor), ours.ReadFloats(ours.Find(tensor.Name)!)), 0, 1e-7f);
        var broken = Assert.Throws<TemperException>(() => MergedFolder.Verify(engine, model, Case(name == "dora" ? "lora" : "dora"), folder.Of("merged")));
        Assert.Equal("export_verification_failed", broken.Code);
    }

    [Theory]
    [InlineData("gpt2", false)]
    [InlineData("gpt2", true)]
    [InlineData("qwen3", true)]
    [InlineData("gemma2", false)]
    [InlineData("llama-classes", false)]
    public void Every_family_is_merged_as_its_files_keep_weights(string family, bool dora)
    {
        using var model = ExportModels.Make(engine, folder.Of("base"), family);
        using (var decoder = model.LoadDecoder(engine))
        using (var adapter = LoraAdapter.Create(decoder, new LoraConfig { Rank = 4, UseDora = dora, TargetModules = ["all-linear"], ModulesToSave = family == "llama-classes" ? ["score"] : [] }, 1))
        {
            foreach (var (name, tensor) in adapter.Weights.Where(w => w.Name.EndsWith("lora_B.weight", StringComparison.Ordinal))) engine.SetFloats(tensor, ExportModels.Normal(name, (int)tensor.Count));
            adapter.Save(folder.Of("adapter"));
        }
        MergedFolder.Save(model, folder.Of("adapter"), folder.Of("merged"), StoredType.F32);
        Assert.InRange(MergedFolder.Verify(engine, model, folder.Of("adapter"), folder.Of("merged")), 0, 1e-5);
        MergedFolder.Save(model, null, folder.Of("plain"), StoredType.F32);
        Assert.Equal("export_verification_failed", Assert.Throws<TemperException>(() => MergedFolder.Verify(engine, model, folder.Of("adapter"), folder.Of("plain"))).Code);
    }

    [Fact]
    public void A_model_with_an_adapter_merged_into_it_is_asked_in_the_format_that_the_adapter_was_trained_with()
    {
        const string mine = "{%- for m in messages %}{{- m['role'] + '> ' + m['content'] + '<|im_end|>' }}{%- endfor %}";
        using var model = ExportModels.Make(engine, folder.Of("base"), "llama");
        using (var decoder = model.LoadDecoder(engine))
        using (var adapter = LoraAdapter.Create(decoder, new LoraConfig { Rank = 2 }, 1))
            adapter.Save(folder.Of("adapter"));
        MergedFolder.Save(model, folder.Of("adapter"), folder.Of("same"), StoredType.F32);
        File.WriteAllText(folder.Of("adapter", "chat_template.jinja"), mine);
        MergedFolder.Save(model, folder.Of("adapter"), folder.Of("merged"), StoredType.F32);
        AdapterFolder.Copy(folder.Of("adapter"), folder.Of("copy"), null);

        using var same = ModelFolder.Open(folder.Of("same"));
        using var merged = ModelFolder.Open(folder.Of("merged"));
        Assert.Equal((ChatTemplate.ChatMl, mine), (same.Template!.Source, merged.Template!.Source));
        GgufExport.Write(merged, GgufType.F32, folder.Of("merged.gguf"));
        using var gguf = GgufReader.Open(folder.Of("merged.gguf"));
        Assert.Equal(mine, gguf.Values["tokenizer.chat_template"]);
        Assert.Equal(mine, File.ReadAllText(folder.Of("copy", "chat_template.jinja")));
        Assert.Equal(mine, AdapterFolder.Template(folder.Of("copy"), model)!.Source);
        Assert.Null(AdapterFolder.Template(Case("lora"), model));
    }

    [Fact]
    public void A_merged_number_that_is_too_large_for_its_type_is_refused()
    {
        using var model = ExportModels.Make(engine, folder.Of("base"), "llama");
        using (var decoder = model.LoadDecoder(engine))
        {
            engine.SetFloats(decoder.Weights.First(w => w.Name == "lm_head.weight").Tensor, [.. Enumerable.Repeat(1e6f, 400 * 64)]);
            model.SaveAs(folder.Of("large"), decoder.Sources(StoredType.F32));
        }
        using var large = ModelFolder.Open(folder.Of("large"));
        Assert.Equal("number_too_large", Assert.Throws<TemperException>(() => MergedFolder.Save(large, null, folder.Of("f16"), StoredType.F16)).Code);
        MergedFolder.Save(large, null, folder.Of("bf16"), StoredType.BF16);
    }

    [Fact]
    public void What_was_merged_can_be_taken_out_again()
    {
        using var adapter = LoraFile.Open(Case("lora"), AdaptedShape.Of(TinyModel.Config));
        using var weights = WeightFiles.Open(TinyModel.DataPath("tiny-llama"));
        foreach (var module in adapter.Targets)
        {
            var (before, name) = (new float[module.Out * module.In], module.Path + ".weight");
            weights.ReadFloats(name, 0, before);
            float[] w = [.. before];
            var part = new LoraMerge.Part(module.Path, adapter.Config.RankOf(module.Path), adapter.Config.ScaleOf(module.Path),
                adapter.Read(LoraFile.NameOf(module.Path, "lora_A.weight")), adapter.Read(LoraFile.NameOf(module.Path, "lora_B.weight")), null);
            LoraMerge.Into(w, part, transposed: false, sign: 1);
            Assert.True(TinyModel.LargestDifference(before, w) > 1e-3f);
            LoraMerge.Into(w, part, transposed: false, sign: -1);
            Assert.InRange(TinyModel.LargestDifference(before, w), 0, 1e-6f);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_was_read_is_written_again_tensor_by_tensor_and_key_by_key(string name)
    {
        using var decoder = TinyModel.Load(engine);
        using var adapter = LoraAdapter.Load(decoder, Case(name));
        adapter.Save(folder.Path);
        using var ours = SafetensorsReader.Open(folder.Of("adapter_model.safetensors"));
        using var theirs = SafetensorsReader.Open(Path.Combine(Case(name), "adapter_model.safetensors"));
        Assert.Equal(theirs.Tensors.Select(t => (t.Name, theirs.ReadFloats(t))).OrderBy(t => t.Name, StringComparer.Ordinal).Select(t => t.Item2),
            ours.Tensors.Select(t => (t.Name, ours.ReadFloats(t))).OrderBy(t => t.Name, StringComparer.Ordinal).Select(t => t.Item2));
        var (written, given) = (Json(folder.Of("adapter_config.json")), Json(Path.Combine(Case(name), "adapter_config.json")));
        given["layers_pattern"] = given["layers_pattern"] is JsonValue one ? new JsonArray(one.DeepClone()) : null;
        given["target_modules"] = given["target_modules"] is JsonValue all && (string?)all == "all-linear" ? new JsonArray("all-linear") : given["target_modules"]!.DeepClone();
        given["lora_dropout"] = 0;
        Assert.Equal(given.Select(p => p.Key), written.Select(p => p.Key));
        foreach (var (key, value) in given) Assert.True(JsonNode.DeepEquals(value, written[key]), key);
    }

    [Fact]
    public void A_new_DoRA_changes_nothing_until_it_is_trained()
    {
        using var decoder = TinyModel.Load(engine);
        using var adapter = LoraAdapter.Create(decoder, new LoraConfig { Rank = 4, UseDora = true, TargetModules = ["all-linear"], ModulesToSave = ["lm_head"], Dropout = 0.5 }, 3);
        Assert.InRange(TinyModel.LargestDifference(Logits(decoder, null), Logits(decoder, adapter)), 0, 2e-5f);
        Assert.Equal(3 * 7 * decoder.Config.Layers + 1, adapter.Weights.Count);
        using var scope = engine.BeginScope();
        var batch = PackedBatch.Of(TinyModel.Examples);
        var key = new RandomKey(1, 2);
        var (plain, again) = (decoder.Loss(batch, new ForwardOptions { Adapter = adapter, DropoutKey = key }), decoder.Loss(batch, new ForwardOptions { Adapter = adapter, DropoutKey = key, Recompute = Recomputation.Blocks }));
        Assert.Equal(engine.ScalarOf(plain.Sum), engine.ScalarOf(again.Sum));
    }

    [Theory]
    [InlineData("""{"target_modules": ["embed_tokens"]}""", "adapter_unsupported", "'embed_tokens' cannot be adapted")]
    [InlineData("""{"modules_to_save": ["score"]}""", "target_not_found", "modules_to_save names 'score'; there are embed_tokens")]
    [InlineData("""{"target_modules": ".*q_proj", "layers_to_transform": [0]}""", "adapter_invalid", "cannot stand beside a pattern")]
    [InlineData("""{"layers_pattern": "layers"}""", "adapter_invalid", "stands without layers_to_transform")]
    [InlineData("""{"layers_to_transform": "first"}""", "adapter_invalid", "neither a layer's number nor a list")]
    [InlineData("""{"layers_to_transform": [7]}""", "target_not_found", "no module is named")]
    [InlineData("""{"exclude_modules": ".*"}""", "target_not_found", "no module is named")]
    [InlineData("""{"target_modules": "(q_proj"}""", "adapter_invalid", "Reading an adapter's patterns")]
    [InlineData("""{"r": 0}""", "adapter_invalid", "r is 0")]
    [InlineData("""{"lora_dropout": 1}""", "adapter_invalid", "lora_dropout")]
    [InlineData("""{"r": 33}""", "adapter_invalid", "rank 33 is larger")]
    public void A_setting_that_cannot_be_is_refused_by_name(string change, string code, string text)
    {
        var config = Json(Path.Combine(Case("lora"), "adapter_config.json"));
        foreach (var (key, value) in JsonNode.Parse(change)!.AsObject()) config[key] = value?.DeepClone();
        using var decoder = TinyModel.Load(engine);
        var error = Assert.Throws<TemperException>(() => LoraAdapter.Create(decoder, LoraConfig.Parse(Encoding.UTF8.GetBytes(config.ToJsonString())), 1));
        Assert.Equal(code, error.Code);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pattern_with_lookahead_works_and_one_that_never_ends_is_stopped()
    {
        using var decoder = TinyModel.Load(engine);
        using var adapter = LoraAdapter.Create(decoder, new LoraConfig { Rank = 2, TargetPattern = @"(?!.*mlp).*layers\.0\..*_proj" }, 1);
        Assert.Equal(8, adapter.Weights.Count);
        Assert.Equal("adapter_invalid", Assert.Throws<TemperException>(() => LoraAdapter.Create(decoder, new LoraConfig { Rank = 2, TargetPattern = @"(?=(\w|\.)+)((\w|\.|_)+)+!" }, 1)).Code);
    }

    [Fact]
    public void A_pickle_adapter_is_refused_by_name()
    {
        File.Copy(Path.Combine(Case("lora"), "adapter_config.json"), folder.Of("adapter_config.json"));
        File.WriteAllBytes(folder.Of("adapter_model.bin"), [1]);
        using var decoder = TinyModel.Load(engine);
        Assert.Equal("pickle_refused", Assert.Throws<TemperException>(() => LoraAdapter.Load(decoder, folder.Path)).Code);
    }

    private static string Case(string name) => TinyModel.DataPath($"peft/{name}");

    private static JsonObject Json(string path) => JsonNode.Parse(File.ReadAllBytes(path))!.AsObject();

    private static float[] Logits(Decoder decoder, LoraAdapter? adapter)
    {
        using var noGrad = decoder.Engine.NoGrad();
        using var scope = decoder.Engine.BeginScope();
        var tokens = TinyModel.Documents[0];
        return decoder.Engine.ToFloats(decoder.Logits(decoder.Hidden(new PackedBatch(tokens, [tokens.Length]), new ForwardOptions { Adapter = adapter }), adapter));
    }
}
