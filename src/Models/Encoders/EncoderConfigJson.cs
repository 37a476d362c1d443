using System.Text.Json.Nodes;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>config.json of an encoder. What is absent has the value of transformers' configuration class.</summary>
internal static class EncoderConfigJson
{
    private const int Largest = 1 << 24;

    public static EncoderConfig Read(ReadOnlySpan<byte> json, string file)
    {
        var fields = JsonFields.Parse(json, file, "config_invalid");
        var type = fields.Text("model_type");
        if (type is not ("bert" or "vit")) fields.Report("model_type", type is null ? "is missing" : $"is '{type}'; supported encoders: bert, vit", "unsupported_architecture");
        fields.ThrowIfAny();
        RefuseUnsupported(fields);
        var config = type == "bert" ? ReadBert(fields) : ReadVit(fields);
        if (config.HiddenSize % config.Heads != 0) fields.Report("hidden_size", $"is {config.HiddenSize}, which num_attention_heads {config.Heads} does not divide");
        fields.ThrowIfAny();
        return config;
    }

    public static byte[] Write(EncoderConfig config)
    {
        var root = new JsonObject
        {
            ["architectures"] = new JsonArray(Classes(config.Kind)[config.Head == ModelHead.Classification ? 1 : 0]),
            ["model_type"] = config.Kind == EncoderKind.Bert ? "bert" : "vit",
            ["hidden_act"] = ModelConfigJson.Activations.First(pair => pair.Value == config.Activation).Key,
            ["hidden_size"] = config.HiddenSize,
            ["intermediate_size"] = config.IntermediateSize,
            ["layer_norm_eps"] = config.NormEpsilon,
            ["num_attention_heads"] = config.Heads,
            ["num_hidden_layers"] = config.Layers,
            ["torch_dtype"] = ModelConfigJson.TypeName(config.WeightType),
        };
        if (config.Kind == EncoderKind.Bert)
            (root["max_position_embeddings"], root["position_embedding_type"], root["type_vocab_size"], root["vocab_size"]) = (config.MaxPositions, "absolute", config.TokenTypes, config.VocabularySize);
        else
            (root["image_size"], root["patch_size"], root["num_channels"], root["qkv_bias"]) = (config.ImageSize, config.PatchSize, config.Channels, config.AttentionBias);
        if (config.Head == ModelHead.Classification) ModelConfigJson.WriteLabels(root, config.Labels, config.HeadName);
        return ModelConfigJson.Bytes(root);
    }

    private static void RefuseUnsupported(JsonFields fields)
    {
        if (fields.Find("quantization_config") is not null) fields.Report("quantization_config", "asks for quantised weights, which encoders do not have here", "unsupported_architecture");
        if (fields.Text("pooler_act") is { } act and not "tanh") fields.Report("pooler_act", $"is '{act}'; supported: tanh", "unsupported_architecture");
        if (fields.Int("pooler_output_size") is { } size && size != fields.Int("hidden_size"))
            fields.Report("pooler_output_size", $"is {size}; supported: that of hidden_size", "unsupported_architecture");
    }

    /// <summary>The class without a head, and the classifier.</summary>
    private static string[] Classes(EncoderKind kind) => kind == EncoderKind.Bert ? ["BertModel", "BertForSequenceClassification"] : ["ViTModel", "ViTForImageClassification"];

    private static EncoderConfig ReadBert(JsonFields fields)
    {
        if (fields.Text("position_embedding_type") is { } positions and not "absolute")
            fields.Report("position_embedding_type", $"is '{positions}'; supported: absolute", "unsupported_architecture");
        foreach (var name in new[] { "is_decoder", "add_cross_attention" })
            if (fields.Bool(name) == true) fields.Report(name, "is not supported", "unsupported_architecture");
        return Common(fields, EncoderKind.Bert) with
        {
            VocabularySize = fields.Required("vocab_size", 1, Largest),
            MaxPositions = fields.Int("max_position_embeddings", 1, Largest) ?? 512,
            TokenTypes = fields.Int("type_vocab_size", 1, 4096) ?? 2,
        };
    }

    private static EncoderConfig ReadVit(JsonFields fields)
    {
        var (image, patch) = (fields.Int("image_size", 1, 1 << 14) ?? 224, fields.Int("patch_size", 1, 1 << 14) ?? 16);
        if (image % patch != 0) fields.Report("image_size", $"is {image}, which patch_size {patch} does not divide", "unsupported_architecture");
        return Common(fields, EncoderKind.Vit) with
        {
            ImageSize = image,
            PatchSize = patch,
            Channels = fields.Int("num_channels", 1, 64) ?? 3,
            AttentionBias = fields.Bool("qkv_bias") ?? true,
        };
    }

    private static EncoderConfig Common(JsonFields fields, EncoderKind kind)
    {
        var classes = Classes(kind);
        var name = fields.Texts("architectures")?.FirstOrDefault() ?? classes[0];
        if (!classes.Contains(name)) fields.Report("architectures", $"begins with '{name}'; supported: {string.Join(", ", classes)}", "unsupported_architecture");
        var act = fields.Text("hidden_act") ?? "gelu";
        if (!ModelConfigJson.Activations.TryGetValue(act, out var activation))
            fields.Report("hidden_act", $"is '{act}'; supported: {string.Join(", ", ModelConfigJson.Activations.Keys)}", "unsupported_architecture");
        return new EncoderConfig
        {
            Kind = kind,
            HiddenSize = fields.Required("hidden_size", 1, Largest),
            IntermediateSize = fields.Required("intermediate_size", 1, Largest),
            Layers = fields.Required("num_hidden_layers", 1, 4096),
            Heads = Math.Max(1, fields.Required("num_attention_heads", 1, 4096)),
            Activation = activation,
            NormEpsilon = fields.Number("layer_norm_eps", 0) ?? 1e-12,
            Head = name == classes[1] ? ModelHead.Classification : ModelHead.None,
            Labels = name == classes[1] ? HeadReader.Labels(fields) : [],
            HeadName = name == classes[1] ? ClassifierHeads.Read(fields) : null,
            WeightType = ModelConfigReader.ReadType(fields),
        };
    }
}
