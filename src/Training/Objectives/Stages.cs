using Temper.Training.Recipes;

namespace Temper.Training.Objectives;

/// <summary>Which weights of a classifier are trained, and from when on.</summary>
/// <param name="FreezeBackbone">Whether only the head is trained at first.</param>
/// <param name="LastBlocks">Blocks, from the last on, that are trained with the head; null: all, where <paramref name="FromEpoch"/> is given.</param>
/// <param name="FromEpoch">Epochs after which the backbone is trained, too; null: from the start (with <paramref name="LastBlocks"/>), or never.</param>
/// <param name="Decay">Factor on the learning rate for each block below the last.</param>
/// <param name="Blocks">Blocks of the model.</param>
public sealed record Stages(bool FreezeBackbone, int? LastBlocks, int? FromEpoch, double Decay, int Blocks)
{
    /// <summary>What a recipe asks for.</summary>
    public static Stages Of(TrainingSettings settings, int blocks) =>
        new(settings.FreezeBackbone, settings.UnfreezeLastLayers, settings.UnfreezeAtEpoch, settings.LayerwiseLrDecay ?? 1, blocks);

    /// <summary>Whether a weight is ever trained.</summary>
    public bool Trains(string name)
    {
        if (!FreezeBackbone || WeightPlace.IsHead(name) || name.Contains("pooler", StringComparison.Ordinal))
            return true;
        return LastBlocks is { } last ? WeightPlace.Block(name) is { } block && block >= Blocks - last : FromEpoch is not null;
    }

    /// <summary>Factor on the learning rate: 1 for the last block and what stands behind it, then falling block by block; embeddings stand below the first.</summary>
    public double Scale(string name) => WeightPlace.IsHead(name) || WeightPlace.Block(name) is not { } block ? 1 : Math.Pow(Decay, Blocks - 1 - block);
}
