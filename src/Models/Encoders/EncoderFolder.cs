using Temper.Core.Errors;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>An encoder's folder in Hugging Face layout: config.json, model.safetensors (or shards); for texts tokenizer.json too, and what
/// sentence-transformers keeps beside them. Opening checks names, shapes and sizes; all errors at once.</summary>
public sealed class EncoderFolder : IDisposable
{
    private EncoderFolder(string path, EncoderConfig config, Tokenizer? tokenizer, SentencePooling pooling, WeightFiles weights) =>
        (Path, Config, Tokenizer, Pooling, Weights) = (path, config, tokenizer, pooling, weights);

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>What the model is.</summary>
    public EncoderConfig Config { get; }

    /// <summary>Its tokenizer; null when it reads images.</summary>
    public Tokenizer? Tokenizer { get; }

    /// <summary>How it makes one vector of a text.</summary>
    public SentencePooling Pooling { get; }

    /// <summary>Its weights.</summary>
    public WeightFiles Weights { get; }

    /// <summary>Whether a folder's config.json is that of an encoder.</summary>
    public static bool Is(string path) => File.Exists(System.IO.Path.Combine(path, "config.json")) && EncoderConfig.IsEncoder(ModelFolder.ReadFile(path, "config.json"));

    /// <summary>Opens and checks a folder.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="checkFinite">Also reads every weight and refuses NaN and infinity (<c>weights_not_finite</c>).</param>
    public static EncoderFolder Open(string path, bool checkFinite = false)
    {
        var config = EncoderConfig.Parse(ModelFolder.ReadFile(path, "config.json"), System.IO.Path.Combine(path, "config.json"));
        var tokenizer = config.Kind == EncoderKind.Bert ? Tokenizer.Parse(ModelFolder.ReadFile(path, "tokenizer.json"), System.IO.Path.Combine(path, "tokenizer.json")) : null;
        var pooling = SentencePooling.Read(path);
        var weights = WeightFiles.Open(path);
        try
        {
            var stored = EncoderLayout.Named(config, weights.Tensors);
            var problems = WeightCheck.Compare(EncoderLayout.Slots(config, EncoderLayout.HasPooler(config, stored)), stored, name => EncoderLayout.IsIgnored(config, name), path);
            if (tokenizer is not null && tokenizer.VocabularySize > config.VocabularySize)
                problems.Add(new Problem("vocab_mismatch", $"Opening {path}: the tokenizer has {tokenizer.VocabularySize} tokens, the embedding {config.VocabularySize} rows."));
            if (checkFinite) problems.AddRange(weights.NotFinite().Select(name => new Problem("weights_not_finite", $"Opening {path}: '{name}' holds NaN or infinity.")));
            WeightCheck.Throw(problems);
            return new EncoderFolder(path, config, tokenizer, pooling, weights);
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>The encoder. <paramref name="trainable"/> picks the weights that are trained; null freezes all.</summary>
    public Encoder Load(IEngine engine, Func<string, bool>? trainable = null) => Encoder.Load(engine, Config, Weights, trainable, Path);

    /// <summary>Closes the files.</summary>
    public void Dispose() => Weights.Dispose();
}
