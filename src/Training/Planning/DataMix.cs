using Temper.Training.Data;
using Temper.Training.Recipes;
using Temper.Training.Sampling;

namespace Temper.Training.Planning;

/// <summary>From a recipe and its datasets to the mix that is drawn from.</summary>
public static class DataMix
{
    /// <summary>Where the items behind an epoch's last whole step do not fill even one micro-batch, that step is not made; else it is made of whole micro-batches alone.</summary>
    private static Remainder? OfDropped(TrainingSettings settings, IReadOnlyList<DataPart> parts, IReadOnlyList<IReadOnlyList<MixBucket>> buckets)
    {
        var rest = parts.Zip(buckets, (part, list) => list.Sum(b => b.Items) * (1L + (part.Entry.Repeats ?? 0))).Sum() % ((long)settings.PerDeviceTrainBatchSize * settings.GradientAccumulationSteps);
        return rest > 0 && rest < settings.PerDeviceTrainBatchSize ? Remainder.Drop : null;
    }

    /// <summary>The batch is that of an optimizer step: micro-batches and ranks are views of it.</summary>
    /// <param name="recipe">Seed, batch, and how datasets are mixed.</param>
    /// <param name="parts">The datasets.</param>
    /// <param name="buckets">Of each dataset: what is drawn, examples or packed blocks.</param>
    public static Mix Of(Recipe recipe, IReadOnlyList<DataPart> parts, IReadOnlyList<IReadOnlyList<MixBucket>> buckets) => new()
    {
        Seed = (ulong)recipe.Seed,
        Batch = checked(recipe.Training.PerDeviceTrainBatchSize * recipe.Training.GradientAccumulationSteps),
        Strategy = recipe.Data.Sampling ?? default,
        Alpha = recipe.Data.SamplingAlpha ?? 0.5,
        StopOn = recipe.Data.StopOn ?? default,
        Remainder = recipe.Data.Remainder ?? (recipe.Training.DataloaderDropLast ? OfDropped(recipe.Training, parts, buckets) : null),
        Datasets = [.. parts.Zip(buckets, (part, list) => new MixDataset(part.Id, part.Version, list)
        {
            Probability = (decimal)(part.Entry.Probability ?? 1),
            Repeats = part.Entry.Repeats ?? 0,
            StartEpoch = part.Entry.StartEpoch ?? 1,
            EndEpoch = part.Entry.EndEpoch,
            StartStep = part.Entry.StartStep ?? 0,
            EndStep = part.Entry.EndStep,
        })],
    };
}
