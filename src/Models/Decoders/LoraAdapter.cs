using Temper.Core.Errors;
using Temper.Core.Files;
using Temper.Core.Safetensors;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>A low-rank adapter of a decoder or an encoder (Hu et al. 2021, arXiv:2106.09685) in PEFT's files: y = W·x + s·B·(A·dropout(x)), with rsLoRA's scale,
/// DoRA's lengths and weights kept whole where its settings say so. Several may exist beside one base. It owns its weights; create it outside
/// engine scopes.</summary>
public sealed class LoraAdapter : IDisposable
{
    private const uint InitStream = 65;
    private readonly AdaptedModel model;
    private readonly Dictionary<string, LoraModule> modules;
    private readonly Dictionary<string, NamedTensor> saved;

    private LoraAdapter(AdaptedModel model, LoraConfig config, IReadOnlyList<LoraModule> modules, IReadOnlyList<NamedTensor> saved)
    {
        (this.model, Config) = (model, config);
        this.modules = modules.ToDictionary(m => m.Path);
        this.saved = saved.ToDictionary(s => s.Name);
        Weights = [.. modules.SelectMany(m => m.Tensors), .. saved.Select(s => s with { Name = LoraFile.NameOf(s.Name) })];
    }

    /// <summary>Its settings; targets are resolved to names.</summary>
    public LoraConfig Config { get; }

    /// <summary>A [r, in], B [out, r] and DoRA's lengths [out] of every module, then the weights kept whole, under PEFT's names.</summary>
    public IReadOnlyList<NamedTensor> Weights { get; }

    /// <summary>What keeps <paramref name="config"/> from fitting a model of <paramref name="model"/>'s shape, all at once; no weight is needed.</summary>
    public static IReadOnlyList<Problem> Check(ModelConfig model, LoraConfig config) => Check(AdaptedShape.Of(model), config);

    /// <inheritdoc cref="Check(ModelConfig, LoraConfig)"/>
    /// <param name="model">Of an encoder.</param>
    /// <param name="pooler">Whether it has a pooler.</param>
    /// <param name="config">Settings of the adapter.</param>
    public static IReadOnlyList<Problem> Check(EncoderConfig model, bool pooler, LoraConfig config) => Check(AdaptedShape.Of(model, pooler), config);

    private static List<Problem> Check(AdaptedShape model, LoraConfig config)
    {
        var problems = new List<Problem>();
        foreach (var find in (Action[])[() => problems.AddRange(LoraTargets.TooHigh(LoraTargets.Find(model, config), config)), () => LoraTargets.Saved(model, config)])
            try
            {
                find();
            }
            catch (TemperException e)
            {
                problems.AddRange(e.Problems);
            }

        return problems;
    }

    /// <summary>A new, trainable adapter: A uniform in ±1/√in (or N(0, 1/r)), B zero, DoRA's lengths those of the base's rows, weights kept whole those of
    /// the base; a pure function of <paramref name="seed"/>. No match is <c>target_not_found</c>, which lists the names there are.</summary>
    public static LoraAdapter Create(Decoder decoder, LoraConfig config, ulong seed) => Create(AdaptedModel.Of(decoder), config, seed);

    /// <inheritdoc cref="Create(Decoder, LoraConfig, ulong)"/>
    public static LoraAdapter Create(Encoder encoder, LoraConfig config, ulong seed) => Create(AdaptedModel.Of(encoder), config, seed);

    private static LoraAdapter Create(AdaptedModel model, LoraConfig config, ulong seed)
    {
        var targets = LoraTargets.Find(model.Shape, config);
        var resolved = config.TargetPattern is not null || config.Layers.Count > 0 || config.ExcludeModules.Count > 0 || config.ExcludePattern is not null
            ? config : config with { TargetModules = [.. targets.Select(t => LoraTargets.Leaf(t.Path)).Distinct().Order(StringComparer.Ordinal)] };
        var modules = targets.Select((target, site) =>
        {
            var (rank, bound, key) = (config.RankOf(target.Path), (float)(1 / Math.Sqrt(target.In)), new RandomKey(seed, InitStream, Site: (uint)site));
            return LoraModule.Make(model, config, target, trainable: true, (part, first, values) =>
            {
                if (part == LoraPart.B) values.Clear();
                else if (part == LoraPart.Magnitude) LoraModule.RowLengths(model, target.Path).AsSpan((int)first, values.Length).CopyTo(values);
                else if (config.GaussianInit) Philox.FillNormal(key, values, 0, (float)(1.0 / rank), first);
                else Philox.FillUniform(key, values, -bound, bound, first);
            });
        });
        return new LoraAdapter(model, resolved, [.. modules], [.. LoraTargets.Saved(model.Shape, config).Select(slot => new NamedTensor(slot.Name, EngineWeights.Make(model.Engine, slot.EngineShape,
            EngineWeights.Numbers(model.Engine, model.Find(slot.Name)!), trainable: true)) { Transposed = slot.Transposed })]);
    }

