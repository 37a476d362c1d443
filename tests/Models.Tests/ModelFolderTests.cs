using System.Text.Json.Nodes;
using Temper.Core.Errors;
using Temper.Core.Safetensors;
using Temper.Tensors;
using Temper.Testing;

namespace Temper.Models.Tests;

public sealed class ModelFolderTests : IDisposable
{
    private readonly IEngine engine = CpuEngine.Create(threads: 1);
    private readonly TempFolder folder = new();
    private readonly byte[] tokenizerJson = File.ReadAllBytes(TinyModel.DataPath("tokenizer.json"));

    public void Dispose()
    {
        engine.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_saved_model_opens_with_all_that_it_was_saved_with(bool tied)
    {
        using var decoder = Save(tied);
        using var model = ModelFolder.Open(folder.Path, checkFinite: true);
        using var back = model.LoadDecoder(engine);
        Assert.Equal(decoder.Weights.Select(w => w.Name), back.Weights.Select(w => w.Name));
        Assert.Equal(decoder.Weights.Select(w => engine.ToFloats(w.Tensor)), back.Weights.Select(w => engine.ToFloats(w.Tensor)));
        Assert.Equal(tied, !model.Weights.Tensors.ContainsKey("lm_head.weight"));
        Assert.Equal(ChatTemplate.ChatMl, model.Template!.Source);
        Assert.Equal([1], model.StopTokens);
        Assert.Empty(back.Trainable);
    }

    [Fact]
    public void Message_contents_cannot_spell_the_folders_special_tokens()
    {
        using var decoder = Save();
        using var model = ModelFolder.Open(folder.Path);
        Assert.NotEmpty(model.Template!.Render([new("user", "<|im_end|>")], false).Cuts);
    }

    [Fact]
    public void Everything_wrong_with_the_weights_is_said_at_once()
    {
        using var decoder = Save();
        var sources = decoder.Sources(StoredType.F32).Where(s => s.Name != "model.norm.weight" && !s.Name.Contains("layers.1.mlp", StringComparison.Ordinal))
            .Select(s => s.Name == "lm_head.weight" ? TensorSource.Of(s.Name, [2, 2], [1, 2, 3, 4]) : s)
            .Append(TensorSource.Of("stray", [1], [float.NaN])).Append(TensorSource.Of("model.layers.0.self_attn.rotary_emb.inv_freq", [4], [1, 2, 3, 4]));
        SafetensorsWriter.Write(folder.Of("model.safetensors"), [.. sources]);
        var error = Assert.Throws<TemperException>(() => ModelFolder.Open(folder.Path, checkFinite: true));
        Assert.Equal(4, error.Problems.Count(p => p.Code == "tensor_missing"));
        Assert.Contains("'lm_head.weight' is [2, 2], expected [400, 32]", Assert.Single(error.Problems, p => p.Code == "shape_mismatch").Message, StringComparison.Ordinal);
        Assert.Contains("'stray'", Assert.Single(error.Problems, p => p.Code == "tensor_unexpected").Message, StringComparison.Ordinal);
        Assert.Single(error.Problems, p => p.Code == "weights_not_finite");
    }

    [Fact]
    public void Everything_wrong_with_any_file_is_said_at_once()
    {
        using (Save())
        {
        }
        File.WriteAllText(folder.Of("config.json"), """{"model_type": "llama", "hidden_size": 0}""");
        File.WriteAllText(folder.Of("generation_config.json"), """{"eos_token_id": []}""");
        File.WriteAllText(folder.Of("tokenizer.json"), "[]");
        File.WriteAllText(folder.Of("chat_template.jinja"), "{% if %}");
        File.WriteAllBytes(folder.Of("model.safetensors"), [1]);
        var codes = Assert.Throws<TemperException>(() => ModelFolder.Open(folder.Path)).Problems.Select(p => p.Code).ToHashSet();
        Assert.Superset(new HashSet<string> { "config_invalid", "tokenizer_invalid", "safetensors_too_short" }, codes);
        File.WriteAllText(folder.Of("config.json"), """{"model_type": "bert"}""");
        File.WriteAllText(folder.Of("modules.json"), "{");
        codes = Assert.Throws<TemperException>(() => EncoderFolder.Open(folder.Path)).Problems.Select(p => p.Code).ToHashSet();
        Assert.Superset(new HashSet<string> { "config_invalid", "tokenizer_invalid", "safetensors_too_short" }, codes);
    }

    [Fact]
    public void A_tokenizer_larger_than_the_embedding_is_refused()
    {
        using var decoder = Decoder.Create(engine, TinyModel.Config with { VocabularySize = 300 }, 1);
        ModelFolder.Save(folder.Path, decoder, tokenizerJson, null, new GenerationConfig());
        var error = Assert.Throws<TemperException>(() => ModelFolder.Open(folder.Path));
        Assert.Equal("vocab_mismatch", error.Code);
        Assert.Contains($"{Tokenizer.Parse(tokenizerJson).VocabularySize} tokens, the embedding 300 rows", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shards_are_read_as_one_set_of_weights()
    {
        using var decoder = Save();
        WriteShards(decoder, index => index);
        using var model = ModelFolder.Open(folder.Path);
        using var back = model.LoadDecoder(engine);
        Assert.Equal(decoder.Weights.Select(w => engine.ToFloats(w.Tensor)), back.Weights.Select(w => engine.ToFloats(w.Tensor)));
    }

    [Theory]
    [InlineData("missing", "there is no shard c.safetensors")]
    [InlineData("outside", "'../b.safetensors' is not a file of the model's own folder")]
    [InlineData("moved", "does not place tensor 'model.norm.weight' in b.safetensors")]
    [InlineData("phantom", "tensor 'ghost' is not in a.safetensors")]
    [InlineData("number", "is 3, expected a string")]
    public void An_index_that_contradicts_its_files_is_refused(string fault, string text)
    {
        using var decoder = Save();
        WriteShards(decoder, index =>
        {
            index[fault == "phantom" ? "ghost" : "model.norm.weight"] = fault switch { "missing" => "c.safetensors", "outside" => "../b.safetensors", "number" => 3, _ => "a.safetensors" };
            return index;
        });
        var error = Assert.Throws<TemperException>(() => ModelFolder.Open(folder.Path));
        Assert.Equal("weight_index_invalid", error.Code);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_or_folder_is_named()
    {
        Assert.Equal("model_not_found", Assert.Throws<TemperException>(() => ModelFolder.Open(folder.Of("none"))).Code);
        foreach (var name in new[] { "config.json", "tokenizer.json", "model.safetensors" })
        {
            using (Save()) File.Delete(folder.Of(name));
            var error = Assert.Throws<TemperException>(() => ModelFolder.Open(folder.Path));
            Assert.Equal("model_file_missing", error.Code);
            Assert.Contains(name, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_merged_model_keeps_the_files_beside_the_weights()
    {
        using var decoder = Save();
        using var adapter = LoraAdapter.Create(decoder, new LoraConfig { Rank = 2 }, 1);
        using var model = ModelFolder.Open(folder.Path);
        model.SaveAs(folder.Of("merged"), adapter.Merged(StoredType.BF16));
        using var merged = ModelFolder.Open(folder.Of("merged"));
        Assert.Equal(StoredType.BF16, merged.Config.WeightType);
        Assert.Equal(model.Tokenizer.Digest, merged.Tokenizer.Digest);
        Assert.Equal(model.Template!.Source, merged.Template!.Source);
        Assert.Equal(model.StopTokens, merged.StopTokens);
    }

    [Fact]
    public void A_list_of_templates_and_tokens_as_objects_are_read_and_the_jinja_file_wins()
    {
        using var decoder = Save();
        File.WriteAllText(folder.Of("tokenizer_config.json"), """{"bos_token":{"content":"<s>"},"eos_token":"<|im_end|>","chat_template":[{"name":"tool_use","template":"t"},{"name":"default","template":"{{ bos_token }}d"}]}""");
        using (var model = ModelFolder.Open(folder.Path)) Assert.Equal("<s>d", model.Template!.Render([], false).Text);
        File.WriteAllText(folder.Of("chat_template.jinja"), "j{{ eos_token }}");
        using (var model = ModelFolder.Open(folder.Path)) Assert.Equal("j<|im_end|>", model.Template!.Render([], false).Text);
    }

    [Fact]
    public void Names_of_special_tokens_are_also_read_from_the_file_of_older_folders_and_the_newer_one_wins()
    {
        using var decoder = Save();
        File.WriteAllText(folder.Of("tokenizer_config.json"), """{"eos_token":"<|im_end|>","chat_template":"{{ bos_token }}{{ eos_token }}"}""");
        File.WriteAllText(folder.Of("special_tokens_map.json"), """{"bos_token":{"content":"<s>"},"eos_token":"</s>"}""");
        using var model = ModelFolder.Open(folder.Path);
        Assert.Equal("<s><|im_end|>", model.Template!.Render([], false).Text);
    }

    [Fact]
    public void A_template_that_cannot_be_read_is_named_with_its_file_and_line()
    {
        using var decoder = Save();
        File.WriteAllText(folder.Of("chat_template.jinja"), "a\n{% if %}");
        var broken = Assert.Throws<TemperException>(() => ModelFolder.Open(folder.Path)).Problems[0];
        Assert.Equal(("template_invalid", folder.Of("chat_template.jinja"), 2L), (broken.Code, broken.File, broken.Line));
        File.WriteAllBytes(folder.Of("chat_template.jinja"), [(byte)'a', 0xFF]);
        Assert.Contains("byte 2 is no UTF-8", Assert.Throws<TemperException>(() => TextFolder.Open(folder.Path)).Message, StringComparison.Ordinal);
        File.Delete(folder.Of("chat_template.jinja"));
        File.WriteAllText(folder.Of("tokenizer_config.json"), """{"chat_template":"{% if %}"}""");
        var inside = Assert.Throws<TemperException>(() => TextFolder.Open(folder.Path)).Problems[0];
        Assert.Equal(("template_invalid", folder.Of("tokenizer_config.json"), "chat_template"), (inside.Code, inside.File, inside.Path));
    }

    private Decoder Save(bool tied = false)
    {
        var decoder = Decoder.Create(engine, TinyModel.Config with { VocabularySize = 400, TieWordEmbeddings = tied, EosTokenIds = [1], BosTokenId = null }, 1);
        ModelFolder.Save(folder.Path, decoder, tokenizerJson, ChatTemplate.ChatMl, new GenerationConfig { EosTokenIds = [1] });
        return decoder;
    }

    private void WriteShards(Decoder decoder, Func<JsonObject, JsonObject> change)
    {
        File.Delete(folder.Of("model.safetensors"));
        var sources = decoder.Sources(StoredType.F32);
        var index = new JsonObject();
        foreach (var (shard, part) in new[] { ("a.safetensors", sources.Take(5)), ("b.safetensors", sources.Skip(5)) })
        {
            SafetensorsWriter.Write(folder.Of(shard), part);
            foreach (var source in part) index[source.Name] = shard;
        }

        File.WriteAllText(folder.Of("model.safetensors.index.json"), new JsonObject { ["metadata"] = new JsonObject(), ["weight_map"] = change(index) }.ToJsonString());
    }
}
