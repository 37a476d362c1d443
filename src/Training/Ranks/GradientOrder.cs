using Temper.Models;
using Temper.Training.Objectives;

namespace Temper.Training.Ranks;

/// <summary>
/// The trained tensors in the order in which a backward pass is done with them: what stands behind the blocks, the blocks from the last to the first, the
/// embeddings. A rank hands a group on as soon as its own pass is done with it, so that the next rank's pass follows a block behind.
/// </summary>
internal sealed class GradientOrder
{
    private const int Behind = int.MaxValue;
    private static readonly string[] Tables = ["embed_tokens", "wte"];

    public GradientOrder(IReadOnlyList<NamedTensor> trained)
    {
        var groups = Enumerable.Range(0, trained.Count).GroupBy(i => WeightPlace.Block(trained[i].Name) ?? Behind).OrderByDescending(g => g.Key).ToArray();
        (Groups, Blocks) = ([.. groups.Select(g => g.ToArray())], [.. groups.Select(g => g.Key)]);
        // A table that is the output layer, too, gets gradients first and last of all; only a pass that is over is done with it.
        var parts = trained.SelectMany(t => t.Name.Split('.')).ToHashSet(StringComparer.Ordinal);
        Whole = Tables.Any(parts.Contains) && !parts.Contains("lm_head") && !trained.Any(t => WeightPlace.IsHead(t.Name));
    }

    /// <summary>Positions of the tensors of each group.</summary>
    public IReadOnlyList<int[]> Groups { get; }

    /// <summary>Block of each group, falling.</summary>
    public IReadOnlyList<int> Blocks { get; }

    /// <summary>Whether gradients can be handed on after the whole pass only.</summary>
    public bool Whole { get; }

    /// <summary>How many groups, from the first on, a pass is done with that has reached the input of <paramref name="block"/>.</summary>
    public int DoneAbove(int block)
    {
        var done = 0;
        while (done < Blocks.Count && Blocks[done] >= block)
            done++;
        return done;
    }
}
