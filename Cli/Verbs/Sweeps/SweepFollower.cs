using System.Globalization;
using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Core.Registry;

namespace Temper.Cli.Verbs.Sweeps;

/// <summary>Shows a sweep until it ends; where a suite is what is compared, it asks each model as soon as it is there.</summary>
internal sealed class SweepFollower(RegistryClient registry, Terminal terminal, SweepSuite? suite)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private readonly Dictionary<int, TrialStatus> _told = [];

    /// <summary>Returns the sweep in its final state.</summary>
    /// <exception cref="WatchStoppedException"><paramref name="ct"/> was cancelled; the sweep goes on.</exception>
    public async Task<SweepInfo> WatchAsync(string name, CancellationToken ct)
    {
        try
        {
            return await FollowAsync(name, ct);
        }
        catch (OperationCanceledException e) when (ct.IsCancellationRequested)
        {
            throw new WatchStoppedException($"stopped watching; the sweep {name} goes on: `temper sweeps show {name}` shows its table, `temper sweeps cancel {name}` stops it", e);
        }
    }

    private async Task<SweepInfo> FollowAsync(string name, CancellationToken ct)
    {
        using var progress = terminal.Progress("sweep");
        var (began, first) = (TimeProvider.System.GetTimestamp(), (long?)null);
        while (true)
        {
            var sweep = await registry.Sweeps.FindAsync(name, ct) ?? throw new TemperException("not_found", $"There is no sweep '{name}'.");
            var (done, total) = Steps(sweep);
            first ??= done;
            var rate = (done - first.Value) / Math.Max(0.001, TimeProvider.System.GetElapsedTime(began).TotalSeconds);
            Tell(sweep);
            progress.Show(sweep.Ended ? 1 : Math.Min(0.999, (double)done / Math.Max(1, total)), Detail(sweep, done, total, rate), rate > 0 && !sweep.Ended ? TimeSpan.FromSeconds(Math.Min((total - done) / rate, 1e8)) : null);
            if (sweep.Ended)
                return sweep;
            if (suite is not null)
                foreach (var trial in sweep.Trials.Where(t => t.Status == TrialStatus.Evaluating))
                    await suite.AskAsync(trial, ct);
            await Task.Delay(Pause, ct);
        }
    }

    /// <summary>Steps of all trials: done, and to be done as far as is known. Trials whose plan is not known yet count as the others do.</summary>
    private static (long Done, long Total) Steps(SweepInfo sweep)
    {
        var done = sweep.Trials.Sum(t => (long)t.Steps);
        if (sweep.Rungs is { } rungs)
            return (done, Math.Max(done, SweepRungs.Work(sweep.TrialCount, rungs, sweep.Eta ?? 2)));
        var known = sweep.Trials.Where(t => t.TotalSteps > 0).ToList();
        var mean = known.Count == 0 ? 0 : known.Average(t => t.TotalSteps);
        return (done, Math.Max(done, (long)sweep.Trials.Sum(t => t.EndedMs is not null ? t.Steps : t.TotalSteps > 0 ? t.TotalSteps : mean)));
    }

    private static string Detail(SweepInfo sweep, long done, long total, double rate)
    {
        var best = sweep.Best is { } index && sweep.Trials.FirstOrDefault(t => t.Index == index)?.Metric is { } value ? $", best {SweepView.Value(value)} (trial {index})" : "";
        var paused = sweep.Status == SweepStatus.Paused ? $"; paused, `temper sweeps resume {sweep.Name}` lets it go on" : "";
        return $"{sweep.EndedCount}/{sweep.TrialCount} trials, step {done}/{total}{(rate > 0 ? $" {rate.ToString("F1", CultureInfo.InvariantCulture)} steps/s" : "")}{best}{paused}";
    }

    /// <summary>A trial that ends badly is told when it does.</summary>
    private void Tell(SweepInfo sweep)
    {
        foreach (var trial in sweep.Trials)
        {
            if (trial.Status is TrialStatus.Failed or TrialStatus.Cancelled && _told.GetValueOrDefault(trial.Index) != trial.Status)
                terminal.Note($"[yellow]trial {trial.Index} {trial.Status.ToString().ToLowerInvariant()}[/]{(trial.Reason is { } reason ? $": {Style.Escape(Style.Clean(reason))}" : "")}");
            _told[trial.Index] = trial.Status;
        }
    }
}
