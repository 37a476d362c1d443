using System.Text.Json;
using System.Text.Json.Nodes;
using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>adapter_config.json in PEFT's names.</summary>
internal static class LoraConfigJson
{
    private const int Largest = 1 << 16;
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    // Settings that are read below, or that never change an adapter's result. Any other one must be switched off.
    private static readonly string[] Understood =
    [
        "peft_type", "task_type", "base_model_name_or_path", "revision", "inference_mode", "r", "lora_alpha", "lora_dropout", "target_modules", "exclude_modules",
        "use_rslora", "use_dora", "rank_pattern", "alpha_pattern", "init_lora_weights", "layers_to_transform", "layers_pattern", "modules_to_save", "fan_in_fan_out",
        "auto_mapping", "peft_version", "runtime_config", "megatron_core", "loftq_config", "corda_config", "eva_config", "qalora_group_size",
    ];

    // These change the base's weights when the adapter is made; on the plain base the result would be another.
    private static readonly string[] HarmlessInits = ["gaussian", "eva", "orthogonal"];

    public static LoraConfig Read(ReadOnlySpan<byte> json, string file)
    {
        var fields = JsonFields.Parse(json, file, "adapter_invalid");
        Refuse(fields);
        var (targets, targetPattern) = Modules(fields, "target_modules");
        var (excluded, excludePattern) = Modules(fields, "exclude_modules");
        var config = new LoraConfig
        {
            Rank = fields.Required("r", 1, Largest),
            Alpha = fields.Number("lora_alpha", 0) ?? 8,
            Dropout = fields.Number("lora_dropout", 0) ?? 0,
            TargetModules = targets,
            TargetPattern = targetPattern,
            ExcludeModules = excluded,
            ExcludePattern = excludePattern,
            Layers = Layers(fields),
            LayersPattern = fields.Find("layers_pattern") is { ValueKind: JsonValueKind.String } one ? [one.GetString()!] : fields.Texts("layers_pattern") ?? [],
            ModulesToSave = fields.Texts("modules_to_save") ?? [],
            UseRsLora = fields.Bool("use_rslora") ?? false,
            UseDora = fields.Bool("use_dora") ?? false,
            GaussianInit = fields.Find("init_lora_weights") is { ValueKind: JsonValueKind.String } init && init.ValueEquals("gaussian"),
            RankPattern = Patterns(fields, "rank_pattern", (inner, name) => inner.Required(name, 1, Largest)),
            AlphaPattern = Patterns(fields, "alpha_pattern", (inner, name) => inner.Number(name, 0) ?? 0),
            BaseModel = fields.Text("base_model_name_or_path"),
            BaseRevision = fields.Text("revision"),
            TaskType = fields.Text("task_type"),
            FanInFanOut = fields.Bool("fan_in_fan_out") ?? false,
        };
        foreach (var pattern in config.RankPattern.Keys.Concat(config.AlphaPattern.Keys).Append(targetPattern).Append(excludePattern).OfType<string>())
            if (LoraTargets.Fault(pattern) is { } fault) fields.Problems.Add(new Problem("adapter_invalid", $"Reading an adapter's patterns: {fault}") { File = file, Value = pattern });
        if (config.Dropout >= 1) fields.Report("lora_dropout", "is not below 1");
        if (config.Layers.Count > 0 && targetPattern is not null) fields.Report("layers_to_transform", "cannot stand beside a pattern in target_modules");
        if (config.LayersPattern.Count > 0 && config.Layers.Count == 0) fields.Report("layers_pattern", "stands without layers_to_transform");
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
            ["exclude_modules"] = config.ExcludePattern is { } excluded ? excluded : Texts(config.ExcludeModules),
            ["fan_in_fan_out"] = config.FanInFanOut,
            ["inference_mode"] = true,
            ["init_lora_weights"] = config.GaussianInit ? "gaussian" : true,
            ["layers_pattern"] = Texts(config.LayersPattern),
            ["layers_to_transform"] = config.Layers.Count == 0 ? null : new JsonArray([.. config.Layers.Select(layer => (JsonNode)layer)]),
            ["lora_alpha"] = config.Alpha == Math.Floor(config.Alpha) && config.Alpha < 1e9 ? (JsonNode)(long)config.Alpha : config.Alpha,
            ["lora_dropout"] = config.Dropout,
            ["modules_to_save"] = Texts(config.ModulesToSave),
            ["peft_type"] = "LORA",
            ["r"] = config.Rank,
            ["rank_pattern"] = new JsonObject(config.RankPattern.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))),
            ["revision"] = config.BaseRevision,
            ["target_modules"] = config.TargetPattern is { } pattern ? pattern : Texts(config.TargetModules) ?? [],
            ["task_type"] = config.TaskType,
            ["use_dora"] = config.UseDora,
            ["use_rslora"] = config.UseRsLora,
        };
        return JsonSerializer.SerializeToUtf8Bytes(root, Indented);
    }

    private static void Refuse(JsonFields fields)
    {
        if (fields.Text("peft_type") is { } type and not "LORA") fields.Report("peft_type", $"is '{type}'; supported: LORA", "adapter_unsupported");
        foreach (var name in fields.Names.Except(Understood))
            if (fields.Find(name) is { } value && ChangesResult(value)) fields.Report(name, $"is {value.GetRawText()}, which is not supported", "adapter_unsupported");
        if (fields.Find("init_lora_weights") is { ValueKind: JsonValueKind.String } init && !HarmlessInits.Contains(init.GetString()))
            fields.Report("init_lora_weights", $"is '{init.GetString()}', which changes the base's own weights; supported: true, false, {string.Join(", ", HarmlessInits)}", "adapter_unsupported");
    }

    /// <summary>A list of names, or one pattern; <c>all-linear</c> is a name.</summary>
    private static (IReadOnlyList<string> Names, string? Pattern) Modules(JsonFields fields, string name) => fields.Find(name) switch
    {
        { ValueKind: JsonValueKind.String } text when text.ValueEquals(LoraTargets.AllLinear) => ([LoraTargets.AllLinear], null),
        { ValueKind: JsonValueKind.String } text => ([], text.GetString()),
        _ => (fields.Texts(name) ?? [], null),
    };

    private static IReadOnlyList<int> Layers(JsonFields fields)
    {
        if (fields.Find("layers_to_transform") is not { } value) return [];
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var only) && only >= 0) return [only];
        if (value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(v => v.ValueKind == JsonValueKind.Number && v.TryGetInt32(out var layer) && layer >= 0))
            return [.. value.EnumerateArray().Select(v => v.GetInt32())];
        fields.Report("layers_to_transform", "is neither a layer's number nor a list of them");
        return [];
    }

    private static JsonArray? Texts(IReadOnlyList<string> texts) => texts.Count == 0 ? null : new([.. texts.Select(t => (JsonNode)t)]);

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
