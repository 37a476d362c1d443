using System.Globalization;
using Temper.Cli.Output;
using Temper.Training.Sampling;

namespace Temper.Cli.Verbs.Data;

/// <summary>A walk through a mix as text.</summary>
internal static class SimulateView
{
    public static void Show(Terminal terminal, Mix mix, Simulation found, IReadOnlyDictionary<string, string> from, string stopped)
    {
        if (found.Draws.Count > 0)
            terminal.Table(["draw", "step", "epoch", "dataset", "item", "pass"], [.. found.Draws.Select(d => (string[])[Text(d.Draw), Text(d.Step + 1), Text(d.Epoch), Name(d.Dataset, d.Bucket), Text(d.Item) + (d.Padding ? " (padding)" : ""), Text(d.Pass + 1)])]);
        terminal.Line();
        terminal.Table(["dataset", "items", "passes", "drawn", "share", "asked for", "sigma", "each", "items from"], [.. found.Datasets.SelectMany(d => d.Buckets.Select((b, i) => (string[])
            [Name(d.Id, b.Name), Format.Number(b.Items), Text(1 + d.Repeats), Format.Number(b.Seen), i > 0 ? "" : Share(d.Share), i > 0 ? "" : Share(d.Target), i > 0 ? "" : d.Sigma.ToString("0.0", CultureInfo.InvariantCulture), Times(b), i > 0 ? "" : from.GetValueOrDefault(d.Id) ?? ""]))]);
        terminal.Line();
        terminal.Line($"batches of {mix.Batch}{(mix.Bucketed ? ", each of one bucket" : "")}; {Format.Count(found.Steps, "step")} walked, until {stopped}; an epoch has {Epoch(found)}");
        if (found.Coverage is { } coverage)
            terminal.Line($"epoch coverage {(coverage == 1 ? "exactly 1" : coverage.ToString("0.######", CultureInfo.InvariantCulture))}{(found.Whole ? ", every item counted" : ", by the counters")}");
        else
            terminal.Line("no epoch was walked to its end, so nothing is said about coverage");
        if (found.Datasets.Sum(d => d.Carried) is > 0 and var carried)
            terminal.Line($"{Format.Count(carried, "item")} {(carried == 1 ? "fills no batch and comes" : "fill no batch and come")} first in the next epoch: {string.Join(", ", found.Datasets.Where(d => d.Carried > 0).Select(d => $"{d.Id} {d.Carried}"))}");
        if (found.LeftOut > 0)
            terminal.Line($"{Format.Count(found.LeftOut, "item is", "items are")} left out");
        if (found.Padded > 0)
            terminal.Line($"{Format.Count(found.Padded, "item is", "items are")} seen once more to fill batches");
    }

    private static string Epoch(Simulation found) => found.StepsPerEpoch.Distinct().Take(5).ToArray() switch
    {
        [] => "more steps",
        [1] => "1 step",
        var lengths => $"{string.Join(", ", lengths.Select(s => Text(s)))} steps",
    };

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Share(double share) => share.ToString("0.0000", CultureInfo.InvariantCulture);

    private static string Name(string dataset, string bucket) => bucket.Length == 0 ? dataset : $"{dataset}/{bucket}";

    private static string Times(SimulatedBucket bucket) => bucket.Least is null ? "" : bucket.Least == bucket.Most ? $"{bucket.Least}×" : $"{bucket.Least} to {bucket.Most}×";
}
