using Temper.Tensors;

namespace Temper.Models.Tests;

/// <summary>Small random models of every family, with weights large enough that probabilities differ.</summary>
internal static class ExportModels
{
    /// <summary>Numbers that depend on the name alone.</summary>
    public static float[] Normal(string name, int count, float mean = 0)
    {
        var values = new float[count];
        Philox.FillNormal(new RandomKey(5, 0, Site: (uint)name.Aggregate(7, (hash, c) => (hash * 31) + c)), values, mean, 0.2f);
        return values;
    }

    public static ModelFolder Make(IEngine engine, string folder, string family, Func<ModelConfig, ModelConfig>? change = null)
    {
        var config = new ModelConfig
        {
            ModelType = family,
            VocabularySize = 400,
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
        using var decoder = Decoder.Create(engine, change?.Invoke(config) ?? config, 7);
        foreach (var (name, tensor) in decoder.Weights.Select(w => (w.Name, w.Tensor)).Where(w => w.Tensor.Rank == 1))
            engine.SetFloats(tensor, Normal(name, (int)tensor.Count, engine.ToFloats(tensor)[0]));
        ModelFolder.Save(folder, decoder, File.ReadAllBytes(TinyModel.DataPath("tokenizer.json")), ChatTemplate.ChatMl, new GenerationConfig { EosTokenIds = [1] });
        return ModelFolder.Open(folder);
    }
}
