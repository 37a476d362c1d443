using Temper.Core.Errors;

namespace Temper.Training.Sampling;

/// <summary>What makes a mix impossible, found before the first draw.</summary>
public static class MixChecks
{
    private const decimal MostProbability = 1_000_000;

    /// <summary>Values and their bounds.</summary>
    /// <exception cref="TemperException"><c>mix_invalid</c>: every problem.</exception>
    public static void Check(Mix mix)
    {
        var problems = new List<Problem>();
        void Wrong(string path, FormattableString message) => problems.Add(new("mix_invalid", FormattableString.Invariant(message)) { Path = path });
        if (mix.Batch < 1)
            Wrong("batch", $"A batch of {mix.Batch} items is none; expected 1 and up.");
        if (mix.Datasets.Count == 0)
            Wrong("datasets", $"There is no dataset to draw from.");
        if (!(mix.Alpha >= 0 && mix.Alpha <= 1))
            Wrong("alpha", $"alpha is {mix.Alpha}, expected 0 to 1.");
        foreach (var (d, i) in mix.Datasets.Select((d, i) => (d, i)))
        {
            if (mix.Datasets.Take(i).Any(other => other.Id == d.Id))
                Wrong($"datasets[{i}].id", $"Two datasets have the id '{d.Id}'.");
            if (d.Buckets.Count == 0 || d.Buckets.Any(b => b.Items < 1))
                Wrong($"datasets[{i}]", $"'{d.Id}' has nothing to draw: {string.Join(", ", d.Buckets.Select(b => $"{b.Name} {b.Items}"))}.");
            if (d.Probability is < 0 or > MostProbability || (d.Probability > 0 && decimal.Round(d.Probability * MostProbability) == 0))
                Wrong($"datasets[{i}].probability", $"The probability of '{d.Id}' is {d.Probability}, expected 0 or 0.000001 to {MostProbability}.");
            if (d.Repeats < 0)
                Wrong($"datasets[{i}].repeats", $"'{d.Id}' is repeated {d.Repeats} times, expected 0 and up.");
            if (d.StartEpoch < 1 || d.EndEpoch < d.StartEpoch)
                Wrong($"datasets[{i}].start_epoch", $"'{d.Id}' is drawn from epoch {d.StartEpoch} to {d.EndEpoch}, expected 1 and up, and an end not before the start.");
            if (d.StartStep < 0 || d.EndStep <= d.StartStep)
                Wrong($"datasets[{i}].start_step", $"'{d.Id}' is drawn from step {d.StartStep} to {d.EndStep}, expected 0 and up, and an end behind the start.");
            if (mix.StopOn == StopOn.MaxSteps && (d.StartEpoch != 1 || d.EndEpoch is not null))
                Wrong($"datasets[{i}].start_epoch", $"'{d.Id}' is bound to epochs, and with stop_on max_steps there is only one.");
        }
        if (mix.Datasets.Count > 0 && mix.Datasets.All(d => d.Probability == 0))
            Wrong("datasets", $"Every dataset has probability 0.");
        if (!mix.Bucketed && mix.Rest is Remainder.Carry or Remainder.PadFromSameBucket)
            Wrong("remainder", $"Without buckets the last batch of an epoch is short or dropped; {mix.Rest} is for buckets.");
        if (problems.Count > 0)
            throw new TemperException(problems);
    }

    /// <summary>Buckets that would never be in a batch: each is listed with its count and the fewest repeats that make one.</summary>
    /// <param name="mix">A mix that passed <see cref="Check"/>.</param>
    /// <param name="epochs">Whole epochs of the run; null where only its steps are known.</param>
    /// <exception cref="TemperException"><c>zero_batches</c>: one problem a dataset.</exception>
    public static void EveryBucketHasBatches(Mix mix, int? epochs)
    {
        if (mix.StopOn == StopOn.MaxSteps || mix.Rest is Remainder.Short or Remainder.PadFromSameBucket || (mix.Rest == Remainder.Carry && epochs is null))
            return;
        var problems = new List<Problem>();
        foreach (var (d, i) in mix.Datasets.Select((d, i) => (d, i)).Where(x => x.d.Probability > 0))
        {
            var times = mix.Rest == Remainder.Carry ? d.EpochsThrough(epochs!.Value) : 1;
            var buckets = mix.Bucketed ? d.Buckets : [new("", mix.Datasets.Where(o => o.Probability > 0).Sum(o => o.PerEpoch))];
            if (times > 0 && buckets.Any(b => BatchesOf(mix, d, b, times) == 0) && (mix.Bucketed || i == 0))
                problems.Add(Empty(mix, d, i, buckets, times));
        }
        if (problems.Count > 0)
            throw new TemperException(problems);
    }

    private static long BatchesOf(Mix mix, MixDataset d, MixBucket bucket, long times) => (mix.Bucketed ? bucket.Items * (1L + d.Repeats) * times : bucket.Items) / mix.Batch;

    private static Problem Empty(Mix mix, MixDataset d, int index, IReadOnlyList<MixBucket> buckets, long times)
    {
        long Repeats(MixBucket b) => Math.Max(d.Repeats, (mix.Batch + b.Items * times - 1) / (b.Items * times) - 1);
        var list = string.Join("; ", buckets.Select(b => BatchesOf(mix, d, b, times) is > 0 and var batches
            ? FormattableString.Invariant($"{Name(b)} {b.Items} items, {batches} batches")
            : FormattableString.Invariant($"{Name(b)} {b.Items} items, 0 batches, needs repeats {Repeats(b)}")));
        var largest = buckets.Min(b => b.Items * (mix.Bucketed ? (1L + d.Repeats) * times : 1));
        return new("zero_batches", FormattableString.Invariant($"With batches of {mix.Batch} and repeats {d.Repeats}, some buckets of '{d.Id}' make no batch: {list}."))
        {
            Path = FormattableString.Invariant($"datasets[{index}].repeats"),
            Value = FormattableString.Invariant($"{d.Repeats}"),
            Hint = FormattableString.Invariant($"Set repeats of '{d.Id}' to {buckets.Max(Repeats)}, or the remainder to pad_from_same_bucket, or the batch (per_device_train_batch_size × gradient_accumulation_steps) to {largest} or less, or leave the small buckets out."),
        };
    }

    private static string Name(MixBucket bucket) => bucket.Name.Length == 0 ? "all" : $"'{bucket.Name}'";
}
