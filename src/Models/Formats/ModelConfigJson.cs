using System.Text.Json;
using System.Text.Json.Nodes;

namespace Temper.Models;

/// <summary>config.json of the llama family, read in the spellings of transformers 4 (<c>torch_dtype</c>, <c>rope_theta</c>,
/// <c>rope_scaling</c>) and 5 (<c>dtype</c>, <c>rope_parameters</c>, <c>layer_types</c>), written in those of 4.</summary>
internal static class ModelConfigJson
{
    private const int Largest = 1 << 24;
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static ModelConfig Read(ReadOnlySpan<byte> json, string file)
    {
        var fields = JsonFields.Parse(json, file, "config_invalid");
        var type = fields.Text("model_type");
        if (type is null && fields.Problems.Count == 0) fields.Report("model_type", "is missing");
        if (type is not (null or "llama")) fields.Report("model_type", $"is '{type}'; supported: llama", "unsupported_architecture");
        fields.ThrowIfAny();
        RefuseUnsupported(fields);
        var heads = fields.Required("num_attention_heads", 1, 4096);
        var hidden = fields.Required("hidden_size", 1, Largest);
        var config = new ModelConfig
        {
            VocabularySize = fields.Required("vocab_size", 1, Largest),
            HiddenSize = hidden,
            IntermediateSize = fields.Required("intermediate_size", 1, Largest),
            Layers = fields.Required("num_hidden_layers", 1, 4096),
            Heads = heads,
            KeyValueHeads = fields.Int("num_key_value_heads", 1, 4096) ?? heads,
            HeadSize = fields.Int("head_dim", 2, 4096) ?? hidden / heads,
            MaxPositions = fields.Int("max_position_embeddings", 1, Largest) ?? 2048,
            NormEpsilon = fields.Number("rms_norm_eps", 0) ?? 1e-6,
            RopeTheta = ReadRope(fields),
            TieWordEmbeddings = fields.Bool("tie_word_embeddings") ?? false,
            AttentionBias = fields.Bool("attention_bias") ?? false,
            MlpBias = fields.Bool("mlp_bias") ?? false,
            InitializerRange = fields.Number("initializer_range", 0) ?? 0.02,
            BosTokenId = fields.Int("bos_token_id"),
            EosTokenIds = fields.TokenIds("eos_token_id"),
            PadTokenId = fields.Int("pad_token_id", -1) is { } pad and >= 0 ? pad : null,
            WeightType = ReadType(fields),
        };
        CheckTogether(fields, config);
        fields.ThrowIfAny();
        return config;
    }

    public static byte[] Write(ModelConfig config)
    {
        var root = new JsonObject
        {
            ["architectures"] = new JsonArray("LlamaForCausalLM"),
            ["attention_bias"] = config.AttentionBias,
            ["attention_dropout"] = 0.0,
            ["bos_token_id"] = config.BosTokenId,
            ["eos_token_id"] = Ids(config.EosTokenIds),
            ["head_dim"] = config.HeadSize,
            ["hidden_act"] = "silu",
            ["hidden_size"] = config.HiddenSize,
            ["initializer_range"] = config.InitializerRange,
            ["intermediate_size"] = config.IntermediateSize,
            ["max_position_embeddings"] = config.MaxPositions,
            ["mlp_bias"] = config.MlpBias,
            ["model_type"] = config.ModelType,
            ["num_attention_heads"] = config.Heads,
            ["num_hidden_layers"] = config.Layers,
            ["num_key_value_heads"] = config.KeyValueHeads,
            ["pad_token_id"] = config.PadTokenId,
            ["rms_norm_eps"] = config.NormEpsilon,
            ["rope_scaling"] = null,
            ["rope_theta"] = config.RopeTheta,
            ["tie_word_embeddings"] = config.TieWordEmbeddings,
            ["torch_dtype"] = TypeName(config.WeightType),
            ["use_cache"] = true,
            ["vocab_size"] = config.VocabularySize,
        };
        return JsonSerializer.SerializeToUtf8Bytes(root, Indented);
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

    private static void RefuseUnsupported(JsonFields fields)
    {
        if (fields.Text("hidden_act") is { } act and not ("silu" or "swish")) fields.Report("hidden_act", $"is '{act}'; supported: silu", "unsupported_architecture");
        if (fields.Object("quantization_config") is { } quantised && quantised.Text("quant_method") != "bitsandbytes")
            fields.Report("quantization_config", $"asks for weights quantised by '{quantised.Text("quant_method")}'; supported: bitsandbytes", "unsupported_architecture");
        if (fields.Texts("layer_types")?.FirstOrDefault(t => t != "full_attention") is { } layer)
            fields.Report("layer_types", $"holds '{layer}'; supported: full_attention", "unsupported_architecture");
        if (fields.Number("partial_rotary_factor") is { } share and not 1) fields.Report("partial_rotary_factor", $"is {share}; supported: 1", "rope_unsupported");
    }

    private static double ReadRope(JsonFields fields)
    {
        var theta = fields.Number("rope_theta", double.Epsilon);
        foreach (var name in new[] { "rope_scaling", "rope_parameters" })
        {
            if (fields.Object(name) is not { } rope) continue;
            var type = rope.Text("rope_type") ?? rope.Text("type") ?? "default";
            if (type != "default") fields.Report(name, $"asks for rotary type '{type}'; supported: default", "rope_unsupported");
            theta ??= rope.Number("rope_theta", double.Epsilon);
        }

        return theta ?? 10000;
    }

    private static StoredType ReadType(JsonFields fields)
    {
        var name = fields.Find("dtype") is not null ? "dtype" : "torch_dtype";
        switch (fields.Text(name))
        {
            case null or "float32":
                return StoredType.F32;
            case "bfloat16":
                return StoredType.BF16;
            case "float16":
                return StoredType.F16;
            default:
                fields.Report(name, "is not one of float32, bfloat16, float16");
                return StoredType.F32;
        }
    }

    private static void CheckTogether(JsonFields fields, ModelConfig config)
    {
        if (config.Heads % config.KeyValueHeads != 0)
            fields.Report("num_key_value_heads", $"is {config.KeyValueHeads}, which does not divide num_attention_heads {config.Heads}");
        if (fields.Find("head_dim") is null && config.HiddenSize % config.Heads != 0)
            fields.Report("hidden_size", $"is {config.HiddenSize}, which num_attention_heads {config.Heads} does not divide, and there is no head_dim");
        if (config.HeadSize % 2 != 0) fields.Report("head_dim", $"is {config.HeadSize}, rotary embedding needs an even number");
        foreach (var (name, id) in config.EosTokenIds.Select(id => ("eos_token_id", id)).Append(("bos_token_id", config.BosTokenId ?? 0)).Append(("pad_token_id", config.PadTokenId ?? 0)))
            if (id >= config.VocabularySize) fields.Report(name, $"is {id}, outside the vocabulary of {config.VocabularySize}");
    }
}
