using System.Runtime.InteropServices;
using Temper.Models;
using Temper.Tensors;

namespace Temper.Bench;

/// <summary>The three shapes, the same as in peers/torch_bench.py.</summary>
internal sealed record BenchModel(string Name, int Vocabulary, int Width, int Layers, int Heads, int KeyValueHeads, int Inner, int Length, int Texts)
{
    private static readonly BenchModel[] All =
    [
        new("A", 512, 128, 4, 4, 2, 352, 256, 8),
        new("B", 8192, 512, 8, 8, 4, 1408, 512, 8),
        new("C", 49152, 576, 30, 9, 3, 1536, 512, 2),
    ];

    public static BenchModel Of(string name) => All.First(shape => shape.Name == name);

    public ModelConfig Config() => new()
    {
        VocabularySize = Vocabulary,
        HiddenSize = Width,
        Layers = Layers,
        Heads = Heads,
        KeyValueHeads = KeyValueHeads,
        HeadSize = Width / Heads,
        IntermediateSize = Inner,
        TieWordEmbeddings = true,
        NormEpsilon = 1e-5,
        MaxPositions = 2048,
    };

    public int[] Tokens(int count) => [.. Enumerable.Range(0, count).Select(i => (int)Philox.Below(new RandomKey(1, 2), i, Vocabulary))];

    /// <summary>Every token but a text's first is a label.</summary>
    public PackedBatch Batch() => new(Tokens(Length * Texts), [.. Enumerable.Repeat(Length, Texts)]) { Supervised = [.. Enumerable.Repeat(true, Length * Texts)] };

    /// <summary>Weights as f32 in model order, then the tokens of the batch as i32.</summary>
    public void Save(IEngine engine, Decoder decoder, string path)
    {
        using var file = File.Create(path);
        foreach (var (_, tensor) in decoder.Weights.Select(w => (w.Name, w.Tensor))) file.Write(MemoryMarshal.AsBytes<float>(engine.ToFloats(tensor)));
        file.Write(MemoryMarshal.AsBytes<int>(Batch().Tokens));
    }
}
