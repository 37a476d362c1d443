using System.Collections.Concurrent;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;

namespace Temper.Training.Jobs;

/// <summary>Claims training jobs and runs each in a process of its own, which ends when this one does.</summary>
/// <param name="options">What to start, and what to tell it.</param>
/// <param name="registry">Where rows are claimed; a patient client.</param>
/// <param name="doorbell">What wakes this worker.</param>
/// <param name="log">Gets what the children write, line by line.</param>
/// <param name="clock">Time.</param>
public sealed class JobSupervisor(SupervisorOptions options, RegistryClient registry, IDoorbell doorbell, TextWriter log, TimeProvider clock)
{
    private const int MostCrashes = 3;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(9);
    private static readonly TimeSpan AfterTrouble = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ForRing = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan WhileStopping = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LongestStart = TimeSpan.FromMinutes(5);
    private readonly TextWriter _log = TextWriter.Synchronized(log);
    private readonly ConcurrentDictionary<WorkId, (int Count, int Step)> _crashes = new();
    private readonly long _memory = options.Memory > 0 ? options.Memory : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
    private long _taken;

    private int Threads => options.Threads > 0 || options.MostJobs <= 1 ? options.Threads : Math.Max(1, Environment.ProcessorCount / options.MostJobs);

    /// <summary>Runs until <paramref name="ct"/>; a running job then saves a checkpoint and is handed back, within about ten seconds.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        var loop = new WorkLoop(registry, doorbell, options.Worker, options.Lease, clock) { FreeMemory = () => Math.Max(0, _memory - Interlocked.Read(ref _taken)) };
        if (!options.Once)
        {
            await Task.WhenAll(Enumerable.Range(0, Math.Max(1, options.MostJobs)).Select(_ => loop.RunAsync([WorkKind.Train], RunJobAsync, ct))).ConfigureAwait(false);
            return;
        }
        await loop.DrainAsync([WorkKind.Train], RunJobAsync, ForRing, ct).ConfigureAwait(false);
    }

    private async Task RunJobAsync(WorkClaim claim, CancellationToken ct)
    {
        Interlocked.Add(ref _taken, claim.Memory);
        try
        {
            await RunChildAsync(claim, ct).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Add(ref _taken, -claim.Memory);
        }
    }

    private async Task RunChildAsync(WorkClaim claim, CancellationToken ct)
    {
        var start = new JobStart(claim, options.Registry, options.ApiKey, options.Blobs, options.CacheFolder, Threads, options.Engine, claim.Attempt == 1 ? options.DieAt : null) { Program = [options.Executable, .. options.Arguments] };
        using var child = ChildJob.Start(options, start, _log);
        var keeping = KeepUntilItSpeaksAsync(claim, child);
        var end = await child.WaitAsync(Grace, clock, ct).ConfigureAwait(false);
        await keeping.ConfigureAwait(false);
        CleanUp(claim);
        if (end.ExitCode is JobProcess.Finished or JobProcess.Lost)
            _crashes.TryRemove(claim.Id, out _);
        else if (end.ExitCode == JobProcess.Surroundings)
            await Task.WhenAny(Task.Delay(AfterTrouble, clock, ct)).ConfigureAwait(false);
        else
            await AfterCrashAsync(claim, end, ct).ConfigureAwait(false);
    }

    /// <summary>On a busy machine a process may need longer than a lease to begin; one that does not for <see cref="LongestStart"/> is given up.</summary>
    private async Task KeepUntilItSpeaksAsync(WorkClaim claim, ChildJob child)
    {
        var (began, pause) = (clock.GetTimestamp(), TimeSpan.FromSeconds(claim.LeaseSeconds) / 3);
        while (await Task.WhenAny(child.Speaks, Task.Delay(pause, clock)).ConfigureAwait(false) != child.Speaks && clock.GetElapsedTime(began) < LongestStart)
            try
            {
                using var limit = new CancellationTokenSource(pause, clock);
                await registry.Work.HeartbeatAsync(claim.Id, new(claim.Fence, 0, "start"), limit.Token).ConfigureAwait(false);
            }
            catch (TemperException e) when (e.Code is "lease_lost" or "not_found" or "job_ended")
            {
                return; // The process will hear of it, too.
            }
            catch (Exception e) when (e is OperationCanceledException or TemperException { Kind: ErrorKind.Environment })
            {
                // No answer yet: the next beat tells.
            }
            catch (TemperException e)
            {
                // The process needs an answer of its own to begin, and says what it got; here nothing may keep its end from being seen to.
                _log.WriteLine($"{claim.Id}: the lease cannot be kept while the process starts ({e.Message})");
                return;
            }
    }

    /// <summary>The row goes back at once rather than when its lease runs out. A job that crashes again and again at one place is broken, not unlucky.</summary>
    private async Task AfterCrashAsync(WorkClaim claim, ChildEnd end, CancellationToken ct)
    {
        // An embedded registry goes down together with this worker; being patient with it would hold the process.
        using var limit = new CancellationTokenSource(ct.IsCancellationRequested ? WhileStopping : Timeout.InfiniteTimeSpan, clock);
        try
        {
            var step = (await registry.Jobs.FindAsync(claim.Id, limit.Token).ConfigureAwait(false))?.Step ?? 0;
            var before = _crashes.GetValueOrDefault(claim.Id);
            var crashes = ct.IsCancellationRequested ? 0 : before.Count == 0 || step > before.Step ? 1 : before.Count + 1;
            _crashes[claim.Id] = (crashes, step);
            _log.WriteLine($"{claim.Id}: the process ended with code {end.ExitCode} at step {step}; crash {crashes} of at most {MostCrashes} at one place");
            var finish = crashes < MostCrashes
                ? new WorkFinish(claim.Fence, WorkState.Queued, null, crashes > 0 ? [Crashed(end, step, crashes)] : null)
                : new WorkFinish(claim.Fence, WorkState.Failed, null, [Crashed(end, step, crashes)]);
            await registry.Work.FinishAsync(claim.Id, finish, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            _log.WriteLine($"{claim.Id}: the registry did not answer while this worker stopped; the lease runs out by itself");
        }
        catch (TemperException e) when (e.Code is "lease_lost" or "not_found" or "job_ended" || e.Kind is ErrorKind.Environment)
        {
            _log.WriteLine($"{claim.Id}: the row was not handed back ({e.Message}); its lease runs out by itself");
        }
    }

    /// <summary>A job's process that ends because one that shared its work did says so by its exit code, and of which in its last words.</summary>
    private static Problem Crashed(ChildEnd end, int step, int crashes) => new(end.ExitCode == JobProcess.Crashed ? "worker_process_lost" : "trainer_crashed",
        $"The job's process ended {(crashes == 1 ? "once" : $"{crashes} times")} without getting past step {step}, at last with code {end.ExitCode}. Its last words: {end.Tail}");

    /// <summary>What a killed process could not remove itself.</summary>
    private void CleanUp(WorkClaim claim)
    {
        var scratch = Path.Combine(options.CacheFolder, "jobs", FormattableString.Invariant($"{claim.Id}-{claim.Fence:D8}"));
        if (Directory.Exists(scratch))
            Directory.Delete(scratch, recursive: true);
    }
}
