using Temper.Core.Errors;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>A low-rank adapter of a decoder (Hu et al. 2021, arXiv:2106.09685) in PEFT's files: y = W·x + s·B·(A·dropout(x)). Several may
/// exist beside one base. It owns its weights; create it outside engine scopes.</summary>
public sealed class LoraAdapter : IDisposable
{
    private const uint InitStream = 65;
    private readonly Decoder decoder;
    private readonly Dictionary<string, LoraModule> modules;

    private LoraAdapter(Decoder decoder, LoraConfig config, IReadOnlyList<LoraModule> modules)
    {
        (this.decoder, Config) = (decoder, config);
        this.modules = modules.ToDictionary(m => m.Path);
        Weights = [.. modules.SelectMany(m => new[] { new NamedTensor(NameOf(m.Path, 'A'), m.A), new NamedTensor(NameOf(m.Path, 'B'), m.B) })];
    }

    /// <summary>Its settings; targets are resolved to names.</summary>
    public LoraConfig Config { get; }

    /// <summary>A [r, in] and B [out, r] of every module, under PEFT's names.</summary>
    public IReadOnlyList<NamedTensor> Weights { get; }

    /// <summary>A new, trainable adapter: A uniform in ±1/√in, B zero, a pure function of <paramref name="seed"/>.
    /// No match is <c>target_not_found</c>, which lists the names there are.</summary>
    public static LoraAdapter Create(Decoder decoder, LoraConfig config, ulong seed)
    {
        var targets = LoraTargets.Find(decoder.Config, config);
        var resolved = config.TargetPattern is not null ? config : config with { TargetModules = [.. targets.Select(t => LoraTargets.Leaf(t.Path)).Distinct().Order(StringComparer.Ordinal)] };
        return new LoraAdapter(decoder, resolved, [.. targets.Select((target, site) =>
        {
            var (rank, bound) = (config.RankOf(target.Path), (float)(1 / Math.Sqrt(target.In)));
            return Make(decoder, config, target, trainable: true,
                (first, values) => Philox.FillUniform(new RandomKey(seed, InitStream, Site: (uint)site), values, -bound, bound, first), (_, values) => values.Clear());
        })]);
    }

    /// <summary>Reads adapter_config.json and adapter_model.safetensors of a folder. Names and shapes are checked against the base, all errors at once.</summary>
    public static LoraAdapter Load(Decoder decoder, string folder, bool trainable = false)
    {
        var config = LoraConfig.Parse(ModelFolder.ReadFile(folder, "adapter_config.json"), Path.Combine(folder, "adapter_config.json"));
        using var file = SafetensorsReader.Open(Path.Combine(folder, "adapter_model.safetensors"));
        var targets = LoraTargets.Find(decoder.Config, config);
        var expected = targets.SelectMany(t => new[]
        {
            new WeightSlot(NameOf(t.Path, 'A'), [config.RankOf(t.Path), t.In], WeightRole.Matrix),
            new WeightSlot(NameOf(t.Path, 'B'), [t.Out, config.RankOf(t.Path)], WeightRole.Matrix),
        });
        WeightCheck.Throw(WeightCheck.Compare(expected, file.Tensors.ToDictionary(t => t.Name), _ => false, folder));
        return new LoraAdapter(decoder, config, [.. targets.Select(target => Make(decoder, config, target, trainable,
            (first, values) => file.ReadFloats(file.Find(NameOf(target.Path, 'A'))!, first, values),
            (first, values) => file.ReadFloats(file.Find(NameOf(target.Path, 'B'))!, first, values)))]);
    }

    /// <summary>Writes adapter_model.safetensors (f32) and adapter_config.json.</summary>
    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        SafetensorsWriter.Write(Path.Combine(folder, "adapter_model.safetensors"), Weights.Select(w => EngineWeights.Source(decoder.Engine, w, StoredType.F32)));
        DurableFile.Write(Path.Combine(folder, "adapter_config.json"), Config.ToJson());
    }

    /// <summary>Sources of the base's weights with this adapter added in f32 and rounded once: W + s·B·A. A result that is not finite is
    /// <c>merge_not_finite</c> while it is written.</summary>
    public IReadOnlyList<TensorSource> Merged(StoredType type) => [.. decoder.Weights.Select(weight =>
        weight.Name.EndsWith(".weight", StringComparison.Ordinal) && Find(weight.Name[..^".weight".Length]) is { } module
            ? LoraMerge.Source(decoder.Engine, weight, module, type)
            : EngineWeights.Source(decoder.Engine, weight, type))];

    /// <summary>Frees the weights.</summary>
    public void Dispose()
    {
        foreach (var weight in Weights) weight.Tensor.Dispose();
    }

    /// <summary>The output of module <paramref name="path"/> with the adapter: <paramref name="x"/> is its input, <paramref name="y"/> what the base
    /// made of it, bias included. <paramref name="dropout"/> is the site's key when training.</summary>
    internal Tensor Apply(string path, Tensor x, Tensor y, RandomKey? dropout)
    {
        if (Find(path) is not { } module) return y;
        var spec = dropout is { } key && Config.Dropout > 0 ? new DropoutSpec((float)Config.Dropout, key) : default;
        return decoder.Engine.LoraAdd(y, x, module.A, module.B, module.Scale, spec);
    }

    /// <summary>What the adapter adds to a module, or null.</summary>
    internal LoraModule? Find(string path) => modules.GetValueOrDefault(path);

    private static string NameOf(string path, char half) => $"base_model.model.{path}.lora_{half}.weight";

    private static LoraModule Make(Decoder decoder, LoraConfig config, (string Path, long Out, long In) target, bool trainable, FillFloats a, FillFloats b)
    {
        var rank = config.RankOf(target.Path);
        if (rank > Math.Min(target.In, target.Out)) throw new TemperException("adapter_invalid", $"Adding an adapter: rank {rank} is larger than {target.Path} [{target.Out}, {target.In}] allows.");
        return new LoraModule(target.Path, EngineWeights.Make(decoder.Engine, [rank, target.In], a, trainable),
            EngineWeights.Make(decoder.Engine, [target.Out, rank], b, trainable), config.ScaleOf(target.Path));
    }
}

/// <summary>What an adapter adds to one linear module.</summary>
internal sealed record LoraModule(string Path, Tensor A, Tensor B, double Scale);
