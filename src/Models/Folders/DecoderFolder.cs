using Temper.Core.Errors;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>A decoder's folder where its numbers alone are asked for: config.json and weights must be there and fit, a tokenizer may.</summary>
public sealed class DecoderFolder : IDisposable
{
    private readonly WeightFiles weights;

    private DecoderFolder(ModelConfig config, Tokenizer? tokenizer, WeightFiles weights) => (Config, Tokenizer, this.weights) = (config, tokenizer, weights);

    /// <summary>What the model is.</summary>
    public ModelConfig Config { get; }

    /// <summary>Its tokenizer; null when the folder has none.</summary>
    public Tokenizer? Tokenizer { get; }

    /// <summary>Opens and checks a folder; everything that is wrong with its weights is said at once.</summary>
    /// <exception cref="TemperException">Codes <c>model_not_found</c>, <c>model_file_missing</c>, <c>config_invalid</c>, <c>unsupported_architecture</c>, <c>tensor_…</c>.</exception>
    public static DecoderFolder Open(string path)
    {
        if (!Directory.Exists(path)) throw new TemperException("model_not_found", $"Opening a model: there is no folder {path}.");
        var (file, words) = (Path.Combine(path, "config.json"), Path.Combine(path, "tokenizer.json"));
        var config = ModelConfig.Parse(ModelFolder.ReadFile(path, "config.json"), file);
        var tokenizer = File.Exists(words) ? Tokenizer.Parse(File.ReadAllBytes(words), words) : null;
        var weights = WeightFiles.Open(path);
        try
        {
            WeightCheck.Throw(WeightCheck.Compare(DecoderLayout.Slots(config), DecoderLayout.Named(config, weights.Tensors), name => DecoderLayout.IsIgnored(config, name), path));
            return new(config, tokenizer, weights);
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>The decoder, frozen.</summary>
    public Decoder Load(IEngine engine) => Decoder.Load(engine, Config, weights);

    /// <summary>Closes the files.</summary>
    public void Dispose() => weights.Dispose();
}
