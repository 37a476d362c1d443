namespace Temper.Models;

/// <summary>The keys of a model's GGUF file.</summary>
internal static class GgufMetadata
{
    /// <summary>All keys, in order. <paramref name="notes"/> receives what they cannot say.</summary>
    public static IEnumerable<KeyValuePair<string, object>> Of(ModelFolder model, GgufFamily family, GgufType type, List<string> notes) =>
    [
        new("general.architecture", family.Architecture), new("general.type", "model"), new("general.name", Path.GetFileName(Path.TrimEndingDirectorySeparator(model.Path))),
        new("general.file_type", FileType(type)), new("general.quantization_version", 2u),
        .. Shape(model.Config, notes).Select(pair => KeyValuePair.Create($"{family.Architecture}.{pair.Key}", pair.Value)),
        .. GgufVocabulary.Read(File.ReadAllBytes(Path.Combine(model.Path, "tokenizer.json")), model.Config.VocabularySize, notes),
        .. Tokens(model),
    ];

    /// <summary>Tensors that come from the configuration: what llama3's rotary frequencies are divided by, [head size / 2].</summary>
    public static IEnumerable<GgufTensor> ExtraTensors(ModelConfig config)
    {
        if (config.Rope.Kind != RotaryKind.Llama3 || config.Family.Names.Positions is not null) yield break;
        var (scaled, plain) = (RotaryFrequencies.Of(config, config.MaxPositions), RotaryFrequencies.Of(config with { Rope = new() }, config.MaxPositions));
        float[] divisors = [.. plain.Zip(scaled, (f, s) => (float)(f / s))];
        yield return new GgufTensor("rope_freqs.weight", GgufType.F32, [divisors.Length], (first, target) => divisors.AsSpan((int)first, target.Length).CopyTo(target));
    }

    private static IEnumerable<KeyValuePair<string, object>> Shape(ModelConfig config, List<string> notes)
    {
        yield return new("block_count", (uint)config.Layers);
        yield return new("context_length", (uint)GgufLimits.ContextLength(config, notes));
        yield return new("embedding_length", (uint)config.HiddenSize);
        yield return new("feed_forward_length", (uint)config.IntermediateSize);
        yield return new("attention.head_count", (uint)config.Heads);
        yield return new("attention.head_count_kv", (uint)config.KeyValueHeads);
        yield return new(config.Family.Norm == NormKind.Layer ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon", (float)config.NormEpsilon);
        yield return new("vocab_size", (uint)config.VocabularySize);
        if (config.Family.Names.Positions is not null) yield break;
        yield return new("attention.key_length", (uint)config.HeadSize);
        yield return new("attention.value_length", (uint)config.HeadSize);
        yield return new("rope.freq_base", (float)config.RopeTheta);
        yield return new("rope.dimension_count", (uint)config.HeadSize);
        foreach (var pair in Scaling(config)) yield return pair;
        if (!config.Family.Capped) yield break;
        yield return new("attention.sliding_window", (uint)config.SlidingWindow);
        yield return new("attn_logit_softcapping", (float)config.AttentionSoftCap);
        yield return new("final_logit_softcapping", (float)config.LogitSoftCap);
    }

    private static IEnumerable<KeyValuePair<string, object>> Scaling(ModelConfig config)
    {
        if (config.Rope.Kind is not (RotaryKind.Linear or RotaryKind.Yarn)) yield break;
        yield return new("rope.scaling.type", config.Rope.Kind == RotaryKind.Linear ? "linear" : "yarn");
        yield return new("rope.scaling.factor", (float)config.Rope.Factor);
        if (config.Rope.Kind == RotaryKind.Linear) yield break;
        yield return new("rope.scaling.original_context_length", (uint)(config.Rope.OriginalPositions ?? config.MaxPositions));
        // llama.cpp multiplies by 0.1·ln(factor) + 1 itself.
        if (config.Rope.AttentionFactor is { } magnitude) yield return new("rope.scaling.attn_factor", (float)(magnitude / (0.1 * Math.Log(config.Rope.Factor) + 1)));
    }

    private static IEnumerable<KeyValuePair<string, object>> Tokens(ModelFolder model)
    {
        if (model.Config.BosTokenId is { } bos) yield return new("tokenizer.ggml.bos_token_id", (uint)bos);
        if (model.StopTokens is [var eos, ..]) yield return new("tokenizer.ggml.eos_token_id", (uint)eos);
        if (model.Config.PadTokenId is { } pad) yield return new("tokenizer.ggml.padding_token_id", (uint)pad);
        if (model.Template is { } template) yield return new("tokenizer.chat_template", template.Source);
    }

    private static uint FileType(GgufType type) => type switch
    {
        GgufType.F32 => 0,
        GgufType.F16 => 1,
        GgufType.Q8_0 => 7,
        _ => 32,
    };
}
