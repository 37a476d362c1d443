using Temper.Core.Safetensors;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>config.json of a decoder, read in the spellings of transformers 4 (<c>torch_dtype</c>, <c>rope_theta</c>, <c>rope_scaling</c>) and 5
/// (<c>dtype</c>, <c>rope_parameters</c>, <c>layer_types</c>). What is absent has the value of transformers' configuration class.</summary>
internal static class ModelConfigReader
{
    private const int Largest = 1 << 24;

    public static ModelConfig Read(ReadOnlySpan<byte> json, string file)
    {
        var fields = JsonFields.Parse(json, file, "config_invalid");
        var type = fields.Text("model_type");
        if (type is null && fields.Problems.Count == 0) fields.Report("model_type", "is missing");
        if (type is not null && DecoderFamilies.Find(type) is null) fields.Report("model_type", $"is '{type}'; supported: {DecoderFamilies.Names}", "unsupported_architecture");
        fields.ThrowIfAny();
        var family = DecoderFamilies.Find(type)!;
        RefuseUnsupported(fields);
        var config = family.Names.Positions is null ? ReadRotary(fields, family) : ReadLearned(fields, family);
        config = WithCommon(fields, family, config);
        CheckTogether(fields, config);
        fields.ThrowIfAny();
        return config;
    }

    /// <summary>Sizes as the families after Llama spell them.</summary>
    private static ModelConfig ReadRotary(JsonFields fields, DecoderFamily family)
    {
        var (heads, hidden) = (fields.Required("num_attention_heads", 1, 4096), fields.Required("hidden_size", 1, Largest));
        if (fields.Find("head_dim") is null && family.HeadSize == 0 && hidden % heads != 0)
            fields.Report("hidden_size", $"is {hidden}, which num_attention_heads {heads} does not divide, and there is no head_dim");
        var positions = fields.Int("max_position_embeddings", 1, Largest) ?? family.MaxPositions;
        var config = new ModelConfig
        {
            ModelType = family.ModelType,
            VocabularySize = fields.Required("vocab_size", 1, Largest),
            HiddenSize = hidden,
            IntermediateSize = fields.Required("intermediate_size", 1, Largest),
            Layers = fields.Required("num_hidden_layers", 1, 4096),
            Heads = heads,
            KeyValueHeads = fields.Int("num_key_value_heads", 1, 4096) ?? (family.KeyValueHeads > 0 ? family.KeyValueHeads : heads),
            HeadSize = fields.Int("head_dim", 2, 4096) ?? (family.HeadSize > 0 ? family.HeadSize : hidden / heads),
            MaxPositions = positions,
            NormEpsilon = fields.Number("rms_norm_eps", 0) ?? 1e-6,
        };
        if (config.HeadSize % 2 != 0) fields.Report("head_dim", $"is {config.HeadSize}, rotary embedding needs an even number");
        var (theta, scaling) = RotaryReader.Read(fields, config);
        config = config with { RopeTheta = theta, Rope = scaling };
        return WindowReader.Read(fields, family, family.Capped ? Capped(fields, config) : config);
    }

    /// <summary>Sizes as GPT-2 spells them.</summary>
    private static ModelConfig ReadLearned(JsonFields fields, DecoderFamily family)
    {
        var (heads, width) = (fields.Required("n_head", 1, 4096), fields.Required("n_embd", 1, Largest));
        if (width % heads != 0) fields.Report("n_embd", $"is {width}, which n_head {heads} does not divide");
        if (fields.Bool("add_cross_attention") == true) fields.Report("add_cross_attention", "is not supported", "unsupported_architecture");
        return new ModelConfig
        {
            ModelType = family.ModelType,
            VocabularySize = fields.Required("vocab_size", 1, Largest),
            HiddenSize = width,
            IntermediateSize = fields.Int("n_inner", 1, Largest) ?? checked(4 * width),
            Layers = fields.Required("n_layer", 1, 4096),
            Heads = heads,
            KeyValueHeads = heads,
            HeadSize = Math.Max(1, width / heads),
            MaxPositions = fields.Int("n_positions", 1, Largest) ?? family.MaxPositions,
            NormEpsilon = fields.Number("layer_norm_epsilon", 0) ?? 1e-5,
            ScaledAttention = fields.Bool("scale_attn_weights") ?? true,
            AttentionScaledByLayer = fields.Bool("scale_attn_by_inverse_layer_idx") ?? false,
        };
    }

