using System.Text.Json;
using System.Text.Json.Nodes;

namespace Temper.Models;

/// <summary>adapter_config.json in PEFT's names.</summary>
internal static class LoraConfigJson
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    // Settings that change the result and that this product has no arithmetic for; a value that switches them off is fine.
    private static readonly string[] Understood =
    [
        "peft_type", "task_type", "base_model_name_or_path", "revision", "inference_mode", "r", "lora_alpha", "lora_dropout", "target_modules", "exclude_modules",
        "use_rslora", "rank_pattern", "alpha_pattern", "init_lora_weights", "auto_mapping", "peft_version", "runtime_config", "megatron_core", "loftq_config", "corda_config",
        "eva_config", "qalora_group_size", "layers_pattern",
    ];

    public static LoraConfig Read(ReadOnlySpan<byte> json, string file)
    {
        var fields = JsonFields.Parse(json, file, "adapter_invalid");
        if (fields.Text("peft_type") is { } type and not "LORA") fields.Report("peft_type", $"is '{type}'; supported: LORA", "adapter_unsupported");
        foreach (var name in fields.Names.Except(Understood))
            if (fields.Find(name) is { } value && ChangesResult(value)) fields.Report(name, $"is {value.GetRawText()}, which is not supported", "adapter_unsupported");
        var single = fields.Find("target_modules") is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
        var config = new LoraConfig
        {
            Rank = fields.Required("r", 1, 1 << 16),
            Alpha = fields.Number("lora_alpha", 0) ?? 8,
            Dropout = fields.Number("lora_dropout", 0) ?? 0,
            TargetModules = single is null ? fields.Texts("target_modules") ?? [] : single == LoraTargets.AllLinear ? [single] : [],
            TargetPattern = single == LoraTargets.AllLinear ? null : single,
            ExcludeModules = fields.Texts("exclude_modules") ?? [],
            UseRsLora = fields.Bool("use_rslora") ?? false,
            RankPattern = Patterns(fields, "rank_pattern", (inner, name) => inner.Required(name, 1, 1 << 16)),
            AlphaPattern = Patterns(fields, "alpha_pattern", (inner, name) => inner.Number(name, 0) ?? 0),
            BaseModel = fields.Text("base_model_name_or_path"),
        };
        fields.ThrowIfAny();
        return config;
    }

    public static byte[] Write(LoraConfig config)
    {
        var root = new JsonObject
        {
            ["alpha_pattern"] = new JsonObject(config.AlphaPattern.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))),
            ["auto_mapping"] = null,
            ["base_model_name_or_path"] = config.BaseModel,
            ["bias"] = "none",
            ["exclude_modules"] = config.ExcludeModules.Count == 0 ? null : Texts(config.ExcludeModules),
            ["fan_in_fan_out"] = false,
            ["inference_mode"] = true,
            ["init_lora_weights"] = true,
            ["layers_pattern"] = null,
            ["layers_to_transform"] = null,
            ["lora_alpha"] = config.Alpha == Math.Floor(config.Alpha) && config.Alpha < 1e9 ? (JsonNode)(long)config.Alpha : config.Alpha,
            ["lora_dropout"] = config.Dropout,
            ["modules_to_save"] = null,
            ["peft_type"] = "LORA",
            ["r"] = config.Rank,
            ["rank_pattern"] = new JsonObject(config.RankPattern.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))),
            ["revision"] = null,
            ["target_modules"] = config.TargetPattern is { } pattern ? pattern : Texts(config.TargetModules),
            ["task_type"] = "CAUSAL_LM",
            ["use_dora"] = false,
            ["use_rslora"] = config.UseRsLora,
        };
        return JsonSerializer.SerializeToUtf8Bytes(root, Indented);
    }

    private static JsonArray Texts(IReadOnlyList<string> texts) => new([.. texts.Select(t => (JsonNode)t)]);

    private static bool ChangesResult(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.False => false,
        JsonValueKind.String => value.GetString() is not ("none" or ""),
        JsonValueKind.Array => value.GetArrayLength() > 0,
        JsonValueKind.Object => value.EnumerateObject().Any(),
        JsonValueKind.Number => value.GetRawText() is not ("0" or "0.0"),
        _ => true,
    };

    private static Dictionary<string, T> Patterns<T>(JsonFields fields, string name, Func<JsonFields, string, T> read)
    {
        if (fields.Object(name) is not { } inner) return [];
        return inner.Names.ToDictionary(pattern => pattern, pattern => read(inner, pattern));
    }
}
