using Temper.Core.Safetensors;

namespace Temper.Models;

/// <summary>Names and shapes of an encoder's weights. In files of a classifier they stand under <c>bert.</c> or <c>vit.</c>.</summary>
internal static class EncoderLayout
{
    /// <summary>The pooler's matrix, which files of a model without a head may lack.</summary>
    public const string Pooler = "pooler.dense";

    /// <summary>What stands before every name but the classifier's.</summary>
    public static string Root(EncoderConfig config) => config.Head == ModelHead.None ? "" : config.Kind == EncoderKind.Bert ? "bert." : "vit.";

    /// <summary>Every weight of the model, in order.</summary>
    public static IEnumerable<WeightSlot> Slots(EncoderConfig config, bool pooler)
    {
        var (root, d) = (Root(config), (long)config.HiddenSize);
        foreach (var slot in config.Kind == EncoderKind.Bert ? Texts(config, root + "embeddings.") : Images(config, root + "embeddings.")) yield return slot;
        for (var layer = 0; layer < config.Layers; layer++)
            foreach (var slot in Block(config, $"{root}encoder.layer.{layer}.")) yield return slot;
        if (config.Kind == EncoderKind.Vit)
            foreach (var slot in Norm(root + "layernorm", d)) yield return slot;
        if (pooler)
            foreach (var slot in Linear(root + Pooler, d, d)) yield return slot;
        if (config.Head != ModelHead.Classification) yield break;
        foreach (var slot in Linear("classifier", config.Labels.Count, d)) yield return slot;
        foreach (var slot in ClassifierHeads.Slots(config.HeadName, "classifier", config.HiddenSize)) yield return slot;
    }

    /// <summary>Modules that an adapter may change: those of all blocks, and the pooler.</summary>
    public static IEnumerable<LinearModule> LinearModules(EncoderConfig config, bool pooler)
    {
        var root = Root(config);
        for (var layer = 0; layer < config.Layers; layer++)
            foreach (var module in Linears(config, $"{root}encoder.layer.{layer}.")) yield return module;
        if (pooler) yield return new LinearModule(root + Pooler, config.HiddenSize, config.HiddenSize);
    }

    /// <summary>Whether the model has a pooler: a text classifier always, an image classifier never, any other if its files do.</summary>
    public static bool HasPooler(EncoderConfig config, IReadOnlyDictionary<string, StoredTensor> found) =>
        config.Head == ModelHead.Classification ? config.Kind == EncoderKind.Bert : HoldsPooler(found);

    /// <summary>Whether files hold a pooler, under whatever root.</summary>
    public static bool HoldsPooler(IReadOnlyDictionary<string, StoredTensor> found) => found.Keys.Any(name => name.EndsWith(Pooler + ".weight", StringComparison.Ordinal));

    /// <summary>Whether a weight is of the classifier, or of the pooler below it.</summary>
    public static bool IsHead(string name) => name.StartsWith("classifier.", StringComparison.Ordinal) || name.Contains(Pooler, StringComparison.Ordinal);

    /// <summary>Buffers and heads of pre-training that files may hold besides.</summary>
    public static bool IsIgnored(EncoderConfig config, string name) =>
        name.EndsWith("embeddings.position_ids", StringComparison.Ordinal) || name.EndsWith("embeddings.mask_token", StringComparison.Ordinal)
        || (config.Head == ModelHead.None && name.StartsWith("cls.", StringComparison.Ordinal));

    /// <summary>The tensors of files under the model's names: with or without the root, and norms as gamma and beta as TensorFlow's converters named them.</summary>
    public static Dictionary<string, StoredTensor> Named(EncoderConfig config, IReadOnlyDictionary<string, StoredTensor> found)
    {
        var slots = Slots(config, pooler: true).Select(s => s.Name).ToHashSet(StringComparer.Ordinal);
        var family = config.Kind == EncoderKind.Bert ? "bert." : "vit.";
        string Ours(string name)
        {
            name = name.EndsWith("LayerNorm.gamma", StringComparison.Ordinal) ? name[..^"gamma".Length] + "weight" : name.EndsWith("LayerNorm.beta", StringComparison.Ordinal) ? name[..^"beta".Length] + "bias" : name;
            if (slots.Contains(name)) return name;
            return slots.Contains(family + name) ? family + name : name.StartsWith(family, StringComparison.Ordinal) && slots.Contains(name[family.Length..]) ? name[family.Length..] : name;
        }

        var named = new Dictionary<string, StoredTensor>(StringComparer.Ordinal);
        foreach (var (name, tensor) in found)
            if (!named.TryAdd(Ours(name), tensor)) named[name] = tensor;
        return named;
    }

