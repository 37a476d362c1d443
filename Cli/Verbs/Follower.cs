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

    /// <summary>How long a server may say nothing before that is worth a word.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(3);

    private int _step;
    private long _line;
    private long _looked;
    private string _queued = "";
    private bool _waiting;

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
            var job = await AnsweredAsync(registry.Jobs.FindAsync(id, ct)) ?? throw new TemperException("not_found", $"There is no job {id}.");
            if (id.Kind == WorkKind.Train)
                shown = await AnsweredAsync(PullAsync(id, onMetrics, shown, ct));
            var ended = job.State is WorkState.Completed or WorkState.Failed or WorkState.Cancelled;
            progress.Show(job.Progress, job.TotalSteps > 0 ? $"step {job.Step}/{job.TotalSteps}{shown}"
                : ended ? job.State.ToString().ToLowerInvariant() : job.State == WorkState.Queued ? await QueuedAsync(job, ct) : job.State == WorkState.Paused ? "paused; `temper jobs resume ID` lets it go on" : job.Phase, Left(job));
            if (ended)
                return job;
            await Task.Delay(Pause, ct);
        }
    }

    /// <summary>By the registry's estimate, which knows how long a step takes; null where there is none.</summary>
    private static TimeSpan? Left(JobInfo job) => job.EstimatedFinishMs is { } finish
        ? TimeSpan.FromMilliseconds(Math.Max(0, finish - TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds())) : null;

    /// <summary>Waits for the server as long as the client is patient, and says so.</summary>
    private async Task<T> AnsweredAsync<T>(Task<T> answer)
    {
        if (await Task.WhenAny(answer, Task.Delay(Silence)) == answer)
        {
            _waiting = false;
        }
        else if (!_waiting)
        {
            _waiting = true;
            terminal.Note($"waiting for the server at {registry.Address}");
        }

        return await answer;
    }

    /// <summary>What a row waits for; looked up now and then.</summary>
    private async Task<string> QueuedAsync(JobInfo job, CancellationToken ct)
    {
        if (job.Waits is { } why)
            return $"queued: {why}";
        if (_queued.Length > 0 && TimeProvider.System.GetElapsedTime(_looked) < Silence)
            return _queued;
        _looked = TimeProvider.System.GetTimestamp();
        var before = (await registry.Jobs.ListAsync(job.Kind, null, ct)).Items
            .Where(other => other.State is WorkState.Running || (other.State == WorkState.Queued && other.CreatedMs < job.CreatedMs)).Where(other => other.Id != job.Id).OrderBy(other => other.CreatedMs).ToList();
        return _queued = before.Count == 0 ? "queued; no worker has taken it yet" : $"queued behind {before[0].Id}{(before.Count > 1 ? $" and {before.Count - 1} more" : "")}";
    }

    /// <summary>Exit code of a row that has ended; says why it failed.</summary>
    public static int ExitCode(Terminal terminal, JobInfo job)
    {
        terminal.Errors(job.Errors);
        return job.State switch
        {
            WorkState.Completed => 0,
            WorkState.Cancelled => Failure.ExitCode(ErrorKind.Cancelled),
            // Data that cannot be ingested is the caller's; a run that failed is a run that failed.
            WorkState.Failed when job is { Kind: WorkKind.Ingest, Errors.Count: > 0 } => Failure.ExitCode(new TemperException(job.Errors).Kind),
            _ => Failure.ExitCode(ErrorKind.Failed),
        };
    }

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
