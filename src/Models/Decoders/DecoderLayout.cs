using Temper.Core.Safetensors;

namespace Temper.Models;

/// <summary>How a weight is initialised.</summary>
internal enum WeightRole
{
    /// <summary>Normal numbers.</summary>
    Matrix,

    /// <summary>Ones.</summary>
    Norm,

    /// <summary>Zeros.</summary>
    Bias,
}

/// <summary>A weight that a configuration asks for. <paramref name="Shape"/> is that of the file; with <paramref name="Transposed"/> the engine
/// holds it the other way round, as [out, in].</summary>
internal sealed record WeightSlot(string Name, long[] Shape, WeightRole Role, bool Transposed = false)
{
    /// <summary>Shape on the engine.</summary>
    public long[] EngineShape => Transposed ? [Shape[1], Shape[0]] : Shape;
}

/// <summary>Names and shapes of a decoder's weights, from its family's row and its configuration.</summary>
internal static class DecoderLayout
{
    /// <summary>Every weight of the model, in order.</summary>
    public static IEnumerable<WeightSlot> Slots(ModelConfig config)
    {
        var (names, d) = (config.Family.Names, (long)config.HiddenSize);
        yield return new WeightSlot($"{names.Root}{names.Embedding}.weight", [config.VocabularySize, d], WeightRole.Matrix);
        if (names.Positions is { } positions) yield return new WeightSlot($"{names.Root}{positions}.weight", [config.MaxPositions, d], WeightRole.Matrix);
        for (var layer = 0; layer < config.Layers; layer++)
            foreach (var slot in Block(config, BlockPath(config, layer))) yield return slot;
        foreach (var slot in Norm(config, names.Root + names.FinalNorm, d)) yield return slot;
        if (config.Head == ModelHead.Causal && !config.TieWordEmbeddings) yield return new WeightSlot("lm_head.weight", [config.VocabularySize, d], WeightRole.Matrix);
        if (config.Head != ModelHead.Classification) yield break;
        yield return new WeightSlot("score.weight", [config.Labels.Count, d], WeightRole.Matrix);
        foreach (var slot in ClassifierHeads.Slots(config.HeadName, "score", config.HiddenSize)) yield return slot;
    }

    /// <summary>Path of a block, with the dot after it.</summary>
    public static string BlockPath(ModelConfig config, int layer) => $"{config.Family.Names.Root}{config.Family.Names.Blocks}.{layer}.";

    /// <summary>Modules of all blocks that an adapter may change, with their sizes.</summary>
    public static IEnumerable<(string Path, long Out, long In)> LinearModules(ModelConfig config) => Enumerable.Range(0, config.Layers)
        .SelectMany(layer => Linears(config, BlockPath(config, layer))).Select(linear => (linear.Path, linear.Out, linear.In));

    /// <summary>Whether a file may hold this name although the model has no place for it: buffers of old exports, and the head of a tied model.</summary>
    public static bool IsIgnored(ModelConfig config, string name) =>
        name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal) || (config.TieWordEmbeddings && name == "lm_head.weight")
        || (config.Family.Names.Fused is not null && (name.EndsWith(".attn.bias", StringComparison.Ordinal) || name.EndsWith(".attn.masked_bias", StringComparison.Ordinal)));

    /// <summary>The tensors of files under the model's names: files of a model without its head leave out the root.</summary>
    public static Dictionary<string, StoredTensor> Named(ModelConfig config, IReadOnlyDictionary<string, StoredTensor> found)
    {
        var slots = Slots(config).Select(s => s.Name).ToHashSet(StringComparer.Ordinal);
        var root = config.Family.Names.Root;
        return found.ToDictionary(pair => !slots.Contains(pair.Key) && slots.Contains(root + pair.Key) && !found.ContainsKey(root + pair.Key) ? root + pair.Key : pair.Key,
            pair => pair.Value, StringComparer.Ordinal);
    }

    private static IEnumerable<WeightSlot> Block(ModelConfig config, string block)
    {
        var (names, d) = (config.Family.Names, (long)config.HiddenSize);
        foreach (var slot in Norm(config, block + names.InputNorm, d)) yield return slot;
        foreach (var slot in Linears(config, block).SelectMany(linear => Linear(config, linear))) yield return slot;
        if (names.HeadNorms is { } heads)
            foreach (var slot in Norm(config, block + heads.Query, config.HeadSize).Concat(Norm(config, block + heads.Key, config.HeadSize))) yield return slot;
        foreach (var name in new[] { names.AttentionOutputNorm, names.FeedForwardNorm, names.FeedForwardOutputNorm })
            if (name is not null)
                foreach (var slot in Norm(config, block + name, d)) yield return slot;
    }

    private static IEnumerable<(string Path, long Out, long In, bool Bias)> Linears(ModelConfig config, string block)
    {
        var (names, family) = (config.Family.Names, config.Family);
        long d = config.HiddenSize, q = (long)config.Heads * config.HeadSize, kv = (long)config.KeyValueHeads * config.HeadSize, inner = config.IntermediateSize;
        if (names.Fused is { } fused) yield return (block + fused, q + 2 * kv, d, config.AttentionBias);
        else
        {
            yield return (block + names.Query, q, d, config.AttentionBias);
            yield return (block + names.Key, kv, d, config.AttentionBias);
            yield return (block + names.Value, kv, d, config.AttentionBias);
        }

        yield return (block + names.Output, d, q, config.AttentionBias && family.OutputBias);
        if (names.Gate is { } gate) yield return (block + gate, inner, d, config.MlpBias);
        yield return (block + names.Up, inner, d, config.MlpBias);
        yield return (block + names.Down, d, inner, config.MlpBias);
    }

    private static IEnumerable<WeightSlot> Linear(ModelConfig config, (string Path, long Out, long In, bool Bias) linear)
    {
        var transposed = config.Family.Transposed;
        yield return new WeightSlot(linear.Path + ".weight", transposed ? [linear.In, linear.Out] : [linear.Out, linear.In], WeightRole.Matrix, transposed);
        if (linear.Bias) yield return new WeightSlot(linear.Path + ".bias", [linear.Out], WeightRole.Bias);
    }

    private static IEnumerable<WeightSlot> Norm(ModelConfig config, string path, long size)
    {
        // A norm that multiplies by 1 + w begins at w = 0.
        yield return new WeightSlot(path + ".weight", [size], config.Family.Norm == NormKind.RmsPlusOne ? WeightRole.Bias : WeightRole.Norm);
        if (config.Family.Norm == NormKind.Layer) yield return new WeightSlot(path + ".bias", [size], WeightRole.Bias);
    }
}
