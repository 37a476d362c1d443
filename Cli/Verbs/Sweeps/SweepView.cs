using System.Globalization;
using System.Text.Json;
using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Core.Registry;

namespace Temper.Cli.Verbs.Sweeps;

/// <summary>Sweeps for people.</summary>
internal static class SweepView
{
    /// <summary>The table, best first, and who was best.</summary>
    public static void Show(Terminal terminal, SweepInfo sweep)
    {
        terminal.Line($"[bold]{sweep.Name}[/] {sweep.Id} {Word(sweep.Method)}, {Word(sweep.Direction)} {sweep.Metric}: {Word(sweep.Status)}, {sweep.EndedCount} of {Format.Count(sweep.TrialCount, "trial")} ended{Rungs(sweep)}");
        terminal.Table(["rank", "trial", "status", "parameters", sweep.Metric, "steps", "time", "model", "job"], [.. sweep.Trials.OrderBy(t => t.Rank ?? int.MaxValue).ThenBy(t => t.Index).Select(t => (IReadOnlyList<string>)[
            t.Rank is { } rank ? Format.Number(rank) : "-", Format.Number(t.Index), Word(t.Status), Parameters(t.Parameters), t.Metric is { } value ? Value(value) : "-",
            t.TotalSteps > 0 ? $"{t.Steps}/{t.TotalSteps}" : Format.Number(t.Steps), Time(t), t.Version is { } version ? $"{t.Model}:{version}" : "-", t.JobId.ToString()])]);
        foreach (var trial in sweep.Trials.Where(t => t.Reason is not null))
            terminal.Line($"  trial {trial.Index} {Word(trial.Status)}: {Style.Escape(Style.Clean(trial.Reason!))}");
        if (sweep.Best is { } best && sweep.Trials.FirstOrDefault(t => t.Index == best) is { } leader)
            terminal.Line($"{(sweep.Ended ? "[green]best[/]" : "leads")}: trial {best}{(leader.Version is { } made ? $", {leader.Model}:{made}" : "")}, {sweep.Metric} {Value(leader.Metric ?? double.NaN)} with {Style.Escape(Parameters(leader.Parameters))}");
        if (sweep.Note is { } note)
            terminal.Line(Style.Escape(Style.Clean(note)));
    }

    public static void Show(Terminal terminal, IReadOnlyList<SweepInfo> sweeps)
    {
        terminal.Document(sweeps);
        if (sweeps.Count == 0)
            terminal.Line("no sweeps yet; `temper sweep FILE` makes one");
        else
            terminal.Table(["sweep", "method", "metric", "status", "trials", "ended", "best", "created"], [.. sweeps.Select(s => (IReadOnlyList<string>)[
                s.Name.ToString(), Word(s.Method), s.Metric, Word(s.Status), Format.Number(s.TrialCount), Format.Number(s.EndedCount), s.Best is { } best ? $"trial {best}" : "-", Format.When(s.CreatedAt)])]);
    }

    /// <summary>Exit code of a sweep that has ended; says why there is no best.</summary>
    public static int ExitCode(Terminal terminal, SweepInfo sweep)
    {
        if (sweep.Status == SweepStatus.Failed)
            terminal.Error(new("sweep_without_result", $"The sweep {sweep.Name} has no best: {sweep.Note}.") { Hint = $"`temper sweeps show {sweep.Name}` gives each trial's reason." });
        return sweep.Status switch
        {
            SweepStatus.Completed => 0,
            SweepStatus.Cancelled => Failure.ExitCode(ErrorKind.Cancelled),
            _ => Failure.ExitCode(ErrorKind.Failed),
        };
    }

    /// <summary>Settings as they are written, without their sections.</summary>
    public static string Parameters(IReadOnlyDictionary<string, JsonElement> parameters) =>
        string.Join(", ", parameters.Select(p => $"{p.Key[(p.Key.LastIndexOf('.') + 1)..]}={(p.Value.ValueKind == JsonValueKind.String ? p.Value.GetString() : p.Value.GetRawText())}"));

    public static string Value(double value) => value.ToString("G5", CultureInfo.InvariantCulture);

    private static string Rungs(SweepInfo sweep) => sweep.Rungs is { Count: > 1 } rungs && !sweep.Ended ? FormattableString.Invariant($", rung {sweep.Rung + 1} of {rungs.Count} (to step {rungs[sweep.Rung]})") : "";

    private static string Time(SweepTrial trial) => trial is { StartedMs: { } from, EndedMs: { } to } ? ProgressLine.Time(TimeSpan.FromMilliseconds(Math.Max(0, to - from))) : "-";

    private static string Word<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();
}