    private static ModelConfig Capped(JsonFields fields, ModelConfig config) => config with
    {
        QueryScalar = Above(fields, "query_pre_attn_scalar") ?? 256,
        AttentionSoftCap = Above(fields, "attn_logit_softcapping") ?? (fields.Has("attn_logit_softcapping") ? 0 : 50),
        LogitSoftCap = Above(fields, "final_logit_softcapping") ?? (fields.Has("final_logit_softcapping") ? 0 : 30),
    };

    private static ModelConfig WithCommon(JsonFields fields, DecoderFamily family, ModelConfig config)
    {
        var (head, labels) = HeadReader.Read(fields, family.CausalClass, family.BaseClass, family.ClassifierClass);
        return config with
        {
            Activation = ReadActivation(fields, family),
            TieWordEmbeddings = fields.Bool("tie_word_embeddings") ?? family.Tied,
            AttentionBias = Biased(fields, "attention_bias", family.AttentionBias),
            MlpBias = Biased(fields, "mlp_bias", family.MlpBias),
            Head = head,
            Labels = labels,
            HeadName = head == ModelHead.Classification ? ClassifierHeads.Read(fields) : null,
            InitializerRange = fields.Number("initializer_range", 0) ?? 0.02,
            BosTokenId = fields.Int("bos_token_id"),
            EosTokenIds = fields.TokenIds("eos_token_id"),
            PadTokenId = fields.Int("pad_token_id", -1) is { } pad and >= 0 ? pad : null,
            WeightType = ReadType(fields),
        };
    }

    private static bool Biased(JsonFields fields, string name, BiasRule rule) => rule == BiasRule.Always || (rule == BiasRule.AsConfigured && fields.Bool(name) == true);

    private static double? Above(JsonFields fields, string name) => fields.Number(name, double.Epsilon);

    private static void RefuseUnsupported(JsonFields fields)
    {
        if (fields.Object("quantization_config") is { } quantised && quantised.Text("quant_method") != "bitsandbytes")
            fields.Report("quantization_config", $"asks for weights quantised by '{quantised.Text("quant_method")}'; supported: bitsandbytes", "unsupported_architecture");
        if (fields.Number("partial_rotary_factor") is { } share and not 1) fields.Report("partial_rotary_factor", $"is {share}; supported: 1", "rope_unsupported");
        if (fields.Bool("rope_interleaved") == true) fields.Report("rope_interleaved", "is not supported", "rope_unsupported");
    }

    private static Act ReadActivation(JsonFields fields, DecoderFamily family)
    {
        var (key, silent) = family.Activation;
        var name = fields.Text(key) ?? silent;
        if (ModelConfigJson.Activations.TryGetValue(name, out var act) && (family.Names.Gate is null || act is Act.Silu or Act.GeluErf or Act.GeluTanh)) return act;
        fields.Report(key, $"is '{name}'; supported: {string.Join(", ", ModelConfigJson.Activations.Keys)}", "unsupported_architecture");
        return Act.Silu;
    }

    /// <summary>The type of the stored weights, under either generation's key.</summary>
    public static StoredType ReadType(JsonFields fields)
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
        foreach (var (name, id) in config.EosTokenIds.Select(id => ("eos_token_id", id)).Append(("bos_token_id", config.BosTokenId ?? 0)).Append(("pad_token_id", config.PadTokenId ?? 0)))
            if (id >= config.VocabularySize) fields.Report(name, $"is {id}, outside the vocabulary of {config.VocabularySize}");
    }
}