    /// <summary>Reads adapter_config.json and adapter_model.safetensors of a folder. Names and shapes are checked against the base, all errors at once.</summary>
    public static LoraAdapter Load(Decoder decoder, string folder, bool trainable = false) => Load(AdaptedModel.Of(decoder), folder, trainable);

    /// <inheritdoc cref="Load(Decoder, string, bool)"/>
    public static LoraAdapter Load(Encoder encoder, string folder, bool trainable = false) => Load(AdaptedModel.Of(encoder), folder, trainable);

    private static LoraAdapter Load(AdaptedModel model, string folder, bool trainable)
    {
        using var file = LoraFile.Open(folder, model.Shape);
        return new LoraAdapter(model, file.Config,
            [.. file.Targets.Select(target => LoraModule.Make(model, file.Config, target, trainable, (part, first, values) => file.Reader(LoraFile.NameOf(target.Path, LoraModule.PartName(part)))(first, values)))],
            [.. file.Saved.Select(slot => new NamedTensor(slot.Name, EngineWeights.Make(model.Engine, slot.EngineShape, EngineWeights.FromFile(slot, file.Reader(LoraFile.NameOf(slot.Name))), trainable)) { Transposed = slot.Transposed })]);
    }

    /// <summary>Writes adapter_model.safetensors (f32) and adapter_config.json.</summary>
    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        SafetensorsWriter.Write(Path.Combine(folder, "adapter_model.safetensors"), Weights.Select(w => EngineWeights.Source(model.Engine, w, StoredType.F32)));
        DurableFile.Write(Path.Combine(folder, "adapter_config.json"), Config.ToJson());
    }

    /// <summary>Sources of the base's weights with this adapter added in f32 and rounded once. A result that is not finite is
    /// <c>merge_not_finite</c> while it is written.</summary>
    public IReadOnlyList<TensorSource> Merged(StoredType type) => LoraMerge.Sources(
        model.Weights.Select(w => (w.Name, w.FileShape, EngineWeights.InFiles(model.Engine, w))),
        path => Find(path)?.ToPart(model.Engine),
        name => saved.TryGetValue(name, out var whole) ? EngineWeights.InFiles(model.Engine, whole) : null,
        _ => model.Shape.Transposed, type);

    /// <summary>Frees the weights.</summary>
    public void Dispose()
    {
        foreach (var weight in Weights) weight.Tensor.Dispose();
        foreach (var module in modules.Values) module.Gain?.Dispose();
    }

    /// <summary>The output of module <paramref name="path"/> with the adapter. <paramref name="dropout"/> is the site's key when training.</summary>
    internal Tensor Linear(string path, Tensor x, Tensor weight, Tensor? bias, RandomKey? dropout)
    {
        var engine = model.Engine;
        if (Find(path) is not { } module) return engine.Linear(x, weight, bias);
        var spec = dropout is { } key && Config.Dropout > 0 ? new DropoutSpec((float)Config.Dropout, key) : default;
        if (module.Magnitude is null) return engine.LoraLinear(x, weight, bias, module.A, module.B, module.Scale, spec);
        using var plain = engine.Linear(x, weight, bias);
        return module.ApplyDora(model, x, plain, spec);
    }

    /// <summary>The weight that stands for the base's weight <paramref name="name"/>, or null.</summary>
    internal Tensor? Saved(string name) => saved.GetValueOrDefault(name)?.Tensor;

    /// <summary>What the adapter adds to a module, or null.</summary>
    internal LoraModule? Find(string path) => modules.GetValueOrDefault(path);
}
