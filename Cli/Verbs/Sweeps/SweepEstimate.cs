using System.CommandLine;
using Temper.Cli.Output;
using Temper.Cli.Verbs.Trials;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Training.Estimation;
using Temper.Training.Recipes;
using Temper.Training.Sweeps;

namespace Temper.Cli.Verbs.Sweeps;

/// <summary>What the trials of a sweep will take, tried on this machine. Trials that differ in numbers alone (rates, decay, seeds) take the same and are tried once.</summary>
internal static class SweepEstimate
{
    public static async Task<int> ShowAsync(ParseResult parsed, Terminal terminal, SweepPlan plan, string file, CancellationToken ct)
    {
        var tried = new Dictionary<Digest, RunEstimate>();
        foreach (var trial in plan.Trials)
            if (Alike(trial.Recipe) is var key && !tried.ContainsKey(key))
                tried[key] = await TryAsync(parsed, trial.Recipe, file, ct);
        var estimates = plan.Trials.Select(trial => tried[Alike(trial.Recipe)]).ToList();
        terminal.Line($"[bold]{plan.Name}[/] {plan.Method.ToString().ToLowerInvariant()}, {Format.Count(plan.Trials.Count, "trial")}, {plan.Direction.ToString().ToLowerInvariant()} {plan.Metric}");
        terminal.Table(["trial", "parameters", "steps", "memory", "time"], [.. plan.Trials.Zip(estimates).Select(pair => (IReadOnlyList<string>)[
            Format.Number(pair.First.Index), SweepView.Parameters(pair.First.Parameters), Format.Number(pair.Second.Updates), Format.Bytes(pair.Second.Memory.Peak), ProgressLine.Time(TimeSpan.FromSeconds(Math.Min(pair.Second.Time.Seconds, 1e9)))])]);
        if (plan.Rungs is { } rungs)
            terminal.Line($"rungs: {string.Join(", ", rungs.Zip(SweepRungs.Entering(plan.Trials.Count, rungs.Count, plan.Eta!.Value)).Select(r => $"{Format.Count(r.Second, "trial")} to step {Format.Number(r.First)}"))}; {Format.Number(SweepRungs.Work(plan.Trials.Count, rungs, plan.Eta.Value))} steps in all");
        terminal.Document(new
        {
            plan.Name,
            plan.Method,
            plan.Metric,
            plan.Direction,
            plan.Rungs,
            trials = plan.Trials.Zip(estimates).Select(pair => new { pair.First.Index, pair.First.Parameters, recipe = pair.First.Job.Recipe, estimate = pair.Second }),
        });
        Problem[] problems = [.. plan.Trials.Zip(estimates).SelectMany(pair => pair.Second.Problems.Select(p => (pair.First.Index, Problem: p))).GroupBy(p => p.Problem)
            .Select(same => same.Key with { Message = $"Trial{(same.Count() == 1 ? "" : "s")} {string.Join(", ", same.Select(s => s.Index))}: {same.Key.Message}" })];
        return problems.Length == 0 ? 0 : throw new TemperException(problems);
    }

    private static async Task<RunEstimate> TryAsync(ParseResult parsed, Recipe recipe, string file, CancellationToken ct)
    {
        using var place = await TrialPlace.OpenAsync(parsed, recipe, file, ct);
        return await Task.Run(() => EstimateVerb.Estimate(place, recipe, 0), ct);
    }

    /// <summary>Identity of all that decides what a run takes.</summary>
    private static Digest Alike(Recipe recipe) => (recipe with
    {
        Seed = 0,
        Lora = recipe.Lora is { } lora ? lora with { LoraAlpha = 1 } : null,
        Training = recipe.Training with { LearningRate = 1, WeightDecay = 0, WarmupSteps = null, WarmupRatio = null, LrSchedulerType = "constant", MaxGradNorm = 1 },
    }).Digest();
}
