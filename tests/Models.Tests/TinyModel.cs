using System.Text.Json;
using Temper.Tensors;
using Temper.Testing;

namespace Temper.Models.Tests;

/// <summary>The golden model of data/, made by tests/reference/tiny_llama.py.</summary>
internal static class TinyModel
{
    public static readonly JsonElement Golden = Json("tiny-llama.json");

    public static readonly JsonElement LoraGolden = Json("tiny-lora.json");

    public static int[][] Documents => Golden.GetProperty("documents").Deserialize<int[][]>()!;

    public static bool[][] Supervised => Golden.GetProperty("supervised").Deserialize<bool[][]>()!;

    public static IReadOnlyList<Example> Examples => [.. Documents.Zip(Supervised, (tokens, mask) => new Example(tokens, mask))];

    public static string DataPath(string name) => Path.Combine(RepoRoot.Path, "tests", "Models.Tests", "data", name);

    public static ModelConfig Config => ModelConfig.Parse(File.ReadAllBytes(DataPath("tiny-llama/config.json")));

    /// <summary>Copies the model to a folder, with a tokenizer of two letters, so that it opens.</summary>
    public static ModelFolder Folder(string path)
    {
        Directory.CreateDirectory(path);
        foreach (var name in new[] { "config.json", "model.safetensors" }) File.Copy(DataPath($"tiny-llama/{name}"), Path.Combine(path, name));
        File.WriteAllText(Path.Combine(path, "tokenizer.json"), """{"added_tokens": [], "model": {"type": "BPE", "unk_token": "a", "vocab": {"a": 0, "b": 1}, "merges": []}}""");
        return ModelFolder.Open(path);
    }

    public static Decoder Load(IEngine engine, bool trainable = false)
    {
        using var weights = WeightFiles.Open(DataPath("tiny-llama"));
        return Decoder.Load(engine, Config, weights, _ => trainable);
    }

    public static float[] Floats(JsonElement values) => values.Deserialize<float[]>()!;

    public static float[] Logits(Decoder decoder, PackedBatch batch, ForwardOptions? options = null)
    {
        using var noGrad = decoder.Engine.NoGrad();
        using var scope = decoder.Engine.BeginScope();
        return decoder.Engine.ToFloats(decoder.Logits(decoder.Hidden(batch, options)));
    }

    public static float LargestDifference(IEnumerable<float> a, IEnumerable<float> b) => a.Zip(b, (x, y) => MathF.Abs(x - y)).Max();

    private static JsonElement Json(string name) => JsonDocument.Parse(File.ReadAllBytes(DataPath(name))).RootElement;
}
