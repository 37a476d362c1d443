using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Sampling;

namespace Temper.Training.Checkpoints;

/// <summary>
/// Saves and resumes one run. The loop waits for a copy in memory only; files are written behind it, one checkpoint at a time.
/// </summary>
internal sealed class Checkpointing(CheckpointStore? store, TrainedWeights weights, IOptimizer optimizer, RunIdentity identity, int keep, ChannelWriter<TrainEvent> events)
{
    private const string StateName = "state.json", OptimizerName = "optimizer.bin", LogName = "metrics.jsonl";
    private Task _writing = Task.CompletedTask;
    private int _saved = -1;

    /// <summary>Puts weights and optimizer where the newest usable checkpoint left them; null when there is none.</summary>
    /// <exception cref="TemperException"><c>resume_mismatch</c>, naming what differs.</exception>
    public Progress? Resume()
    {
        if (store is null)
            return null;
        foreach (var checkpoint in store.ListAsync(CancellationToken.None).GetAwaiter().GetResult())
        {
            var folder = Path.Combine(store.Scratch, FormattableString.Invariant($"resume-{checkpoint.Step}"));
            try
            {
                store.ReadAsync(checkpoint, folder, CancellationToken.None).GetAwaiter().GetResult();
                return Load(folder);
            }
            catch (TemperException e) when (e.Code == "checkpoint_corrupt")
            {
                events.TryWrite(new TrainEvent.Said("warn", $"{e.Message} The one before it is tried."));
            }
            finally
            {
                if (Directory.Exists(folder))
                    Directory.Delete(folder, recursive: true);
            }
        }
        return null;
    }

    /// <summary>Begins to save; waits only for the checkpoint before this one.</summary>
    public void Begin(Progress progress)
    {
        if (store is null || _saved == progress.Step)
            return;
        Settle();
        _saved = progress.Step;
        var copy = weights.Copy();
        using var moments = new MemoryStream();
        optimizer.ExportState(moments);
        var state = new CheckpointState(1, progress.Step, weights.AdapterConfig is not null, progress.Seconds, identity, progress.Data, progress.Substituted);
        var log = MetricsLog.Bytes(progress.Log);
        var moment = moments.ToArray();
        _writing = Task.Run(() => WriteAsync(state, copy, moment, log));
    }

    /// <summary>Waits until what was begun is durable.</summary>
    public void Settle() => _writing.GetAwaiter().GetResult();

    private async Task WriteAsync(CheckpointState state, IReadOnlyList<TensorSource> copy, byte[] moments, byte[] log)
    {
        using var span = TrainingTelemetry.Source.StartActivity("job.checkpoint");
        span?.SetTag("step", state.Step);
        var began = Stopwatch.GetTimestamp();
        Directory.CreateDirectory(store!.Scratch);
        var file = Path.Combine(store.Scratch, FormattableString.Invariant($"step-{state.Step}-{weights.FileName}"));
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
            await store.WriteAsync(state.Step, files, CancellationToken.None).ConfigureAwait(false);
            await store.PruneAsync(keep, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            File.Delete(file);
        }
        TrainingTelemetry.CheckpointSeconds.Record(Stopwatch.GetElapsedTime(began).TotalSeconds);
        events.TryWrite(new TrainEvent.Saved(state.Step));
    }

    private Progress Load(string folder)
    {
        try
        {
            var state = JsonSerializer.Deserialize<CheckpointState>(File.ReadAllBytes(Path.Combine(folder, StateName)), Wire.Strict)!;
            Compare(state);
            var log = MetricsLog.Read(File.ReadAllBytes(Path.Combine(folder, LogName)));
            weights.Restore(Path.Combine(folder, weights.FileName));
            using var moments = File.OpenRead(Path.Combine(folder, OptimizerName));
            optimizer.ImportState(moments);
            _saved = state.Step;
            return new(state.Step, state.Seconds, log, state.Data, state.Substituted);
        }
        catch (Exception e) when (e is JsonException or InvalidDataException or FileNotFoundException)
        {
            throw new TemperException("checkpoint_corrupt", $"A checkpoint cannot be read: {e.Message}", inner: e);
        }
    }

    private void Compare(CheckpointState state)
    {
        var theirs = state.Identity;
        var differ = new[] { ("base", theirs.Base, identity.Base), ("data", theirs.Data, identity.Data), ("recipe", theirs.Recipe, identity.Recipe) }
            .Where(x => x.Item2 != x.Item3)
            .Select(x => new Problem("resume_mismatch", $"The checkpoint of step {state.Step} was made with another {x.Item1} ({x.Item2?.Short}) than this run's ({x.Item3?.Short}).") { Path = x.Item1 }).ToArray();
        if (differ.Length > 0)
            throw new TemperException(differ);
        if (theirs.NumericsId != identity.NumericsId)
            events.TryWrite(new TrainEvent.Said("warn", $"The checkpoint was computed with {theirs.NumericsId}; going on with {identity.NumericsId}, so the last bits may differ from an uninterrupted run."));
        if (theirs.CodeVersion != identity.CodeVersion)
            events.TryWrite(new TrainEvent.Said("info", $"The checkpoint was written by version {theirs.CodeVersion}; this is {identity.CodeVersion}."));
    }
}

/// <summary>How far a run is: besides weights and optimizer, all that changes while it goes.</summary>
/// <param name="Step">Optimizer steps done.</param>
/// <param name="Seconds">Time spent in training, of all attempts.</param>
/// <param name="Log">Metrics of every step.</param>
/// <param name="Data">Where the data stands; null where the step says it all.</param>
/// <param name="Substituted">Records that could not be read.</param>
internal sealed record Progress(int Step, double Seconds, IReadOnlyList<StepMetrics> Log, SamplerState? Data = null, IReadOnlyList<Substitution>? Substituted = null);
