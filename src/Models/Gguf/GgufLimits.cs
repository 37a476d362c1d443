using Temper.Core.Errors;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>Where llama.cpp computes a model in another way than its configuration says: refused, or kept out of reach by the length of the context.</summary>
internal static class GgufLimits
{
    /// <summary>The factor on gemma2's queries that makes llama.cpp's own scale right: it divides scores by the root of the head's size,
    /// in the largest model (46 blocks) by that of the width over the heads.</summary>
    public static float QueryFactor(ModelConfig config)
    {
        if (!config.Family.Capped || config.QueryScalar == 0) return 1;
        var theirs = config.Layers == 46 ? (double)config.HiddenSize / config.Heads : config.HeadSize;
        return theirs == config.QueryScalar ? 1 : (float)Math.Sqrt(theirs / config.QueryScalar);
    }

    /// <summary>Positions up to which llama.cpp computes the same; fewer than the model has are said.</summary>
    public static int ContextLength(ModelConfig config, List<string> notes)
    {
        var length = config.MaxPositions;
        if (config.Rope.Kind == RotaryKind.Dynamic) length = Shorter(config.Rope.OriginalPositions ?? length, "its frequencies do not change with the length of a text");
        if (!config.Family.Capped && Enumerable.Range(0, config.Layers).Any(layer => config.WindowOf(layer) > 0)) length = Shorter(config.SlidingWindow, "it has no sliding window for this family");
        return length;

        int Shorter(int limit, string why)
        {
            if (limit < config.MaxPositions) notes.Add($"context_length is {limit}, not {config.MaxPositions}: beyond it llama.cpp computes another model, because {why}");
            return Math.Min(length, limit);
        }
    }

    /// <summary>Refuses what would be another model at any length, all at once.</summary>
    /// <exception cref="TemperException">Code <c>gguf_unsupported</c>.</exception>
    public static void Check(ModelConfig config)
    {
        var family = config.Family;
        var faults = new List<string>();
        if (config.Head != ModelHead.Causal) faults.Add($"a model with head {config.Head} does not predict tokens");
        var act = family.Capped || family.Names.Positions is not null ? Act.GeluTanh : Act.Silu;
        if (config.Activation != act) faults.Add($"its activation is {config.Activation}, llama.cpp's for {config.ModelType} is {act}");
        if (config.AttentionBias && config.ModelType is ("qwen3" or "gemma2")) faults.Add($"llama.cpp has no biases of attention for {config.ModelType}");
        if (config.MlpBias && config.ModelType is not ("llama" or "gpt2")) faults.Add($"llama.cpp has no biases of the feed-forward layer for {config.ModelType}");
        if (!config.ScaledAttention || config.AttentionScaledByLayer) faults.Add("llama.cpp scales scores by the root of the head's size alone");
        if (config.Rope is { Kind: RotaryKind.Yarn } yarn && (yarn.BetaFast != 32 || yarn.BetaSlow != 1 || !yarn.Truncate)) faults.Add("llama.cpp's yarn has beta_fast 32, beta_slow 1 and whole ends of its ramp");
        if (family.Capped) CheckCapped(config, faults);
        if (faults.Count > 0) throw new TemperException([.. faults.Select(fault => new Problem("gguf_unsupported", $"Writing GGUF: {fault}."))]);
    }

    private static void CheckCapped(ModelConfig config, List<string> faults)
    {
        if (config.AttentionSoftCap == 0 || config.LogitSoftCap == 0) faults.Add("llama.cpp always caps gemma2's scores and logits");
        if (!config.TieWordEmbeddings) faults.Add("llama.cpp knows gemma2 with a tied output layer alone");
        if (Enumerable.Range(0, config.Layers).Any(layer => config.WindowOf(layer) > 0 != (layer % 2 == 0)) && config.SlidingWindow < config.MaxPositions)
            faults.Add("llama.cpp's gemma2 has its window in every second block, from the first");
    }
}
