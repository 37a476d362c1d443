namespace Temper.Models;

/// <summary>The keys of a model's GGUF file.</summary>
internal static class GgufMetadata
{
    /// <summary>All keys, in order. <paramref name="notes"/> receives what they cannot say.</summary>
    public static IEnumerable<KeyValuePair<string, object>> Of(ModelFolder model, GgufFamily family, GgufType type, List<string> notes) =>
    [
        new("general.architecture", family.Architecture), new("general.type", "model"), new("general.name", Path.GetFileName(Path.TrimEndingDirectorySeparator(model.Path))),
        new("general.file_type", FileType(type)), new("general.quantization_version", 2u),
        .. Shape(model.Config, family, notes).Select(pair => KeyValuePair.Create($"{family.Architecture}.{pair.Key}", pair.Value)),
        .. GgufVocabulary.Read(File.ReadAllBytes(Path.Combine(model.Path, "tokenizer.json")), model.Config.VocabularySize),
        .. Tokens(model),
    ];

    /// <summary>Tensors that come from the configuration.</summary>
    public static IEnumerable<GgufTensor> ExtraTensors(ModelConfig config) => [];

    private static IEnumerable<KeyValuePair<string, object>> Shape(ModelConfig config, GgufFamily family, List<string> notes)
    {
        yield return new("block_count", (uint)config.Layers);
        yield return new("context_length", (uint)config.MaxPositions);
        yield return new("embedding_length", (uint)config.HiddenSize);
        yield return new("feed_forward_length", (uint)config.IntermediateSize);
        yield return new("attention.head_count", (uint)config.Heads);
        yield return new("attention.head_count_kv", (uint)config.KeyValueHeads);
        yield return new("attention.layer_norm_rms_epsilon", (float)config.NormEpsilon);
        yield return new("attention.key_length", (uint)config.HeadSize);
        yield return new("attention.value_length", (uint)config.HeadSize);
        yield return new("rope.freq_base", (float)config.RopeTheta);
        yield return new("rope.dimension_count", (uint)config.HeadSize);
        yield return new("vocab_size", (uint)config.VocabularySize);
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
