using Temper.Core.Datasets;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Models;
using Temper.Tensors;

namespace Temper.Serving.Tests;

/// <summary>Folders with a random decoder of some ten thousand weights and random adapters of it. Its answers are noise, but always the same noise.</summary>
internal static class TinyModels
{
    public const int Context = 1024;

    /// <summary>Token that ends an answer.</summary>
    public const string TurnEnd = "<|im_end|>";

    public static void SaveBase(string folder, ulong seed)
    {
        using var engine = CpuEngine.Create(1);
        var tokenizer = BpeTrainer.Train(["the quick brown fox jumps over the lazy dog", "pack my box with five dozen liquor jugs"], 300, ["<|im_start|>", TurnEnd]);
        var parsed = Tokenizer.Parse(tokenizer);
        using var decoder = Decoder.Create(engine, Config(parsed), seed);
        ModelFolder.Save(folder, decoder, tokenizer, ChatTemplate.ChatMl, new GenerationConfig { EosTokenIds = [parsed.IdOf(TurnEnd)!.Value] });
    }

    /// <summary>An adapter whose B is not zero, so that it changes every answer.</summary>
    public static void SaveAdapter(string baseFolder, string folder, ulong seed)
    {
        using var engine = CpuEngine.Create(1);
        using var model = ModelFolder.Open(baseFolder);
        using var decoder = model.LoadDecoder(engine);
        using var adapter = LoraAdapter.Create(decoder, new LoraConfig { Rank = 4, Alpha = 8 }, seed);
        foreach (var (weight, site) in adapter.Weights.Select((weight, i) => (weight, (uint)i)))
        {
            var values = new float[weight.Tensor.Count];
            Philox.FillNormal(new(seed, 7, Site: site), values, 0, 0.3f);
            engine.SetFloats(weight.Tensor, values);
        }
        Directory.CreateDirectory(folder);
        adapter.Save(folder);
    }

    /// <summary>The folder as a model version names it.</summary>
    public static ModelPin Pin(string name, int version, string folder, ModelPin? on = null)
    {
        var files = Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)
            .Select(file => new FileEntry(Path.GetFileName(file), new FileInfo(file).Length, Digest.Of(File.ReadAllBytes(file)))).ToList();
        return new(ResourceName.Parse(name), version, Digest.OfText($"{name}:{version}"), ModelDigest.Of(files), files, on);
    }

    private static ModelConfig Config(Tokenizer tokenizer) => new()
    {
        VocabularySize = tokenizer.VocabularySize,
        HiddenSize = 32,
        IntermediateSize = 64,
        Layers = 2,
        Heads = 4,
        KeyValueHeads = 2,
        HeadSize = 8,
        MaxPositions = Context,
        InitializerRange = 0.3,
        EosTokenIds = [tokenizer.IdOf(TurnEnd)!.Value],
    };
}
