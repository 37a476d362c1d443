using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Models;
using Temper.Storage.Folder;
using Temper.Tensors;
using Temper.Training.Sampling;

namespace Temper.Training.Checkpoints;

/// <summary>
/// Saves and resumes one run. The loop waits for a copy in memory only; files are written behind it, one checkpoint at a time. A store that fails is
/// tried again and told of, and ends the run only where the run's own course depends on the checkpoint.
/// </summary>
internal sealed class Checkpointing(TrainRun run, TrainedWeights weights, IOptimizer optimizer, ChannelWriter<TrainEvent> events, TimeProvider clock)
{
    /// <summary>Before a checkpoint is tried again, milliseconds; the later ones only for those that the run cannot go without.</summary>
    private static readonly int[] Pauses = [200, 1000, 4000, 10_000];
    private const int FewTries = 2;

    /// <summary>Of the last checkpoint of a run that stops: what a host that goes down waits for.</summary>
    private const int LastTries = 3;
    private readonly CheckpointStore? _store = run.Checkpoints;
    private readonly JsonElement _recipe = run.Checkpoints is null ? default : run.Recipe.ToJson();
    private const string StateName = "state.json", OptimizerName = "optimizer.bin", LogName = "metrics.jsonl";
    private Task<bool> _writing = Task.FromResult(true);
    private bool _failing;
    private int _saved = -1;
    private int _begunWith = -1;

    /// <summary>Puts weights and optimizer where the newest usable checkpoint left them; null when there is none.</summary>
    /// <exception cref="TemperException"><c>resume_mismatch</c>, naming what differs.</exception>
    public Progress? Resume()
    {
        var progress = _store is null ? null : Newest(_store);
        _begunWith = progress?.From?.Step ?? -1;
        return progress;
    }

    private Progress? Newest(CheckpointStore store)
    {
        var own = store.ListAsync(CancellationToken.None).GetAwaiter().GetResult();
        if (run.Recipe.ResumeFromCheckpoint == "false" && own.Count > 0)
        {
            events.TryWrite(new TrainEvent.Said("info", $"Beginning again, as resume_from_checkpoint says: checkpoints up to step {own[0].Step} of earlier attempts are removed."));
            store.PruneAsync(0, new HashSet<int>(), CancellationToken.None).GetAwaiter().GetResult();
            return null;
        }
        foreach (var checkpoint in own)
            try
            {
                return Read(store, checkpoint, Load);
            }
            catch (TemperException e) when (e.Code == "checkpoint_corrupt")
            {
                events.TryWrite(new TrainEvent.Said("warn", $"{e.Message} The one before it is tried."));
            }
        return run.From is { } from ? BeginWith(from) : null;
    }

    /// <summary>Another job's checkpoint, by the same rules as one of its own.</summary>
    private Progress BeginWith(StartingPoint from)
    {
        var progress = Read(from.Store!, from.Find(), Load);
        _saved = -1;
        events.TryWrite(new TrainEvent.Said("info", FormattableString.Invariant($"Beginning with the checkpoint of step {progress.Step} of {from.Job}.")));
        return progress with { Seconds = 0, From = new(from.Job, progress.Step) };
    }

    /// <summary>Puts weights and optimizer back to a checkpoint of this run; null when it is gone.</summary>
    public Progress? Return(int step)
    {
        Settle();
        return Find(step) is { } found ? Read(found.Store, found.Checkpoint, Load) : null;
    }

    /// <summary>Puts the weights, and nothing else, where the checkpoint of <paramref name="step"/> has them.</summary>
    /// <exception cref="TemperException"><c>checkpoint_corrupt</c>.</exception>
    public void Take(int step)
    {
        Settle();
        var (store, checkpoint) = Find(step) ?? throw new TemperException("checkpoint_corrupt", FormattableString.Invariant($"The checkpoint of step {step}, the best, is not there any more."));
        Read(store, checkpoint, folder =>
        {
            weights.Restore(Path.Combine(folder, weights.FileName));
            return checkpoint;
        });
    }

