using System.Text;
using System.Text.Json.Nodes;
using Temper.Core.Errors;
using Temper.Core.Safetensors;

namespace Temper.Models.Tests;

public sealed class ModelConfigTests
{
    [Fact]
    public void Both_generations_of_spelling_mean_the_same()
    {
        var four = ModelConfig.Parse(File.ReadAllBytes(TinyModel.DataPath("tiny-llama/config.json")));
        var json = JsonNode.Parse(File.ReadAllBytes(TinyModel.DataPath("tiny-llama/config.json")))!.AsObject();
        json.Remove("rope_theta");
        json.Remove("torch_dtype");
        json["dtype"] = "bfloat16";
        json["rope_parameters"] = new JsonObject { ["rope_theta"] = 500000.0, ["rope_type"] = "default" };
        json["layer_types"] = new JsonArray("full_attention", "full_attention");
        var five = Parse(json);
        Assert.Equal((StoredType.BF16, 500000.0), (five.WeightType, five.RopeTheta));
        Assert.Equal((10000.0, 32, 2, 8, StoredType.F32), (four.RopeTheta, four.HiddenSize, four.KeyValueHeads, four.HeadSize, four.WeightType));
        Assert.Equal([2, 3], four.EosTokenIds);
    }

    [Fact]
    public void What_is_written_reads_back()
    {
        var config = TinyModel.Config with { AttentionBias = true, WeightType = StoredType.BF16, TieWordEmbeddings = true, NormEpsilon = 1e-5, PadTokenId = 4 };
        var back = ModelConfig.Parse(config.ToJson());
        Assert.Equal(config with { EosTokenIds = [] }, back with { EosTokenIds = [] });
        Assert.Equal(config.EosTokenIds, back.EosTokenIds);
    }

    [Theory]
    [InlineData("model_type", "\"mamba\"", "unsupported_architecture", "'mamba'; supported: gpt2, llama")]
    [InlineData("hidden_act", "\"relu\"", "unsupported_architecture", "'relu'")]
    [InlineData("quantization_config", "{}", "unsupported_architecture", "quantised")]
    [InlineData("layer_types", "[\"sliding_attention\"]", "unsupported_architecture", "sliding_attention")]
    [InlineData("rope_scaling", "{\"type\":\"longrope\",\"factor\":2}", "rope_unsupported", "'longrope'")]
    [InlineData("rope_scaling", "{\"rope_type\":\"mystery\"}", "rope_unsupported", "'mystery'")]
    [InlineData("num_key_value_heads", "3", "config_invalid", "does not divide")]
    [InlineData("head_dim", "7", "config_invalid", "even number")]
    [InlineData("eos_token_id", "[]", "config_invalid", "at least one")]
    [InlineData("eos_token_id", "97", "config_invalid", "outside the vocabulary of 97")]
    [InlineData("torch_dtype", "\"int4\"", "config_invalid", "float32, bfloat16, float16")]
    [InlineData("hidden_size", "0", "config_invalid", "from 1")]
    [InlineData("hidden_size", "\"32\"", "config_invalid", "whole number")]
    [InlineData("rms_norm_eps", "1e999", "config_invalid", "")]
    [InlineData("tie_word_embeddings", "1", "config_invalid", "true or false")]
    public void A_setting_that_cannot_be_honoured_is_refused_by_name(string name, string value, string code, string text)
    {
        var json = Encoding.UTF8.GetString(File.ReadAllBytes(TinyModel.DataPath("tiny-llama/config.json")));
        var root = JsonNode.Parse(json)!.AsObject();
        root.Remove(name);
        var changed = root.ToJsonString().TrimEnd('}') + $",\"{name}\":{value}}}";
        var error = Assert.Throws<TemperException>(() => ModelConfig.Parse(Encoding.UTF8.GetBytes(changed)));
        Assert.Equal(code, error.Code);
        Assert.Equal(name, error.Problems[0].Path);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_that_is_missing_is_said_at_once()
    {
        var error = Assert.Throws<TemperException>(() => ModelConfig.Parse("""{"model_type":"llama","vocab_size":10}"""u8));
        Assert.Equal(["num_attention_heads", "hidden_size", "intermediate_size", "num_hidden_layers"], error.Problems.Take(4).Select(p => p.Path));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{\"model_type\":\"llama\",\"model_type\":\"llama\"}")]
    [InlineData("{}")]
    public void A_broken_file_is_a_named_error(string json) =>
        Assert.Equal("config_invalid", Assert.Throws<TemperException>(() => ModelConfig.Parse(Encoding.UTF8.GetBytes(json))).Code);

    [Fact]
    public void Depth_and_size_are_limited()
    {
        Assert.Equal("config_invalid", Assert.Throws<TemperException>(() => ModelConfig.Parse(Encoding.UTF8.GetBytes("{\"a\":" + new string('[', 10_000)))).Code);
        Assert.Equal("config_invalid", Assert.Throws<TemperException>(() => ModelConfig.Parse(Encoding.UTF8.GetBytes("{\"a\":\"" + new string('x', 10 << 20) + "\"}"))).Code);
    }

    [Fact]
    public void Generation_defaults_take_one_end_token_or_several()
    {
        Assert.Equal([5], GenerationConfig.Parse("""{"eos_token_id":5,"temperature":0.7,"unknown":1}"""u8).EosTokenIds);
        var config = new GenerationConfig { EosTokenIds = [5, 6], BosTokenId = 1, DoSample = true, Temperature = 0.7, TopP = 0.9, TopK = 40, RepetitionPenalty = 1.1, MaxNewTokens = 20, PadTokenId = 0 };
        var back = GenerationConfig.Parse(config.ToJson());
        Assert.Equal(config with { EosTokenIds = [] }, back with { EosTokenIds = [] });
        Assert.Equal([5, 6], back.EosTokenIds);
        Assert.Equal("config_invalid", Assert.Throws<TemperException>(() => GenerationConfig.Parse("""{"temperature":"hot"}"""u8)).Code);
    }

    private static ModelConfig Parse(JsonNode json) => ModelConfig.Parse(Encoding.UTF8.GetBytes(json.ToJsonString()));
}
