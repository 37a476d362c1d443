using System.CommandLine;
using System.Text.Json;
using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Ingest;

namespace Temper.Cli.Verbs.Data;

internal static class DataPlanVerb
{
    public static Command Build()
    {
        var file = new DataConfigFile();
        var list = new Option<bool>("--no-list") { Description = "Do not look into the backends" };
        var command = new DataHost().AddTo(file.AddTo(new Command("plan", """
            Show what will be built, in which order, from where and why. Nothing is changed.
            Backends are listed, so that items, bytes and pairs of pictures can be told.

            Examples:
              temper data plan datasets.yaml
              temper data plan datasets.yaml --no-list --json
            """)), out var host);
        command.Options.Add(list);
        command.SetAction((parsed, ct) => RunAsync(parsed, file, host, !parsed.GetValue(list), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, DataConfigFile file, DataHost host, bool list, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        var kinds = host.Kinds(parsed);
        var config = await file.ReadAsync(parsed, kinds, ct);
        using var progress = terminal.Progress("plan");
        var plan = await new FactoryPlanner(list ? host.Opener(parsed, file.Root(parsed), kinds) : null).PlanAsync(config, new Listed(progress), ct);
        terminal.Document(plan);
        if (!terminal.Json)
            Show(terminal, plan);
        foreach (var problem in plan.Problems)
            terminal.Error(problem);
        return plan.Problems.Count == 0 ? 0 : Failure.ExitCode(new TemperException(plan.Problems).Kind);
    }

    private static void Show(Terminal terminal, FactoryPlan plan)
    {
        terminal.Table(["step", "dataset", "type", "from", "items", "bytes", "what", "why"], [.. plan.Steps.Select(s => (IReadOnlyList<string>)[
            Format.Number(s.Step), s.Id, JsonNamingPolicy.SnakeCaseLower.ConvertName(s.Type.ToString()), s.From.Length > 0 ? s.From : s.Backend, s.Items is { } items ? Format.Number(items) : "-",
            s.Bytes is { } bytes ? Format.Bytes(bytes) : "-", s.Action, s.Why])]);
        foreach (var step in plan.Steps.Where(s => s.LeftOut.Count > 0))
            terminal.Line($"{step.Id}: left out {string.Join(", ", step.LeftOut.Select(l => $"{Format.Number(l.Value)} {l.Key}"))}");
        foreach (var pairing in plan.Pairings)
            DataBuildView.Pairing(terminal, pairing);
    }

    private sealed class Listed(ProgressLine line) : IProgress<string>
    {
        public void Report(string value) => line.Show(0, $"listing {value}");
    }
}