    private static IEnumerable<WeightSlot> Texts(EncoderConfig config, string path)
    {
        long d = config.HiddenSize;
        yield return new WeightSlot(path + "word_embeddings.weight", [config.VocabularySize, d], WeightRole.Matrix);
        yield return new WeightSlot(path + "position_embeddings.weight", [config.MaxPositions, d], WeightRole.Matrix);
        yield return new WeightSlot(path + "token_type_embeddings.weight", [config.TokenTypes, d], WeightRole.Matrix);
        foreach (var slot in Norm(path + "LayerNorm", d)) yield return slot;
    }

    private static IEnumerable<WeightSlot> Images(EncoderConfig config, string path)
    {
        long d = config.HiddenSize, patch = config.PatchSize;
        yield return new WeightSlot(path + "cls_token", [1, 1, d], WeightRole.Matrix);
        yield return new WeightSlot(path + "position_embeddings", [1, 1 + config.Patches, d], WeightRole.Matrix);
        yield return new WeightSlot(path + "patch_embeddings.projection.weight", [d, config.Channels, patch, patch], WeightRole.Matrix);
        yield return new WeightSlot(path + "patch_embeddings.projection.bias", [d], WeightRole.Bias);
    }

    private static IEnumerable<WeightSlot> Block(EncoderConfig config, string path)
    {
        var (names, linears) = (EncoderNames.Of(config.Kind), Linears(config, path));
        return
        [
            .. linears[..3].SelectMany(module => Linear(module, config.AttentionBias)), .. Linear(linears[3]), .. Norm(path + names.AttentionNorm, config.HiddenSize),
            .. linears[4..].SelectMany(module => Linear(module)), .. Norm(path + names.FeedForwardNorm, config.HiddenSize),
        ];
    }

    /// <summary>Query, key, value, output, and the two of the feed-forward layer.</summary>
    private static LinearModule[] Linears(EncoderConfig config, string path)
    {
        var names = EncoderNames.Of(config.Kind);
        long d = config.HiddenSize, inner = config.IntermediateSize;
        return [new(path + names.Query, d, d), new(path + names.Key, d, d), new(path + names.Value, d, d), new(path + names.Output, d, d), new(path + names.Up, inner, d), new(path + names.Down, d, inner)];
    }

    private static IEnumerable<WeightSlot> Linear(LinearModule module, bool bias = true) => Linear(module.Path, module.Out, module.In, bias);

    private static IEnumerable<WeightSlot> Linear(string path, long outputs, long inputs, bool bias = true)
    {
        yield return new WeightSlot(path + ".weight", [outputs, inputs], WeightRole.Matrix);
        if (bias) yield return new WeightSlot(path + ".bias", [outputs], WeightRole.Bias);
    }

    private static IEnumerable<WeightSlot> Norm(string path, long size)
    {
        yield return new WeightSlot(path + ".weight", [size], WeightRole.Norm);
        yield return new WeightSlot(path + ".bias", [size], WeightRole.Bias);
    }
}

/// <summary>Names of a block's modules in files.</summary>
internal sealed record EncoderNames(string Query, string Key, string Value, string AttentionNorm, string FeedForwardNorm)
{
    private static readonly EncoderNames Bert = new("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.LayerNorm", "output.LayerNorm");

    private static readonly EncoderNames Vit = new("attention.attention.query", "attention.attention.key", "attention.attention.value", "layernorm_before", "layernorm_after");

    public string Output => "attention.output.dense";

    public string Up => "intermediate.dense";

    public string Down => "output.dense";

    public static EncoderNames Of(EncoderKind kind) => kind == EncoderKind.Bert ? Bert : Vit;
}
