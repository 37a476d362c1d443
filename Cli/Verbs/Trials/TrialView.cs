using System.Globalization;
using Temper.Cli.Output;
using Temper.Training.Estimation;
using Temper.Training.Previews;

namespace Temper.Cli.Verbs.Trials;

/// <summary>Preflights and estimates for people.</summary>
internal static class TrialView
{
    public static void Show(Terminal terminal, PreflightReport report)
    {
        terminal.Line($"[bold]{Format.Count(report.Train, "example")}[/] to train on, {Format.Number(report.HeldOut)} held out; {Format.Count(report.Tokens, "token")} an epoch, {Format.Number(report.Supervised)} of them learned");
        if (report.Parts.Count > 1)
            foreach (var part in report.Parts)
                terminal.Line($"  {Style.Escape(part.Name)}: {Format.Count(part.Examples, "example")}");
        terminal.Line($"{Format.Number(report.Stops.Ending)} of {Format.Number(report.Stops.Checked)} end with a token that ends an answer ({Style.Escape(Style.Clean(string.Join(", ", report.Stops.Tokens)))})");
        foreach (var dropped in report.Dropped)
            terminal.Line($"[yellow]left out or cut[/] {Style.Escape(Style.Clean(dropped))}");
        foreach (var warning in report.Warnings)
            terminal.Line($"[yellow]warning[/] {warning.Code}: {Style.Escape(Style.Clean(warning.Message))}");
        terminal.Line();
        terminal.Line($"lengths: shortest {report.Lengths.Shortest}, median {report.Lengths.Median}, longest {report.Lengths.Longest} tokens");
        var most = Math.Max(1, report.Lengths.Bins.Select(b => b.Examples).DefaultIfEmpty().Max());
        foreach (var bin in report.Lengths.Bins)
            terminal.Line($"{bin.From,8}-{bin.To,-8}{bin.Examples,9} {new string('#', (int)Math.Ceiling(30.0 * bin.Examples / most))}");
        foreach (var example in report.Examples)
        {
            terminal.Line();
            terminal.Line($"[bold]{Style.Escape(Style.Clean(example.File ?? "example"))} line {example.Line}[/]: {example.Supervised} of {Format.Count(example.Tokens, "token")} {(example.Supervised == 1 ? "is" : "are")} learned");
            MarkedText.Show(terminal, example.Pieces);
        }
    }

    public static void Show(Terminal terminal, RunEstimate estimate)
    {
        var (memory, time) = (estimate.Memory, estimate.Time);
        terminal.Line($"[bold]{Format.Number(estimate.Parameters)}[/] parameters, {Format.Number(estimate.Trainable)} of them trained");
        terminal.Table(["memory", "bytes"], [.. new[] { ("weights", memory.Weights), ("adapters", memory.Adapters), ("optimizer", memory.Optimizer), ("gradients", memory.Gradients), ("activations", memory.Activations), ("logits", memory.Logits), ("peak", memory.Peak) }
            .Select(row => (IReadOnlyList<string>)[row.Item1, Format.Bytes(row.Item2)])]);
        if (memory.Processes > 1)
            terminal.Line($"{memory.Processes} processes share every step; the bytes are of all of them together");
        terminal.Line($"largest micro-batch: {Format.Count(memory.LargestBatch, "token")}{(memory.Measured ? "" : "; too large to be tried, so worked out from a smaller one")}");
        terminal.Line($"{Format.Count(estimate.TokensPerEpoch, "token")} an epoch, {Format.Number(estimate.SupervisedPerEpoch)} of them learned; {Format.Count(estimate.UpdatesPerEpoch, "step")} an epoch, {Format.Number(estimate.Updates)} in all");
        if (memory.Measured)
            terminal.Line($"time: {Duration(time.Seconds)} ({Duration(time.Low)} to {Duration(time.High)}) at {Format.Number((long)time.TokensPerSecond)} tokens/s on this machine, from {Format.Count(time.Updates, "step")} of trial");
        if (estimate.Cost is { } cost)
            terminal.Line($"cost: {cost.ToString("F2", CultureInfo.InvariantCulture)}");
    }

    private static string Duration(double seconds) => seconds < 60 ? seconds.ToString("F1", CultureInfo.InvariantCulture) + " s"
        : TimeSpan.FromSeconds(Math.Min(seconds, 1e9)).ToString(seconds < 86400 ? @"h\:mm\:ss" : @"d\.hh\:mm\:ss", CultureInfo.InvariantCulture);
}
