using Temper.Core.Errors;
using Temper.Core.Safetensors;

namespace Temper.Models;

/// <summary>An adapter's folder: adapter_config.json and adapter_model.safetensors, checked against its base's shape; names and shapes,
/// all errors at once. Needs no engine.</summary>
internal sealed class LoraFile : IDisposable
{
    private readonly SafetensorsReader file;

    private LoraFile(LoraConfig config, SafetensorsReader file, AdaptedShape model)
    {
        (Config, this.file) = (config, file);
        (Targets, Saved) = (LoraTargets.Find(model, config), LoraTargets.Saved(model, config));
    }

    /// <summary>Its settings.</summary>
    public LoraConfig Config { get; }

    /// <summary>The modules that it changes, in model order.</summary>
    public IReadOnlyList<LinearModule> Targets { get; }

    /// <summary>The weights that it replaces, in model order.</summary>
    public IReadOnlyList<WeightSlot> Saved { get; }

    /// <summary>Opens and checks a folder.</summary>
    public static LoraFile Open(string folder, AdaptedShape model)
    {
        var config = LoraConfig.Parse(ModelFolder.ReadFile(folder, "adapter_config.json"), Path.Combine(folder, "adapter_config.json"));
        if (!File.Exists(Path.Combine(folder, "adapter_model.safetensors")) && File.Exists(Path.Combine(folder, "adapter_model.bin")))
            throw new TemperException("pickle_refused", $"Opening {folder}: adapter_model.bin is a pickle file, which can run programs when it is read; only safetensors is read.");
        var file = SafetensorsReader.Open(Path.Combine(folder, "adapter_model.safetensors"));
        try
        {
            var adapter = new LoraFile(config, file, model);
            var expected = adapter.Targets.SelectMany(t => Slots(t, config)).Concat(adapter.Saved.Select(slot => slot with { Name = NameOf(slot.Name) }));
            WeightCheck.Throw(WeightCheck.Compare(expected, file.Tensors.ToDictionary(t => t.Name), _ => false, folder));
            return adapter;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>PEFT's name of a tensor of a module, such as <c>lora_A.weight</c>.</summary>
    public static string NameOf(string path, string part) => NameOf($"{path}.{part}");

    /// <summary>PEFT's name of a base's weight.</summary>
    public static string NameOf(string weight) => $"base_model.model.{weight}";

    /// <summary>The tensors of a module.</summary>
    public static IEnumerable<WeightSlot> Slots(LinearModule module, LoraConfig config)
    {
        var rank = config.RankOf(module.Path);
        yield return new WeightSlot(NameOf(module.Path, "lora_A.weight"), [rank, module.In], WeightRole.Matrix);
        yield return new WeightSlot(NameOf(module.Path, "lora_B.weight"), [module.Out, rank], WeightRole.Matrix);
        if (config.UseDora) yield return new WeightSlot(NameOf(module.Path, "lora_magnitude_vector"), [module.Out], WeightRole.Norm);
    }

    /// <summary>Gives the numbers of a tensor.</summary>
    public FillFloats Reader(string name)
    {
        var tensor = file.Find(name)!;
        return (first, target) => file.ReadFloats(tensor, first, target);
    }

    /// <summary>All numbers of a tensor.</summary>
    public float[] Read(string name) => file.ReadFloats(file.Find(name)!);

    /// <summary>Sources of every weight of the base with the adapter in it.</summary>
    /// <param name="weights">Names, shapes and numbers of the base; numbers of what the adapter keeps whole are not asked for.</param>
    /// <param name="transposed">Whether the base stores modules [in, out].</param>
    /// <param name="type">F32, F16 or BF16.</param>
    public IReadOnlyList<TensorSource> Merged(IEnumerable<(string Name, long[] Shape, FillFloats Fill)> weights, bool transposed, StoredType type)
    {
        var (changed, whole) = (Targets.Select(target => target.Path).ToHashSet(StringComparer.Ordinal), Saved.Select(slot => slot.Name).ToHashSet(StringComparer.Ordinal));
        return LoraMerge.Sources(weights, path => changed.Contains(path) ? Part(path) : null, name => whole.Contains(name) ? Reader(NameOf(name)) : null, _ => transposed, type);
    }

    private LoraMerge.Part Part(string path)
    {
        float[] Numbers(LoraPart part) => Read(NameOf(path, LoraModule.PartName(part)));
        return new LoraMerge.Part(path, Config.RankOf(path), Config.ScaleOf(path), Numbers(LoraPart.A), Numbers(LoraPart.B), Config.UseDora ? Numbers(LoraPart.Magnitude) : null);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => file.Dispose();
}
