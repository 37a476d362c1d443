using System.Globalization;
using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;

namespace Temper.Cli.Verbs;

/// <summary>Shows a row of work until it ends. The server may restart meanwhile: the client is patient and asks for what it has not seen.</summary>
internal sealed class Follower(RegistryClient registry, Terminal terminal)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private int _step;
    private long _line;

    /// <summary>Returns the row in its final state, for verbs whose end does not end the work.</summary>
    /// <exception cref="WatchStoppedException"><paramref name="ct"/> was cancelled; the work goes on.</exception>
    public async Task<JobInfo> WatchAsync(WorkId id, CancellationToken ct, Action<StepMetrics>? onMetrics = null)
    {
        try
        {
            return await FollowAsync(id, ct, onMetrics);
        }
        catch (OperationCanceledException e) when (ct.IsCancellationRequested)
        {
            throw new WatchStoppedException(id, e);
        }
    }

    /// <summary>Returns the row in its final state.</summary>
    /// <param name="id">The row.</param>
    /// <param name="ct">Stops watching, not the work.</param>
    /// <param name="onMetrics">Sees every point once, in order.</param>
    public async Task<JobInfo> FollowAsync(WorkId id, CancellationToken ct, Action<StepMetrics>? onMetrics = null)
    {
        using var progress = terminal.Progress(id.Kind == WorkKind.Train ? "train" : "ingest");
        var shown = "";
        while (true)
        {
            var job = await registry.Jobs.FindAsync(id, ct) ?? throw new TemperException("not_found", $"There is no job {id}.");
            if (id.Kind == WorkKind.Train)
                shown = await PullAsync(id, onMetrics, shown, ct);
            var ended = job.State is WorkState.Completed or WorkState.Failed or WorkState.Cancelled;
            progress.Show(Share(job, ended), job.TotalSteps > 0 ? $"step {job.Step}/{job.TotalSteps}{shown}" : ended ? job.State.ToString().ToLowerInvariant() : job.Phase);
            if (ended)
                return job;
            await Task.Delay(Pause, ct);
        }
    }

    /// <summary>Exit code of a row that has ended; says why it failed.</summary>
    public static int ExitCode(Terminal terminal, JobInfo job)
    {
        foreach (var problem in job.Errors)
            terminal.Error(problem);
        return job.State switch
        {
            WorkState.Completed => 0,
            WorkState.Cancelled => Failure.ExitCode(ErrorKind.Cancelled),
            _ => Failure.ExitCode(ErrorKind.Failed),
        };
    }

    /// <summary>Steps say more than the row's own progress, which moves with heartbeats.</summary>
    private static double Share(JobInfo job, bool ended) =>
        ended || job.TotalSteps == 0 ? job.Progress : Math.Clamp((double)job.Step / job.TotalSteps, job.Progress, 0.999);

    private async Task<string> PullAsync(WorkId id, Action<StepMetrics>? onMetrics, string shown, CancellationToken ct)
    {
        foreach (var point in (await registry.Jobs.MetricsAsync(id, _step, ct)).Items)
        {
            _step = point.Step;
            onMetrics?.Invoke(point);
            shown = Text(point);
        }
        foreach (var line in (await registry.Jobs.LogAsync(id, _line, ct)).Items)
        {
            _line = line.Seq;
            if (line.Level != "info")
                terminal.Note($"[yellow]{line.Level}[/] {Style.Escape(line.Text)}");
        }
        return shown;
    }

    /// <summary>Loss and rate of a step, where it has them.</summary>
    public static string Text(StepMetrics point)
    {
        var text = point.Values.TryGetValue("loss", out var loss) ? $" loss {Format.Loss(loss)}" : "";
        return point.Values.TryGetValue("tokens_per_second", out var rate) ? $"{text} {rate.ToString("N0", CultureInfo.InvariantCulture)} tokens/s" : text;
    }
}
