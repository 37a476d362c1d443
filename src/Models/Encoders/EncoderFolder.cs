using Temper.Core.Errors;
using Temper.Core.Files;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>An encoder's folder in Hugging Face layout: config.json, model.safetensors (or shards); for texts tokenizer.json too, and what
/// sentence-transformers keeps beside them. Opening checks names, shapes and sizes; all errors at once.</summary>
public sealed class EncoderFolder : IDisposable
{
    private static readonly string[] CopiedFiles =
    [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", ImagePreprocessor.FileName, "modules.json", "sentence_bert_config.json",
        "config_sentence_transformers.json", "1_Pooling/config.json",
    ];

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
    /// <exception cref="TemperException">Everything that is wrong with any of its files, at once.</exception>
    public static EncoderFolder Open(string path, bool checkFinite = false)
    {
        if (!Directory.Exists(path)) throw new TemperException("model_not_found", $"Opening a model: there is no folder {path}.");
        var problems = new List<Problem>();
        var config = WeightCheck.Try(problems, () => EncoderConfig.Parse(ModelFolder.ReadFile(path, "config.json"), System.IO.Path.Combine(path, "config.json")));
        // Where config.json cannot be read, a missing tokenizer is no fault: the model may be one of images.
        var reads = config is null ? File.Exists(System.IO.Path.Combine(path, "tokenizer.json")) : config.Kind == EncoderKind.Bert;
        var tokenizer = reads ? WeightCheck.Try(problems, () => Tokenizer.Parse(ModelFolder.ReadFile(path, "tokenizer.json"), System.IO.Path.Combine(path, "tokenizer.json"))) : null;
        var pooling = WeightCheck.Try(problems, () => SentencePooling.Read(path));
        var weights = WeightCheck.Try(problems, () => WeightFiles.Open(path));
        try
        {
            if (weights is not null) problems.AddRange(Check(path, config, tokenizer, weights, checkFinite));
            WeightCheck.Throw(problems);
            return new EncoderFolder(path, config!, tokenizer, pooling!, weights!);
        }
        catch
        {
            weights?.Dispose();
            throw;
        }
    }

    /// <summary>Whether its files hold a pooler.</summary>
    public bool HasPooler => EncoderLayout.HoldsPooler(Weights.Tensors);

    /// <summary>What keeps an adapter from fitting, all at once.</summary>
    /// <param name="labels">Names of the classes where it is to classify; null for the model without a head.</param>
    /// <param name="lora">Settings of the adapter.</param>
    public IReadOnlyList<Problem> Check(IReadOnlyList<string>? labels, LoraConfig lora) => LoraAdapter.Check(ConfigOf(labels), PoolerOf(labels), lora);

    /// <summary>What an adapter is told of the model.</summary>
    internal AdaptedShape ShapeOf(IReadOnlyList<string>? labels) => AdaptedShape.Of(ConfigOf(labels), PoolerOf(labels));

    /// <summary>Weights with their numbers, which are to be asked for only where its files have them.</summary>
    internal IEnumerable<(string Name, long[] Shape, FillFloats Fill)> Numbers(AdaptedShape shape, IReadOnlyList<string>? labels)
    {
        var stored = EncoderLayout.Named(ConfigOf(labels), Weights.Tensors);
        return shape.Slots.Select(slot => (slot.Name, slot.Shape, (FillFloats)((first, target) => Weights.ReadFloats(stored[slot.Name].Name, first, target))));
    }

    /// <summary>What the model is with a classifier of these labels; null for the model as it is.</summary>
    internal EncoderConfig ConfigOf(IReadOnlyList<string>? labels) => labels is null ? Config : Config with { Head = ModelHead.Classification, Labels = labels };

    private bool PoolerOf(IReadOnlyList<string>? labels) => EncoderLayout.HasPooler(ConfigOf(labels), Weights.Tensors);

    /// <summary>The encoder. <paramref name="trainable"/> picks the weights that are trained; null freezes all.</summary>
    public Encoder Load(IEngine engine, Func<string, bool>? trainable = null) => Encoder.Load(engine, Config, Weights, trainable, Path);

    /// <summary>The encoder with a classifier of these labels: the files' own where it has as many, else a new one, a pure function of <paramref name="seed"/>.</summary>
    public Encoder LoadClassifier(IEngine engine, IReadOnlyList<string> labels, ulong seed, Func<string, bool>? trainable = null, string? head = null) => Encoder.Load(engine,
        Config with { Head = ModelHead.Classification, Labels = labels, HeadName = head is ClassifierHeads.Linear ? null : head ?? Config.HeadName }, Weights, trainable, Path, seed);

    /// <summary>Writes a model like this one with the weights and labels of <paramref name="encoder"/>; tokenizer, pre-processing and pooling are copied. The weights are
    /// read back and compared before they get their name.</summary>
    /// <exception cref="TemperException">Code <c>export_verification_failed</c>.</exception>
    public void SaveAs(string path, Encoder encoder) => SaveAs(path, encoder.Config, encoder.Sources(encoder.Config.WeightType));

    /// <summary>As <see cref="SaveAs(string, Encoder)"/>, from numbers of any source.</summary>
    internal void SaveAs(string path, EncoderConfig config, IReadOnlyList<TensorSource> weights)
    {
        Directory.CreateDirectory(path);
        foreach (var name in CopiedFiles.Where(name => File.Exists(System.IO.Path.Combine(Path, name))))
        {
            var target = System.IO.Path.Combine(path, name);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
            DurableFile.Write(target, File.ReadAllBytes(System.IO.Path.Combine(Path, name)));
        }

        DurableFile.Write(System.IO.Path.Combine(path, "config.json"), config.ToJson());
        SafetensorsWriter.WriteVerified(System.IO.Path.Combine(path, "model.safetensors"), weights);
    }

    /// <summary>Closes the files.</summary>
    public void Dispose() => Weights.Dispose();

    private static List<Problem> Check(string path, EncoderConfig? config, Tokenizer? tokenizer, WeightFiles weights, bool checkFinite)
    {
        var problems = new List<Problem>();
        if (config is not null)
        {
            var stored = EncoderLayout.Named(config, weights.Tensors);
            problems.AddRange(WeightCheck.Compare(EncoderLayout.Slots(config, EncoderLayout.HasPooler(config, stored)), stored, name => EncoderLayout.IsIgnored(config, name), path));
        }

        if (tokenizer?.VocabularySize > config?.VocabularySize)
            problems.Add(new Problem("vocab_mismatch", $"Opening {path}: the tokenizer has {tokenizer.VocabularySize} tokens, the embedding {config.VocabularySize} rows."));
        if (checkFinite) problems.AddRange(weights.NotFinite().Select(name => new Problem("weights_not_finite", $"Opening {path}: '{name}' holds NaN or infinity.")));
        return problems;
    }
}
