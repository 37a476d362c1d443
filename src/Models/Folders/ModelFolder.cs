using System.Text.Json;
using System.Text.Json.Nodes;
using Temper.Core.Errors;
using Temper.Core.Files;
using Temper.Core.Safetensors;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>A model folder in Hugging Face layout: config.json, generation_config.json, model.safetensors (or shards),
/// tokenizer.json, tokenizer_config.json, chat_template.jinja. Opening checks names, shapes and sizes; all errors at once.</summary>
public sealed class ModelFolder : IDisposable
{
    private static readonly string[] CopiedFiles =
    [
        "generation_config.json", "tokenizer.json", "tokenizer_config.json", ChatTemplate.FileName, "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt",
    ];

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly IReadOnlyDictionary<string, string> named;
    private Dictionary<string, StoredTensor>? stored;

    private ModelFolder(string path, ModelConfig config, GenerationConfig generation, Tokenizer tokenizer, IReadOnlyDictionary<string, string> named, ChatTemplate? template, WeightFiles weights)
    {
        (Path, Config, Generation, Tokenizer, Template, Weights, this.named) = (path, config, generation, tokenizer, template, weights, named);
        StopTokens = [.. generation.EosTokenIds.Concat(config.EosTokenIds).Concat(named.TryGetValue("eos_token", out var eos) && tokenizer.IdOf(eos) is { } id ? [id] : []).Distinct()];
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>What the model is.</summary>
    public ModelConfig Config { get; }

    /// <summary>Defaults of answering.</summary>
    public GenerationConfig Generation { get; }

    /// <summary>Its tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>Its chat template; null when it has none.</summary>
    public ChatTemplate? Template { get; }

    /// <summary>Its weights.</summary>
    public WeightFiles Weights { get; }

    /// <summary>Tokens that end an answer: those of generation_config.json, of config.json, and the tokenizer's eos token, in this order.</summary>
    public IReadOnlyList<int> StopTokens { get; }

    /// <summary><c>model_type</c> of a folder's config.json; null where it says none or cannot be read.</summary>
    public static string? TypeOf(string path)
    {
        try
        {
            return JsonNode.Parse(ReadFile(path, "config.json")) is JsonObject config && config["model_type"] is JsonValue type && type.TryGetValue<string>(out var name) ? name : null;
        }
        catch (Exception e) when (e is JsonException or TemperException)
        {
            return null; // Whoever opens the folder says what is wrong with it.
        }
    }

    /// <summary>Opens and checks a folder.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="checkFinite">Also reads every weight and refuses NaN and infinity (<c>weights_not_finite</c>).</param>
    /// <exception cref="TemperException">Everything that is wrong with any of its files, at once.</exception>
    public static ModelFolder Open(string path, bool checkFinite = false)
    {
        if (!Directory.Exists(path)) throw new TemperException("model_not_found", $"Opening a model: there is no folder {path}.");
        var (problems, generationFile) = (new List<Problem>(), System.IO.Path.Combine(path, "generation_config.json"));
        var config = WeightCheck.Try(problems, () => ModelConfig.Parse(ReadFile(path, "config.json"), System.IO.Path.Combine(path, "config.json")));
        var generation = File.Exists(generationFile) ? WeightCheck.Try(problems, () => GenerationConfig.Parse(File.ReadAllBytes(generationFile), generationFile)) : new GenerationConfig();
        var tokenizer = WeightCheck.Try(problems, () => Tokenizer.Parse(ReadFile(path, "tokenizer.json"), System.IO.Path.Combine(path, "tokenizer.json")));
        var named = WeightCheck.Try(problems, () => TokenizerConfig.Read(path));
        var template = named is { ChatTemplate: not null } && tokenizer is not null ? WeightCheck.Try(problems, () => named.Parse(tokenizer.SpecialTokens)!) : null;
        var weights = WeightCheck.Try(problems, () => WeightFiles.Open(path));
        try
        {
            if (weights is not null) problems.AddRange(Check(path, config, tokenizer, weights, checkFinite));
            WeightCheck.Throw(problems);
            return new ModelFolder(path, config!, generation!, tokenizer!, named!.Tokens, template, weights!);
        }
        catch
        {
            weights?.Dispose();
            throw;
        }
    }

    /// <summary>Another chat template with this model's special tokens.</summary>
    /// <exception cref="TemperException">Codes <c>template_invalid</c>, <c>template_unsupported</c>.</exception>
    public ChatTemplate TemplateOf(string source) => ChatTemplate.Parse(source, named, Tokenizer.SpecialTokens);

    /// <summary>The decoder. <paramref name="trainable"/> picks the weights that are trained; null freezes all.</summary>
    public Decoder LoadDecoder(IEngine engine, Func<string, bool>? trainable = null, WeightForm form = WeightForm.Real) => Decoder.Load(engine, Config, Weights, trainable, form);

    /// <summary>The decoder with a classifier of these labels: the files' own where it has as many, else a new one, a pure function of <paramref name="seed"/>.</summary>
    public Decoder LoadClassifier(IEngine engine, IReadOnlyList<string> labels, ulong seed, Func<string, bool>? trainable = null, WeightForm form = WeightForm.Real, string? head = null) =>
        Decoder.Load(engine, ClassifierConfig(labels, head), Weights, trainable, form, seed);

    /// <summary>This model's configuration with a classifier of these labels, and a head of that name below it; null: the files' own, if any.</summary>
    public ModelConfig ClassifierConfig(IReadOnlyList<string> labels, string? head = null) =>
        Config with { Head = ModelHead.Classification, Labels = labels, HeadName = head is ClassifierHeads.Linear ? null : head ?? Config.HeadName };

    /// <summary>Numbers of a weight as its file has them.</summary>
    internal FillFloats Numbers(WeightSlot slot)
    {
        stored ??= DecoderLayout.Named(Config, Weights.Tensors);
        return (first, target) => Weights.ReadFloats(stored[slot.Name].Name, first, target);
    }

    /// <summary>Writes a whole model: config, weights (<see cref="ModelConfig.WeightType"/>), tokenizer and template.</summary>
    public static void Save(string path, Decoder decoder, ReadOnlyMemory<byte> tokenizerJson, string? chatTemplate, GenerationConfig generation)
    {
        Directory.CreateDirectory(path);
        var tokenizer = Tokenizer.Parse(tokenizerJson);
        Write(path, "config.json", decoder.Config.ToJson());
        Write(path, "generation_config.json", generation.ToJson());
        Write(path, "tokenizer.json", tokenizerJson);
        Write(path, "tokenizer_config.json", TokenizerConfig.Write(tokenizer, decoder.Config, generation, chatTemplate));
        SafetensorsWriter.Write(System.IO.Path.Combine(path, "model.safetensors"), decoder.Sources(decoder.Config.WeightType));
    }

    /// <summary>Writes a model like this one with other weights, for example <see cref="LoraAdapter.Merged"/> or <see cref="Decoder.Sources"/>;
    /// all other files are copied, config.json with the weights' type and without a word of quantisation. The weights are read back and compared before they get their name.</summary>
    /// <exception cref="TemperException">Code <c>export_verification_failed</c>.</exception>
    public void SaveAs(string path, IEnumerable<TensorSource> weights) => SaveAs(path, weights, null);

    /// <summary>As <see cref="SaveAs(string, IEnumerable{TensorSource})"/>, as a classifier where <paramref name="labels"/> are given.</summary>
    public void SaveAs(string path, IEnumerable<TensorSource> weights, IReadOnlyList<string>? labels, string? head = null)
    {
        Directory.CreateDirectory(path);
        var sources = weights.ToArray();
        foreach (var name in CopiedFiles)
            if (File.Exists(System.IO.Path.Combine(Path, name))) Write(path, name, File.ReadAllBytes(System.IO.Path.Combine(Path, name)));
        var config = JsonNode.Parse(ReadFile(Path, "config.json"))!.AsObject();
        config[config.ContainsKey("dtype") ? "dtype" : "torch_dtype"] = ModelConfigJson.TypeName(sources.FirstOrDefault()?.Type ?? Config.WeightType);
        config.Remove("quantization_config");
        if (labels is not null)
        {
            config["architectures"] = new JsonArray(Config.Family.ClassifierClass);
            config.Remove("temper_head");
            ModelConfigJson.WriteLabels(config, labels, head);
        }

        Write(path, "config.json", JsonSerializer.SerializeToUtf8Bytes(config, Indented));
        SafetensorsWriter.WriteVerified(System.IO.Path.Combine(path, "model.safetensors"), sources);
    }

    /// <summary>Closes the files.</summary>
    public void Dispose() => Weights.Dispose();

    /// <summary>A file of a folder that must be there.</summary>
    internal static byte[] ReadFile(string folder, string name)
    {
        var file = System.IO.Path.Combine(folder, name);
        return File.Exists(file) ? File.ReadAllBytes(file) : throw new TemperException("model_file_missing", $"Opening {folder}: there is no {name}.");
    }

    private static void Write(string folder, string name, ReadOnlyMemory<byte> content) => DurableFile.Write(System.IO.Path.Combine(folder, name), content);

    private static List<Problem> Check(string path, ModelConfig? config, Tokenizer? tokenizer, WeightFiles weights, bool checkFinite)
    {
        var problems = config is null ? [] : WeightCheck.Compare(DecoderLayout.Slots(config), DecoderLayout.Named(config, weights.Tensors), name => DecoderLayout.IsIgnored(config, name), path);
        if (tokenizer?.VocabularySize > config?.VocabularySize)
            problems.Add(new Problem("vocab_mismatch", $"Opening {path}: the tokenizer has {tokenizer.VocabularySize} tokens, the embedding {config.VocabularySize} rows."));
        if (checkFinite) problems.AddRange(weights.NotFinite().Select(name => new Problem("weights_not_finite", $"Opening {path}: '{name}' holds NaN or infinity.")));
        return problems;
    }
}
