using System.Text;
using System.Text.Json.Nodes;
using Temper.Core.Errors;

namespace Temper.Models.Tests;

/// <summary>config.json of every family: both generations of spelling, and what cannot be honoured.</summary>
public sealed class DecoderConfigTests
{
    public static TheoryData<string> Names => GoldenModel.Names("decoders");

    [Theory]
    [MemberData(nameof(Names))]
    public void The_fifth_generation_means_what_the_fourth_means(string name)
    {
        var four = Read(name);
        var json = JsonNode.Parse(four.ToJson())!.AsObject();
        Assert.False(json.ContainsKey("rope_parameters"));
        json["dtype"] = Taken(json, "torch_dtype");
        if (json.ContainsKey("rope_theta"))
        {
            var rope = Taken(json, "rope_scaling") as JsonObject ?? new JsonObject { ["rope_type"] = "default" };
            rope["rope_theta"] = Taken(json, "rope_theta");
            json["rope_parameters"] = rope;
            json["layer_types"] = new JsonArray([.. Enumerable.Range(0, four.Layers).Select(layer => (JsonNode)(four.WindowOf(layer) > 0 ? "sliding_attention" : "full_attention"))]);
            json.Remove("max_window_layers");
        }

        var five = ModelConfig.Parse(Encoding.UTF8.GetBytes(json.ToJsonString()));
        Assert.Equal(four with { EosTokenIds = [], SlidingLayers = [], Labels = [] }, five with { EosTokenIds = [], SlidingLayers = [], Labels = [] });
        Assert.Equal(four.SlidingLayers, five.SlidingLayers);
        Assert.Equal(four.EosTokenIds, five.EosTokenIds);
    }

    [Theory]
    [InlineData("gpt2", "n_head", "3", "config_invalid", "does not divide")]
    [InlineData("gpt2", "activation_function", "\"mish\"", "unsupported_architecture", "'mish'")]
    [InlineData("gpt2", "add_cross_attention", "true", "unsupported_architecture", "add_cross_attention")]
    [InlineData("gpt2", "n_positions", "0", "config_invalid", "n_positions")]
    [InlineData("llama", "architectures", "[\"LlamaForQuestionAnswering\"]", "unsupported_architecture", "LlamaForQuestionAnswering")]
    [InlineData("llama", "partial_rotary_factor", "0.5", "rope_unsupported", "0.5")]
    [InlineData("llama", "rope_theta", "-1", "config_invalid", "rope_theta")]
    [InlineData("smollm", "rope_interleaved", "true", "rope_unsupported", "rope_interleaved")]
    [InlineData("smollm", "num_key_value_heads", "4", "config_invalid", "does not divide num_attention_heads 9")]
    [InlineData("llama-linear", "rope_scaling", "{\"type\":\"linear\",\"factor\":0.5}", "config_invalid", "1 or more")]
    [InlineData("llama-linear", "rope_scaling", "{\"type\":\"linear\"}", "config_invalid", "no factor")]
    [InlineData("llama3", "rope_scaling", "{\"rope_type\":\"llama3\",\"factor\":8}", "config_invalid", "lacks low_freq_factor")]
    [InlineData("llama3", "rope_scaling", "{\"rope_type\":\"llama3\",\"factor\":8,\"low_freq_factor\":4,\"high_freq_factor\":1,\"original_max_position_embeddings\":32}", "config_invalid", "must be below")]
    [InlineData("llama-yarn", "rope_scaling", "{\"rope_type\":\"yarn\",\"factor\":4,\"beta_fast\":1,\"beta_slow\":8}", "config_invalid", "beta_fast")]
    [InlineData("llama-yarn", "rope_parameters", "{\"rope_type\":\"linear\",\"factor\":2}", "config_invalid", "rope_parameters")]
    [InlineData("mistral", "sliding_window", "0", "config_invalid", "sliding_window")]
    [InlineData("mistral", "sliding_window", "-3", "config_invalid", "sliding_window")]
    [InlineData("qwen2", "layer_types", "[\"full_attention\"]", "config_invalid", "lists 1 layers")]
    [InlineData("qwen3", "layer_types", "[\"sliding_attention\",\"full_attention\"]", "config_invalid", "no sliding window")]
    [InlineData("qwen3", "head_dim", "9", "config_invalid", "even number")]
    [InlineData("gemma2", "layer_types", "[\"full_attention\",\"chunked_attention\",\"full_attention\"]", "unsupported_architecture", "chunked_attention")]
    [InlineData("gemma2", "final_logit_softcapping", "-1", "config_invalid", "final_logit_softcapping")]
    [InlineData("gemma2", "query_pre_attn_scalar", "0", "config_invalid", "query_pre_attn_scalar")]
    [InlineData("gemma2", "rope_parameters", "{\"full_attention\":{\"rope_type\":\"default\"}}", "rope_unsupported", "by kind of layer")]
    public void A_familys_setting_that_cannot_be_honoured_is_refused_by_name(string name, string key, string value, string code, string words)
    {
        var json = JsonNode.Parse(File.ReadAllBytes(TinyModel.DataPath($"decoders/{name}/config.json")))!.AsObject();
        json[key] = JsonNode.Parse(value);
        var error = Assert.Throws<TemperException>(() => ModelConfig.Parse(Encoding.UTF8.GetBytes(json.ToJsonString())));
        Assert.Contains(error.Problems, p => p.Code == code && p.Message.Contains(words, StringComparison.Ordinal));
    }

    [Fact]
    public void The_frequencies_of_llama_3_are_the_known_ones()
    {
        var config = Read("llama3") with
        {
            HeadSize = 64,
            RopeTheta = 500000,
            Rope = new() { Kind = RotaryKind.Llama3, Factor = 32, LowFrequencyFactor = 1, HighFrequencyFactor = 4, OriginalPositions = 8192 },
        };
        var found = RotaryFrequencies.Of(config, 1);
        foreach (var (at, expected) in new[] { (0, 1), (10, 0.0165604409), (16, 4.29556705e-4), (20, 8.57025589e-6), (31, 9.41830649e-8) })
            Assert.Equal(1, found[at] / expected, 1e-6);
    }

    private static ModelConfig Read(string name) => ModelConfig.Parse(File.ReadAllBytes(TinyModel.DataPath($"decoders/{name}/config.json")));

    private static JsonNode? Taken(JsonObject json, string key)
    {
        var value = json[key];
        json.Remove(key);
        return value;
    }
}
