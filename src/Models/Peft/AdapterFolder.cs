using System.Text.Json;
using System.Text.Json.Nodes;
using Temper.Core.Errors;
using Temper.Core.Files;

namespace Temper.Models;

/// <summary>An adapter's folder as other programs load it: adapter_config.json and adapter_model.safetensors.</summary>
public static class AdapterFolder
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private static readonly int[] ServedRanks = [8, 16, 32, 64, 128, 256, 320, 512];

    /// <summary>Settings of an adapter; names and shapes of its tensors are checked against its base.</summary>
    /// <exception cref="TemperException">Codes <c>adapter_…</c>, <c>tensor_…</c>, <c>shape_mismatch</c>, all at once.</exception>
    public static LoraConfig Check(string folder, ModelConfig model)
    {
        using var file = LoraFile.Open(folder, AdaptedShape.Of(model));
        return file.Config;
    }

    /// <inheritdoc cref="Check(string, ModelConfig)"/>
    public static LoraConfig Check(string folder, EncoderFolder model)
    {
        using var file = LoraFile.Open(folder, model.ShapeOf(LabelFile.Read(folder)));
        return file.Config;
    }

    /// <summary>The chat template that an adapter brings; null where it is asked in its base's.</summary>
    /// <param name="folder">The adapter's.</param>
    /// <param name="model">Its base, whose special tokens the template sees.</param>
    /// <exception cref="TemperException">Codes <c>template_invalid</c>, <c>template_unsupported</c>.</exception>
    public static ChatTemplate? Template(string folder, ModelFolder model) =>
        Path.Combine(folder, ChatTemplate.FileName) is var file && File.Exists(file) ? model.TemplateOf(File.ReadAllText(file)) : null;

    /// <summary>Copies both files and, where there are any, the chat template and the names of classes. Settings stay as they are but for the base's name, where one is given.</summary>
    public static void Copy(string source, string target, string? baseName)
    {
        Directory.CreateDirectory(target);
        var config = JsonNode.Parse(ModelFolder.ReadFile(source, "adapter_config.json"))!.AsObject();
        if (baseName is not null) config["base_model_name_or_path"] = baseName;
        DurableFile.Write(Path.Combine(target, "adapter_config.json"), JsonSerializer.SerializeToUtf8Bytes(config, Indented));
        DurableFile.Write(Path.Combine(target, "adapter_model.safetensors"), stream =>
        {
            using var weights = File.OpenRead(Path.Combine(source, "adapter_model.safetensors"));
            weights.CopyTo(stream);
        });
        CopyTemplate(source, target);
        if (Path.Combine(source, LabelFile.Name) is var labels && File.Exists(labels)) DurableFile.Write(Path.Combine(target, LabelFile.Name), File.ReadAllBytes(labels));
    }

    /// <summary>Puts the adapter's own template, if any, in the place of the one in <paramref name="target"/>.</summary>
    internal static void CopyTemplate(string source, string target)
    {
        if (Path.Combine(source, ChatTemplate.FileName) is var template && File.Exists(template))
            DurableFile.Write(Path.Combine(target, ChatTemplate.FileName), File.ReadAllBytes(template));
    }

    /// <summary>What programs that are known to load adapters make of these settings, a sentence each; PEFT itself takes all of them.</summary>
    public static IReadOnlyList<string> Compatibility(LoraConfig config)
    {
        // Of the tasks that PEFT names, this one alone says that nothing is written: the base is an encoder.
        if (config.TaskType == "FEATURE_EXTRACTION")
            return ["vLLM: no, its adapters are of models that write; merge the adapter", "llama.cpp: no, its adapters are of models that write; merge the adapter"];
        var rank = config.RankPattern.Values.Append(config.Rank).Max();
        var fits = ServedRanks.FirstOrDefault(served => served >= rank);
        var notes = new List<string>
        {
            config.UseDora ? "vLLM: no, it has no DoRA" : config.ModulesToSave.Count > 0 ? $"vLLM: no, it refuses modules_to_save ({string.Join(", ", config.ModulesToSave)})"
                : fits == 0 ? $"vLLM: no, rank {rank} is above {ServedRanks[^1]}" : rank > 16 ? $"vLLM: with --max-lora-rank {fits}" : "vLLM: yes",
            config.UseDora ? "llama.cpp: no, it has no DoRA; merge the adapter" : config.ModulesToSave.Count > 0 ? "llama.cpp: no, it ignores modules_to_save; merge the adapter" : "llama.cpp: yes, after export --to gguf-lora",
        };
        if (config.BaseModel is null || config.BaseModel.StartsWith("registry://", StringComparison.Ordinal))
            notes.Add($"PEFT: yes, with the base given; base_model_name_or_path is {config.BaseModel ?? "null"}, which AutoPeftModel cannot find (--base-name changes it)");
        return notes;
    }
}
