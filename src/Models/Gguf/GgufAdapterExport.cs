using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>Writes a low-rank adapter as a GGUF adapter for llama.cpp, which computes y + alpha / r · B·(A·x) and nothing else.</summary>
public static class GgufAdapterExport
{
    /// <summary>Writes <paramref name="path"/> in f32. Scales that are not alpha / r (rsLoRA, patterns) are folded into alpha, or into B where modules differ.</summary>
    /// <param name="folder">adapter_config.json and adapter_model.safetensors.</param>
    /// <param name="model">The base's configuration.</param>
    /// <param name="path">Target file.</param>
    /// <returns>What the reader of the file should know, a sentence each.</returns>
    /// <exception cref="TemperException">Codes <c>gguf_unsupported</c> (DoRA, modules_to_save), <c>adapter_invalid</c>, <c>export_verification_failed</c>.</exception>
    public static IReadOnlyList<string> Write(string folder, ModelConfig model, string path)
    {
        var family = GgufFamily.Of(model.ModelType);
        using var adapter = LoraFile.Open(folder, AdaptedShape.Of(model));
        Refuse(adapter.Config);
        var alpha = (float)(adapter.Config.Alpha * (adapter.Config.UseRsLora ? Math.Sqrt(adapter.Config.Rank) : 1));
        var notes = new List<string>();
        var tensors = new List<GgufTensor>();
        foreach (var module in adapter.Targets)
        {
            var name = family.Find(module.Path) ?? throw new TemperException("gguf_unsupported", $"Writing GGUF: llama.cpp has no place for '{module.Path}'.");
            var rank = adapter.Config.RankOf(module.Path);
            var factor = (float)(adapter.Config.ScaleOf(module.Path) / (alpha / rank));
            if (MathF.Abs(factor - 1) > 1e-6f) notes.Add($"{name.Theirs}: its own scale is folded into B");
            else factor = 1;
            tensors.Add(new GgufTensor(name.Theirs + ".weight.lora_a", GgufType.F32, [rank, module.In], adapter.Reader(LoraFile.NameOf(module.Path, "lora_A.weight"))));
            tensors.Add(new GgufTensor(name.Theirs + ".weight.lora_b", GgufType.F32, [module.Out, rank], B(adapter, model, module, name, rank, factor)));
        }

        GgufWriter.Write(path,
        [
            new("general.architecture", family.Architecture), new("general.type", "adapter"), new("general.name", Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))),
            new("general.file_type", 0u), new("adapter.type", "lora"), new("adapter.lora.alpha", alpha),
        ], tensors);
        return notes;
    }

    private static void Refuse(LoraConfig config)
    {
        if (config.UseDora) throw new TemperException("gguf_unsupported", "Writing GGUF: llama.cpp has no DoRA; merge the adapter and write the merged model.");
        if (config.ModulesToSave.Count > 0)
            throw new TemperException("gguf_unsupported", $"Writing GGUF: llama.cpp ignores modules_to_save ({string.Join(", ", config.ModulesToSave)}); merge the adapter and write the merged model.");
    }

    private static FillFloats B(LoraFile adapter, ModelConfig model, LinearModule module, GgufName name, int rank, float factor)
    {
        var plain = adapter.Reader(LoraFile.NameOf(module.Path, "lora_B.weight"));
        if (name.Change == GgufChange.ScaleQueries) factor *= GgufLimits.QueryFactor(model);
        var ordered = name.Change switch
        {
            GgufChange.InterleaveQueries => GgufExport.Rows(plain, rank, model.Heads, model.HeadSize),
            GgufChange.InterleaveKeys => GgufExport.Rows(plain, rank, model.KeyValueHeads, model.HeadSize),
            _ => plain,
        };
        return factor == 1 ? ordered : (first, target) =>
        {
            ordered(first, target);
            foreach (ref var value in target) value *= factor;
        };
    }
}