    /// <summary>Begins to save; waits only for the checkpoint before this one.</summary>
    /// <param name="progress">How far the run is.</param>
    /// <param name="kept">Steps whose checkpoints stay, however many are newer.</param>
    /// <param name="last">Whether the run stops here, so that one which is given up takes what was learned since the one before with it.</param>
    public void Begin(Progress progress, IEnumerable<int> kept, bool last = false)
    {
        if (last)
            Settle(); // The same step, still being written with less patience, may yet be given up.
        if (_store is null || _saved == progress.Step)
            return;
        var began = Stopwatch.GetTimestamp();
        Settle();
        _saved = progress.Step;
        var copy = weights.Copy();
        using var moments = new MemoryStream();
        optimizer.ExportState(moments);
        var state = new CheckpointState(1, progress.Step, weights.AdapterConfig is not null, progress.Seconds, run.Identity, progress.Data, progress.Substituted, progress.Back, _recipe, progress.From);
        var log = MetricsLog.Bytes(progress.Log);
        var (moment, stay) = (moments.ToArray(), kept.ToHashSet());
        _writing = Task.Run(() => SaveAsync(state, copy, moment, log, stay, last));
        TrainingTelemetry.CheckpointStall.Record(Stopwatch.GetElapsedTime(began).TotalSeconds);
    }

    /// <summary>Waits until what was begun is durable, or given up.</summary>
    /// <exception cref="TemperException">Of a store that failed with a checkpoint that the run cannot go without.</exception>
    public void Settle()
    {
        if (!_writing.GetAwaiter().GetResult())
            _saved = -1;
    }

