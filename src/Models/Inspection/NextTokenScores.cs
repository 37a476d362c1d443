using Temper.Core.Errors;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>What a model says of every position of a text: log p of each token of the vocabulary as the next one.</summary>
public static class NextTokenScores
{
    private const int RowsAtOnce = 64;

    /// <summary>Natural logarithms of probabilities, [tokens][vocabulary], row t after token t; each row's probabilities add up to 1. The caller
    /// gets row after row, so that a long text needs no memory for all of them.</summary>
    /// <exception cref="TemperException">Code <c>invalid_value</c> for a token that the model does not have, <c>context_length_exceeded</c>, and
    /// <c>unsupported_architecture</c> for a model that predicts no tokens.</exception>
    public static IEnumerable<float[]> Of(Decoder decoder, int[] tokens, LoraAdapter? adapter = null)
    {
        Check(decoder.Config, tokens);
        return Rows(decoder, tokens, adapter);
    }

    private static IEnumerable<float[]> Rows(Decoder decoder, int[] tokens, LoraAdapter? adapter)
    {
        var engine = decoder.Engine;
        using var noGrad = engine.NoGrad();
        using var scope = engine.BeginScope();
        var hidden = decoder.Hidden(new PackedBatch(tokens, [tokens.Length]), new ForwardOptions { Adapter = adapter });
        for (var first = 0; first < tokens.Length; first += RowsAtOnce)
        {
            float[] logits;
            var count = Math.Min(RowsAtOnce, tokens.Length - first);
            using (engine.BeginScope())
                logits = engine.ToFloats(decoder.Logits(engine.Narrow(hidden, 0, first, count), adapter));
            var width = logits.Length / count;
            for (var row = 0; row < count; row++) yield return Normalised(logits.AsSpan(row * width, width));
        }
    }

    private static float[] Normalised(ReadOnlySpan<float> logits)
    {
        var largest = double.NegativeInfinity;
        foreach (var logit in logits) largest = Math.Max(largest, logit);
        var sum = 0.0;
        foreach (var logit in logits) sum += Math.Exp(logit - largest);
        var (scores, shift) = (new float[logits.Length], largest + Math.Log(sum));
        for (var i = 0; i < scores.Length; i++) scores[i] = (float)(logits[i] - shift);
        return scores;
    }

    private static void Check(ModelConfig config, int[] tokens)
    {
        if (config.Head != ModelHead.Causal) throw new TemperException("unsupported_architecture", $"Scoring tokens: the model {(config.Head == ModelHead.None ? "embeds" : "classifies")}, it predicts no next token.", "Choose a model for causal language.");
        if (tokens.Length == 0) throw new TemperException("invalid_value", "Scoring tokens: there is none.");
        foreach (var token in tokens)
            if (token < 0 || token >= config.VocabularySize)
                throw new TemperException([new Problem("invalid_value", $"Scoring tokens: the model has no token {token}; its ids are 0 to {config.VocabularySize - 1}.") { Value = $"{token}" }]);
        if (tokens.Length > config.MaxPositions && config.Rope.Kind != RotaryKind.Dynamic)
            throw new TemperException("context_length_exceeded", $"Scoring tokens: {tokens.Length} are given, the model takes at most {config.MaxPositions}.");
    }
}
