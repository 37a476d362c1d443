using System.Text.Json;
using System.Text.Json.Nodes;
using Temper.Core.Safetensors;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>config.json of a decoder, written in the spellings of transformers 4.</summary>
internal static class ModelConfigJson
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>transformers' names of activations.</summary>
    public static readonly IReadOnlyDictionary<string, Act> Activations = new Dictionary<string, Act>
    {
        ["silu"] = Act.Silu,
        ["swish"] = Act.Silu,
        ["gelu"] = Act.GeluErf,
        ["gelu_python"] = Act.GeluErf,
        ["gelu_new"] = Act.GeluTanh,
        ["gelu_pytorch_tanh"] = Act.GeluTanh,
        ["gelu_fast"] = Act.GeluTanh,
        ["quick_gelu"] = Act.QuickGelu,
        ["relu"] = Act.Relu,
    };

    public static byte[] Write(ModelConfig config)
    {
        var family = config.Family;
        var root = new JsonObject
        {
            ["architectures"] = new JsonArray(config.Head switch
            {
                ModelHead.Classification => family.ClassifierClass,
                ModelHead.None => family.BaseClass,
                _ => family.CausalClass,
            }),
            ["model_type"] = config.ModelType,
            ["bos_token_id"] = config.BosTokenId,
            ["eos_token_id"] = Ids(config.EosTokenIds),
            ["pad_token_id"] = config.PadTokenId,
            ["initializer_range"] = config.InitializerRange,
            [family.Activation.Key] = Spelled(config),
            ["tie_word_embeddings"] = config.TieWordEmbeddings,
            ["torch_dtype"] = TypeName(config.WeightType),
            ["use_cache"] = true,
            ["vocab_size"] = config.VocabularySize,
        };
        if (family.Names.Positions is null) WriteRotary(root, config);
        else WriteLearned(root, config);
        if (config.Head == ModelHead.Classification) WriteLabels(root, config.Labels, config.HeadName);
        return Bytes(root);
    }

    /// <summary>The file's bytes, keys in order.</summary>
    public static byte[] Bytes(JsonObject root) => JsonSerializer.SerializeToUtf8Bytes(
        new JsonObject(root.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone()))), Indented);

    /// <summary>id2label, label2id, and the head where there is one.</summary>
    public static void WriteLabels(JsonObject root, IReadOnlyList<string> labels, string? head = null)
    {
        if (head is not null) root["temper_head"] = head;
        root["id2label"] = new JsonObject(labels.Select((label, id) => KeyValuePair.Create(id.ToString(System.Globalization.CultureInfo.InvariantCulture), (JsonNode?)label)));
        root["label2id"] = new JsonObject(labels.Select((label, id) => KeyValuePair.Create(label, (JsonNode?)id)));
    }

    /// <summary>A list of token ids as the ecosystem spells it: null, one number, or a list.</summary>
    public static JsonNode? Ids(IReadOnlyList<int> ids) => ids.Count switch
    {
        0 => null,
        1 => ids[0],
        _ => new JsonArray([.. ids.Select(id => (JsonNode)id)]),
    };

    /// <summary>transformers' name of a weight type.</summary>
    public static string TypeName(StoredType type) => type switch
    {
        StoredType.BF16 => "bfloat16",
        StoredType.F16 => "float16",
        _ => "float32",
    };

    private static string Spelled(ModelConfig config)
    {
        var usual = config.Family.Activation.Value;
        return Activations[usual] == config.Activation ? usual : Activations.First(pair => pair.Value == config.Activation).Key;
    }

    private static void WriteRotary(JsonObject root, ModelConfig config)
    {
        var family = config.Family;
        root["attention_dropout"] = 0.0;
        root["head_dim"] = config.HeadSize;
        root["hidden_size"] = config.HiddenSize;
        root["intermediate_size"] = config.IntermediateSize;
        root["max_position_embeddings"] = config.MaxPositions;
        root["num_attention_heads"] = config.Heads;
        root["num_hidden_layers"] = config.Layers;
        root["num_key_value_heads"] = config.KeyValueHeads;
        root["rms_norm_eps"] = config.NormEpsilon;
        root["rope_scaling"] = Scaling(config.Rope);
        root["rope_theta"] = config.RopeTheta;
        if (family.AttentionBias == BiasRule.AsConfigured) root["attention_bias"] = config.AttentionBias;
        if (family.MlpBias == BiasRule.AsConfigured) root["mlp_bias"] = config.MlpBias;
        if (family.Window != WindowRule.None) WriteWindows(root, config);
        if (!family.Capped) return;
        root["query_pre_attn_scalar"] = config.QueryScalar;
        root["attn_logit_softcapping"] = config.AttentionSoftCap > 0 ? config.AttentionSoftCap : null;
        root["final_logit_softcapping"] = config.LogitSoftCap > 0 ? config.LogitSoftCap : null;
    }

    private static void WriteWindows(JsonObject root, ModelConfig config)
    {
        var slides = config.SlidingWindow > 0;
        root["sliding_window"] = slides ? config.SlidingWindow : null;
        if (config.Family.Window == WindowRule.FromLayer)
        {
            root["use_sliding_window"] = slides;
            root["max_window_layers"] = slides ? Enumerable.Range(0, config.Layers).First(layer => config.WindowOf(layer) > 0) : config.Layers;
        }

        if (config.Family.Window != WindowRule.Every || config.SlidingLayers.Count > 0)
            root["layer_types"] = new JsonArray([.. Enumerable.Range(0, config.Layers).Select(layer => (JsonNode)(config.WindowOf(layer) > 0 ? "sliding_attention" : "full_attention"))]);
    }

    private static void WriteLearned(JsonObject root, ModelConfig config)
    {
        root["layer_norm_epsilon"] = config.NormEpsilon;
        root["n_embd"] = config.HiddenSize;
        root["n_head"] = config.Heads;
        root["n_inner"] = config.IntermediateSize;
        root["n_layer"] = config.Layers;
        root["n_positions"] = config.MaxPositions;
        root["scale_attn_by_inverse_layer_idx"] = config.AttentionScaledByLayer;
        root["scale_attn_weights"] = config.ScaledAttention;
    }

    private static JsonObject? Scaling(RotaryScaling rope)
    {
        if (rope.Kind == RotaryKind.Default) return null;
        var node = new JsonObject { ["factor"] = rope.Factor, ["rope_type"] = rope.Kind.ToString().ToLowerInvariant() };
        if (rope.OriginalPositions is { } original) node["original_max_position_embeddings"] = original;
        if (rope.Kind == RotaryKind.Llama3) (node["low_freq_factor"], node["high_freq_factor"]) = (rope.LowFrequencyFactor, rope.HighFrequencyFactor);
        if (rope.Kind != RotaryKind.Yarn) return node;
        (node["beta_fast"], node["beta_slow"], node["truncate"]) = (rope.BetaFast, rope.BetaSlow, rope.Truncate);
        if (rope.AttentionFactor is { } factor) node["attention_factor"] = factor;
        return node;
    }
}