    /// <summary>Writes; false when it was given up, which the events tell.</summary>
    private async Task<bool> SaveAsync(CheckpointState state, IReadOnlyList<TensorSource> copy, byte[] moments, byte[] log, HashSet<int> kept, bool last)
    {
        var needed = last || kept.Contains(state.Step);
        var tries = last ? LastTries : needed ? Pauses.Length : _failing ? 0 : FewTries;
        var otherwise = last ? "The run stops here all the same and goes on from the checkpoint before." : needed ? "The run cannot go on without it." : "The run goes on without it.";
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await WriteAsync(state, copy, moments, log).ConfigureAwait(false);
                break;
            }
            catch (Exception e) when (IsOfTheStore(e))
            {
                var again = attempt < tries && (needed || !IsFull(e));
                events.TryWrite(new TrainEvent.Said("warn", FormattableString.Invariant($"The checkpoint of step {state.Step} could not be saved: {e.Message} {(again ? "It is tried again." : otherwise)}")));
                if (!again && needed)
                    throw;
                _failing = true;
                if (!again)
                    return false;
                await Task.Delay(TimeSpan.FromMilliseconds(Pauses[attempt]), clock).ConfigureAwait(false);
            }
        }
        _failing = false;
        events.TryWrite(new TrainEvent.Saved(state.Step));
        await PruneAsync(kept).ConfigureAwait(false);
        return true;
    }

    /// <summary>What cannot be removed is removed after the next checkpoint; the one that was just written stands.</summary>
    private async Task PruneAsync(HashSet<int> kept)
    {
        try
        {
            await _store!.PruneAsync(run.Recipe.Training.SaveTotalLimit, kept, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (IsOfTheStore(e))
        {
            events.TryWrite(new TrainEvent.Said("warn", $"Older checkpoints could not be removed: {e.Message}"));
        }
    }

    private static bool IsOfTheStore(Exception e) => e is IOException or UnauthorizedAccessException or TemperException { Kind: ErrorKind.Environment };

    private static bool IsFull(Exception e) => e is TemperException { Code: "disk_full" } || DiskErrors.IsFull(e);

    private async Task WriteAsync(CheckpointState state, IReadOnlyList<TensorSource> copy, byte[] moments, byte[] log)
    {
        using var span = TrainingTelemetry.Source.StartActivity("job.checkpoint");
        span?.SetTag("step", state.Step);
        var began = Stopwatch.GetTimestamp();
        Directory.CreateDirectory(_store!.Scratch);
        var file = Path.Combine(_store.Scratch, FormattableString.Invariant($"step-{state.Step}-{weights.FileName}"));
        try
        {
            SafetensorsWriter.Write(file, copy);
            var files = new List<(string, Func<Stream>)>
            {
                (weights.FileName, () => File.OpenRead(file)),
                (OptimizerName, () => new MemoryStream(moments)),
                (LogName, () => new MemoryStream(log)),
                (StateName, () => new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(state, Wire.Json))),
            };
            if (weights.AdapterConfig is { } config)
                files.Add(("adapter_config.json", () => new MemoryStream(config)));
            await _store.WriteAsync(state.Step, files, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            File.Delete(file);
        }
        TrainingTelemetry.CheckpointSeconds.Record(Stopwatch.GetElapsedTime(began).TotalSeconds);
    }

    /// <summary>Of this run; up to the step of another job's that it began with, of that one, too. What the other job did from there on is another run.</summary>
    private (CheckpointStore Store, StoredCheckpoint Checkpoint)? Find(int step)
    {
        foreach (var store in new[] { _store, step <= _begunWith ? run.From?.Store : null }.OfType<CheckpointStore>())
            if (store.ListAsync(CancellationToken.None).GetAwaiter().GetResult().FirstOrDefault(checkpoint => checkpoint.Step == step) is { } found)
                return (store, found);
        return null;
    }

    private T Read<T>(CheckpointStore store, StoredCheckpoint checkpoint, Func<string, T> use)
    {
        var folder = Path.Combine(_store!.Scratch, FormattableString.Invariant($"resume-{checkpoint.Step}"));
        try
        {
            store.ReadAsync(checkpoint, folder, CancellationToken.None).GetAwaiter().GetResult();
            return use(folder);
        }
        finally
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
    }

    private Progress Load(string folder)
    {
        try
        {
            var state = JsonSerializer.Deserialize<CheckpointState>(File.ReadAllBytes(Path.Combine(folder, StateName)), Wire.Strict)!;
            foreach (var (level, text) in Continuation.Check(state, run.Identity, _recipe))
                events.TryWrite(new TrainEvent.Said(level, text));
            var log = MetricsLog.Read(File.ReadAllBytes(Path.Combine(folder, LogName)));
            weights.Restore(Path.Combine(folder, weights.FileName));
            using var moments = File.OpenRead(Path.Combine(folder, OptimizerName));
            optimizer.ImportState(moments);
            _saved = state.Step;
            return new(state.Step, state.Seconds, log, state.Data, state.Substituted, state.Back, state.From);
        }
        catch (Exception e) when (e is JsonException or InvalidDataException or FileNotFoundException)
        {
            throw new TemperException("checkpoint_corrupt", $"A checkpoint cannot be read: {e.Message}", inner: e);
        }
    }
}

/// <summary>How far a run is: besides weights and optimizer, all that changes while it goes.</summary>
/// <param name="Step">Optimizer steps done.</param>
/// <param name="Seconds">Time spent in training, of all attempts.</param>
/// <param name="Log">Metrics of every step.</param>
/// <param name="Data">Where the data stands; null where the step says it all.</param>
/// <param name="Substituted">Records that could not be read.</param>
/// <param name="Back">Times that it went back from a spike.</param>
/// <param name="From">Another job's checkpoint that it began with.</param>
internal sealed record Progress(int Step, double Seconds, IReadOnlyList<StepMetrics> Log, SamplerState? Data = null, IReadOnlyList<Substitution>? Substituted = null, IReadOnlyList<StepBack>? Back = null, CheckpointPin? From = null)
{
    /// <summary>Before the first step.</summary>
    public static readonly Progress Nothing = new(0, 0, []);
}
