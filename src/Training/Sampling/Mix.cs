using Temper.Core.Ids;

namespace Temper.Training.Sampling;

/// <summary>
/// Everything that the order of training depends on: sizes, weights, seed and batch. Ranks, threads and machines are not in it. Order of
/// <see cref="Datasets"/> counts. <c>docs/formats/sampler-state.md</c> defines the sequence that follows from it.
/// </summary>
public sealed record Mix
{
    /// <summary>Key of all draws and permutations.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Items of one optimizer step, over all ranks and micro-batches, 1 and up.</summary>
    public required int Batch { get; init; }

    /// <summary>What is drawn from, at least one.</summary>
    public required IReadOnlyList<MixDataset> Datasets { get; init; }

    /// <summary>How the dataset of a draw is chosen.</summary>
    public MixStrategy Strategy { get; init; }

    /// <summary>Exponent of <see cref="MixStrategy.Temperature"/>, 0 to 1, in steps of 2⁻²⁰. Default 0.5.</summary>
    public double Alpha { get; init; } = 0.5;

    /// <summary>When an epoch ends.</summary>
    public StopOn StopOn { get; init; }

    /// <summary>What becomes of incomplete batches; null is <see cref="Sampling.Remainder.Carry"/> with buckets and <see cref="Sampling.Remainder.Short"/> without.</summary>
    public Remainder? Remainder { get; init; }

    /// <summary>Whether items are divided, so that a draw is a whole batch of one bucket; otherwise a draw is one item, and datasets meet in a batch.</summary>
    public bool Bucketed => Datasets.Any(d => d.Buckets.Count > 1 || d.Buckets.Any(b => b.Name.Length > 0));

    /// <summary>What holds when <see cref="Remainder"/> is not given.</summary>
    public Remainder Rest => Remainder ?? (Bucketed ? Sampling.Remainder.Carry : Sampling.Remainder.Short);

    /// <summary>Whether there is nothing to mix: one undivided dataset, always active, read whole in every epoch. Then every position has a closed form.</summary>
    public bool Plain => Datasets is [{ Buckets: [{ Name: "" }], StartEpoch: 1, EndEpoch: null, StartStep: 0, EndStep: null }] && StopOn == StopOn.AllExhausted && Rest == Sampling.Remainder.Short;

    /// <summary>Settings of the mix itself, for people and for comparing.</summary>
    public string Described => FormattableString.Invariant($"{Strategy}{(Strategy == MixStrategy.Temperature ? $" {(long)Math.Round(Alpha * (1 << 20))}" : "")} {StopOn} {Rest}");

    /// <summary>SHA-256 of all of it but the seed and the batch, which a state names by themselves.</summary>
    public Digest ConfigDigest => Digest.OfText(string.Join('\n', Datasets.Select(d => $"{d.Id} {d.Version} {d.Described}").Prepend(Described)));
}
