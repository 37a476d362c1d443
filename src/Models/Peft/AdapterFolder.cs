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
        using var file = LoraFile.Open(folder, model);
        return file.Config;
    }

    /// <summary>Copies both files. Settings stay as they are but for the base's name, where one is given.</summary>
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
    }

    /// <summary>What programs that are known to load adapters make of these settings, a sentence each; PEFT itself takes all of them.</summary>
    public static IReadOnlyList<string> Compatibility(LoraConfig config)
    {
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
