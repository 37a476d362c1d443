using Temper.Tensors;

namespace Temper.Models.Tests;

/// <summary>Small random models of every family, with weights large enough that probabilities differ.</summary>
internal static class ExportModels
{
    /// <summary>Families, some with a setting of their own after a dash.</summary>
    public static readonly IReadOnlyList<string> Families =
        ["llama", "llama-biases", "llama-linear", "llama-llama3", "llama-yarn", "llama-yarn-attention", "mistral", "qwen2", "qwen3", "gemma2", "gemma2-scalar", "gemma2-quiet", "gpt2", "gpt2-untied", "gpt2-quiet"];

    /// <summary>llama.cpp takes the tanh form of GELU from a table of binary16; a quiet model adds nothing of it to the stream.</summary>
    public static bool UsesGelu(string family) => family.Split('-') is ["gpt2" or "gemma2", ..] and not [_, "quiet"];

    /// <summary>Numbers that depend on the name alone.</summary>
    public static float[] Normal(string name, int count, float mean = 0)
    {
        var values = new float[count];
        Philox.FillNormal(new RandomKey(5, 0, Site: (uint)name.Aggregate(7, (hash, c) => (hash * 31) + c)), values, mean, 0.2f);
        return values;
    }

    public static ModelFolder Make(IEngine engine, string folder, string family, byte[]? tokenizer = null)
    {
        tokenizer ??= File.ReadAllBytes(TinyModel.DataPath("tokenizer.json"));
        var config = new ModelConfig
        {
            ModelType = family.Split('-')[0],
            VocabularySize = Math.Max(400, Tokenizer.Parse(tokenizer).VocabularySize),
            HiddenSize = 64,
            IntermediateSize = 96,
            Layers = 2,
            Heads = 4,
            KeyValueHeads = 2,
            HeadSize = 16,
            MaxPositions = 64,
            InitializerRange = 0.2,
            EosTokenIds = [1],
        };
        using var decoder = Decoder.Create(engine, Of(family, config), 7);
        foreach (var (name, tensor) in decoder.Weights.Select(w => (w.Name, w.Tensor)).Where(w => w.Tensor.Rank == 1))
            engine.SetFloats(tensor, Normal(name, (int)tensor.Count, engine.ToFloats(tensor)[0]));
        if (family.EndsWith("quiet", StringComparison.Ordinal))
            foreach (var (_, tensor) in decoder.Weights.Select(w => (w.Name, w.Tensor)).Where(w => w.Name.Contains("mlp.down_proj", StringComparison.Ordinal) || w.Name.Contains("mlp.c_proj", StringComparison.Ordinal)))
                engine.SetFloats(tensor, new float[tensor.Count]);
        ModelFolder.Save(folder, decoder, tokenizer, ChatTemplate.ChatMl, new GenerationConfig { EosTokenIds = [1] });
        return ModelFolder.Open(folder);
    }

    private static ModelConfig Of(string family, ModelConfig config) => family switch
    {
        "llama-biases" => config with { AttentionBias = true, MlpBias = true },
        "llama-linear" => config with { Rope = new() { Kind = RotaryKind.Linear, Factor = 2.5 } },
        "llama-llama3" => config with { Rope = new() { Kind = RotaryKind.Llama3, Factor = 8, OriginalPositions = 16 } },
        "llama-yarn" => config with { Rope = new() { Kind = RotaryKind.Yarn, Factor = 4, OriginalPositions = 16 } },
        "llama-yarn-attention" => config with { Rope = new() { Kind = RotaryKind.Yarn, Factor = 4, OriginalPositions = 16, AttentionFactor = 1.3 } },
        "llama-classes" => config with { Head = ModelHead.Classification, Labels = ["a", "b", "c"] },
        "mistral" => config with { SlidingWindow = 64 },
        "qwen2" => config with { AttentionBias = true },
        "gemma2" or "gemma2-scalar" or "gemma2-quiet" => config with
        {
            Activation = Act.GeluTanh,
            TieWordEmbeddings = true,
            SlidingWindow = 8,
            SlidingLayers = [true, false],
            AttentionSoftCap = 50,
            LogitSoftCap = 30,
            QueryScalar = family == "gemma2-scalar" ? 40 : 16,
        },
        "gpt2" or "gpt2-untied" or "gpt2-quiet" => config with { Activation = Act.GeluTanh, KeyValueHeads = 4, AttentionBias = true, MlpBias = true, TieWordEmbeddings = family != "gpt2-untied" },
        _ => config,
    };
}
