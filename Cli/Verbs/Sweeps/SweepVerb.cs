using System.CommandLine;
using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Core.Registry;
using Temper.Training.Suites;
using Temper.Training.Factories;
using Temper.Training.Sweeps;

namespace Temper.Cli.Verbs.Sweeps;

internal static class SweepVerb
{
    public static Command Build()
    {
        var file = new Argument<string>("file") { Description = "Sweep, as YAML or JSON", HelpName = "SWEEP.yaml" };
        var follow = new Option<bool>("--follow") { Description = "Show its progress until it ends, and the table (Ctrl-C stops watching, not the sweep)" };
        var dry = new Option<bool>("--dry-run") { Description = "Show the trials with what each will take, and start nothing" };
        var name = new Option<string?>("--name") { Description = "Name of the sweep [default: name of its file]", HelpName = "NAME" };
        var command = new Command("sweep", """
            Try settings of a recipe: a group of jobs with one table at the end. Every trial's whole recipe is checked first, and every mistake is named at once.
            A sweep names a recipe (or holds one), a method (grid, random, halving), what is compared (`metric: eval_loss`) and the parameters:
            lists ([4, 8]) or ranges ({log_uniform: [1.0e-5, 1.0e-2]}, {uniform: …}, {int: …}, {choice: …}). docs/sweeps.md has all keys.
            The same file again is the same sweep, so --follow may be given later, too.

            Examples:
              temper sweep samples/support-bot.sweep.yaml --follow
              temper sweep rates.yaml --dry-run
              temper sweep rates.yaml --name rates-2 --json
            """) { file, follow, dry, name };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(file)!, parsed.GetValue(name), parsed.GetValue(follow), parsed.GetValue(dry), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string file, string? name, bool follow, bool dry, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        if (follow && dry)
            throw new TemperException("usage", "--follow and --dry-run exclude each other: a dry run starts nothing.", "Give one of the two.");
        var plan = Read(file, name, await ReadAsync(file, ct), PluginsVerb.Parts(parsed));
        var suite = plan.Suite is null ? null : SuiteReader.Read(plan.Suite);
        if (suite is not null)
            Check(plan, suite, file);
        if (dry)
            return await SweepEstimate.ShowAsync(parsed, terminal, plan, file, ct);
        using var registry = follow ? await GlobalOptions.ConnectPatientlyAsync(parsed, ct) : GlobalOptions.Connect(parsed);
        SweepInfo sweep;
        using (VerbSpan.Begin("sweep"))
            sweep = await registry.Sweeps.CreateAsync(plan.Request() with { SuiteDigest = suite?.Digest }, ct);
        terminal.Note($"{sweep.Name} ({sweep.Id}) has {Format.Count(sweep.TrialCount, "trial")}{(sweep.Rungs is { Count: > 1 } rungs ? $", compared at the steps {string.Join(", ", rungs.SkipLast(1))}" : "")}");
        if (follow)
            sweep = await new SweepFollower(registry, terminal, suite is null ? null : new SweepSuite(parsed, registry, terminal, suite)).WatchAsync(sweep.Name.ToString(), ct);
        else if (suite is not null)
            terminal.Note($"models are asked the suite {suite.Name} while somebody follows: `temper sweep {Style.Escape(file)} --follow`");
        terminal.Document(sweep);
        SweepView.Show(terminal, sweep);
        return follow ? SweepView.ExitCode(terminal, sweep) : 0;
    }

    /// <summary>Before any trial trains: the suite must be the one that the metric names, and measure it.</summary>
    private static void Check(SweepPlan plan, Suite suite, string file)
    {
        var key = plan.Metric[(plan.Metric.IndexOf(':', StringComparison.Ordinal) + 1)..];
        if (!plan.Metric.StartsWith($"{suite.Name}:", StringComparison.Ordinal))
            throw new TemperException([new("requires", $"The metric is {plan.Metric}, and the suite of {plan.Suite} is called {suite.Name}.") { File = file, Path = "metric", Hint = $"Write `metric: {suite.Name}:{key}`." }]);
        if (SuiteRun.Unmeasured(suite, key) is { } wrong)
            throw new TemperException([wrong with { Code = "sweep_invalid", File = file, Path = "metric", Hint = wrong.Hint?.Replace("mean ", $"mean {suite.Name}:", StringComparison.Ordinal) }]);
    }

    private static async Task<string> ReadAsync(string file, CancellationToken ct)
    {
        if (Directory.Exists(file))
            throw new TemperException("usage", $"{Path.GetFullPath(file)} is a folder.", "Name a sweep file.");
        return File.Exists(file) ? await File.ReadAllTextAsync(file, ct) : throw new TemperException("not_found", $"{Path.GetFullPath(file)} does not exist.", "Name a sweep file.");
    }

    private static SweepPlan Read(string file, string? name, string text, RunParts parts) => SweepReader.Read(text, file, name, (recipe, source) => TrainVerb.Request(recipe, source, null, null), parts);
}
