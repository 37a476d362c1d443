using Temper.Tensors;

namespace Temper.Models;

/// <summary>A model folder in Hugging Face layout: config.json, generation_config.json, model.safetensors (or shards),
/// tokenizer.json, tokenizer_config.json, chat_template.jinja. Opening checks names, shapes and sizes; all errors at once.</summary>
public sealed class ModelFolder : IDisposable
{
    /// <summary>Opens and checks a folder.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="checkFinite">Also reads every weight and refuses NaN and infinity (<c>weights_not_finite</c>).</param>
    public static ModelFolder Open(string path, bool checkFinite = false) => throw new NotSupportedException($"{path} {checkFinite}");

    /// <summary>The folder.</summary>
    public string Path => throw new NotSupportedException("folder");

    /// <summary>What the model is.</summary>
    public ModelConfig Config => throw new NotSupportedException("folder");

    /// <summary>Defaults of answering.</summary>
    public GenerationConfig Generation => throw new NotSupportedException("folder");

    /// <summary>Its tokenizer.</summary>
    public Tokenizer Tokenizer => throw new NotSupportedException("folder");

    /// <summary>Its chat template; null when it has none.</summary>
    public ChatTemplate? Template => throw new NotSupportedException("folder");

    /// <summary>Its weights.</summary>
    public WeightFiles Weights => throw new NotSupportedException("folder");

    /// <summary>Tokens that end an answer: those of generation_config.json and config.json and the tokenizer's eos token.</summary>
    public IReadOnlyList<int> StopTokens => throw new NotSupportedException("folder");

    /// <summary>The decoder. <paramref name="trainable"/> picks the weights that are trained; null freezes all.</summary>
    public Decoder LoadDecoder(IEngine engine, Func<string, bool>? trainable = null) => Decoder.Load(engine, Config, Weights, trainable);

    /// <summary>Writes a whole model: config, weights (<see cref="ModelConfig.WeightType"/>), tokenizer and template.</summary>
    public static void Save(string path, Decoder decoder, ReadOnlyMemory<byte> tokenizerJson, string? chatTemplate, GenerationConfig generation) =>
        throw new NotSupportedException($"{path} {decoder} {tokenizerJson.Length} {chatTemplate} {generation}");

    /// <summary>Writes a model like this one with other weights, for example an adapter's <see cref="LoraAdapter.Merged"/>; all other files are copied.</summary>
    public void SaveAs(string path, IEnumerable<TensorSource> weights) => throw new NotSupportedException($"{path} {weights}");

    /// <summary>Closes the files.</summary>
    public void Dispose() { }
}
