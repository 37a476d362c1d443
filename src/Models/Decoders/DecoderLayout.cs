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

/// <summary>A weight that a configuration asks for.</summary>
internal sealed record WeightSlot(string Name, long[] Shape, WeightRole Role);

/// <summary>Names and shapes of a family's weights, as data.</summary>
internal static class DecoderLayout
{
    /// <summary>Every weight of the model, in order.</summary>
    public static IEnumerable<WeightSlot> Slots(ModelConfig config)
    {
        long d = config.HiddenSize, vocabulary = config.VocabularySize;
        yield return new WeightSlot("model.embed_tokens.weight", [vocabulary, d], WeightRole.Matrix);
        for (var layer = 0; layer < config.Layers; layer++)
        {
            var block = $"model.layers.{layer}.";
            yield return new WeightSlot(block + "input_layernorm.weight", [d], WeightRole.Norm);
            foreach (var slot in Linears(config, block).SelectMany(Linear)) yield return slot;
            yield return new WeightSlot(block + "post_attention_layernorm.weight", [d], WeightRole.Norm);
        }

        yield return new WeightSlot("model.norm.weight", [d], WeightRole.Norm);
        if (!config.TieWordEmbeddings) yield return new WeightSlot("lm_head.weight", [vocabulary, d], WeightRole.Matrix);
    }

    /// <summary>Modules of all blocks that an adapter may change, with their sizes.</summary>
    public static IEnumerable<(string Path, long Out, long In)> LinearModules(ModelConfig config) => Enumerable.Range(0, config.Layers)
        .SelectMany(layer => Linears(config, $"model.layers.{layer}.")).Select(linear => (linear.Path, linear.Out, linear.In));

    /// <summary>Whether a file may hold this name although the model has no place for it: buffers of old exports, and the head of a tied model.</summary>
    public static bool IsIgnored(ModelConfig config, string name) =>
        name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal) || (config.TieWordEmbeddings && name == "lm_head.weight");

    private static (string Path, long Out, long In, bool Bias)[] Linears(ModelConfig config, string block)
    {
        long d = config.HiddenSize, q = (long)config.Heads * config.HeadSize, kv = (long)config.KeyValueHeads * config.HeadSize, inner = config.IntermediateSize;
        return
        [
            (block + "self_attn.q_proj", q, d, config.AttentionBias),
            (block + "self_attn.k_proj", kv, d, config.AttentionBias),
            (block + "self_attn.v_proj", kv, d, config.AttentionBias),
            (block + "self_attn.o_proj", d, q, config.AttentionBias),
            (block + "mlp.gate_proj", inner, d, config.MlpBias),
            (block + "mlp.up_proj", inner, d, config.MlpBias),
            (block + "mlp.down_proj", d, inner, config.MlpBias),
        ];
    }

    private static IEnumerable<WeightSlot> Linear((string Path, long Out, long In, bool Bias) linear)
    {
        yield return new WeightSlot(linear.Path + ".weight", [linear.Out, linear.In], WeightRole.Matrix);
        if (linear.Bias) yield return new WeightSlot(linear.Path + ".bias", [linear.Out], WeightRole.Bias);
    }
}
