using Temper.Core.Ids;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Recipes;

namespace Temper.Training.Tests;

/// <summary>A model and examples small enough to train in a test.</summary>
internal static partial class Tiny
{
    public const int Vocabulary = 48, End = 0;

    public static readonly ModelConfig Config = new()
    {
        VocabularySize = Vocabulary,
        HiddenSize = 32,
        IntermediateSize = 64,
        Layers = 2,
        Heads = 4,
        KeyValueHeads = 2,
        HeadSize = 8,
        MaxPositions = 128,
        TieWordEmbeddings = true,
        InitializerRange = 0.15,
    };

    public static Recipe Recipe(string yaml) => RecipeReader.Read(yaml, "tiny.yaml");

    /// <summary>"Facts": four tokens of a question decide up to six tokens of an answer, which ends with a stop token.</summary>
    public static TrainExample[] Examples(int count) => [.. Enumerable.Range(0, count).Select(i =>
    {
        var key = new RandomKey(5, 9, (uint)i);
        var answer = 2 + i % 5;
        int[] tokens = [1, .. Enumerable.Range(0, 4).Select(t => 3 + (int)Philox.Below(key, t, Vocabulary - 3)), 2, .. Enumerable.Range(0, answer).Select(t => 3 + (int)Philox.Below(key, 10 + t, Vocabulary - 3)), End];
        return new TrainExample(Digest.OfText($"fact {i}"), tokens, [.. tokens.Select((_, t) => t > 5)]);
    })];
}
