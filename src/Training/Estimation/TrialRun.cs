using System.Globalization;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Work;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Data;
using Temper.Training.Objectives;
using Temper.Training.Planning;
using Temper.Training.Recipes;
using Temper.Training.Tasks;

namespace Temper.Training.Estimation;

/// <summary>A run that is prepared as a job prepares it, and not trained.</summary>
public sealed class TrialRun : IDisposable
{
    private const double GiB = 1L << 30;
    private readonly JobTask _task;
    private readonly Recipe _recipe;
    private readonly string _folder, _scratch;
    private bool _disposed;

    private TrialRun(JobTask task, Recipe recipe, string folder, string scratch, PreparedData data) => (_task, _recipe, _folder, _scratch, Data) = (task, recipe, folder, scratch, data);

    /// <summary>The examples.</summary>
    public PreparedData Data { get; }

    /// <summary>Reads the datasets, checks base, recipe and records, and turns records into examples.</summary>
    /// <param name="recipe">What is asked for.</param>
    /// <param name="folder">Files of the base.</param>
    /// <param name="blobs">Holds the sealed versions.</param>
    /// <param name="pins">The versions, in the recipe's order.</param>
    /// <param name="clock">Time.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="TemperException">Everything that would keep the job from starting.</exception>
    public static async Task<TrialRun> PrepareAsync(Recipe recipe, string folder, IBlobStore blobs, IReadOnlyList<DatasetPin> pins, TimeProvider clock, CancellationToken ct)
    {
        var scratch = Directory.CreateTempSubdirectory("temper-base-").FullName;
        JobTask? task = null;
        try
        {
            var seen = TemplatedBase.Of(folder, recipe, scratch);
            task = JobTasks.Find(JobTasks.With([]), JobTasks.NameOf(recipe))(new(recipe, seen, folder));
            var datasets = await LoadedDataset.ReadAsync(blobs, pins, recipe, ct).ConfigureAwait(false);
            task.Check(datasets);
            return new(task, recipe, seen, scratch, await task.PrepareAsync(datasets, new(blobs, pins, clock), ct).ConfigureAwait(false));
        }
        catch
        {
            task?.Dispose();
            Directory.Delete(scratch, recursive: true);
            throw;
        }
    }

    /// <summary>Loads the model and tries the run's largest micro-batch and its first updates. Call it once.</summary>
    public RunEstimate Estimate(IEngine engine, TimeProvider clock)
    {
        using var weights = WeightFiles.Open(_folder);
        var parameters = weights.Tensors.Values.Sum(t => t.Shape.Aggregate(1L, (product, size) => product * size));
        var run = new TrainRun { Recipe = _recipe, Objective = _task.Start(engine, Data), Train = Data.Train, Parts = Data.Parts, HeldOut = Data.HeldOut };
        return Of(run, clock, run.Objective.AdapterConfig is null ? parameters : parameters + run.Objective.Trained.Sum(t => t.Tensor.Count));
    }

    /// <summary>Estimates a run whose model is loaded. No weight changes.</summary>
    /// <param name="run">The run.</param>
    /// <param name="clock">Time.</param>
    /// <param name="parameters">Numbers in model and adapter.</param>
    public static RunEstimate Of(TrainRun run, TimeProvider clock, long parameters)
    {
        RunChecks.Examples(run);
        var memory = new MemoryProbe(run).Measure();
        var batches = new Batches(run.Train, run.Recipe, run.Parts, run.Objective.Lay);
        var time = memory.Measured ? new TimeProbe(run, clock).Measure(batches) : new(0, 0, 0, 0, 0);
        var trainable = run.Objective.Trained.Sum(t => t.Tensor.Count);
        var (limits, updates) = (run.Recipe.Limits, batches.Plan.TotalSteps);
        var estimate = new RunEstimate(parameters, trainable, memory, run.Train.Count, run.HeldOut.Count, run.Train.Sum(e => (long)e.Tokens.Length), run.Train.Sum(e => (long)e.SupervisedCount), batches.Plan.UpdatesPerEpoch, updates, time)
        {
            Cost = limits.CostPerHour is { } rate && memory.Measured ? time.Seconds / 3600 * rate : null,
        };
        return estimate with { Problems = [.. Exceeded(limits, estimate)] };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _task.Dispose();
        Directory.Delete(_scratch, recursive: true);
    }

    /// <summary>What a memory that is too large is called, with its remedies.</summary>
    internal static Problem TooLarge(MemoryEstimate memory, double limit) => new("out_of_memory_expected",
        string.Create(CultureInfo.InvariantCulture, $"The run is expected to take {memory.Peak / GiB:F3} GiB at its peak: weights {memory.Weights / GiB:F3}, adapters {memory.Adapters / GiB:F3}, optimizer {memory.Optimizer / GiB:F3}, gradients {memory.Gradients / GiB:F3}, activations {memory.Activations / GiB:F3}; limits.memory_gib is {limit}."))
    {
        Path = "limits.memory_gib",
        Hint = memory.Remedies.Count == 0 ? "Raise the limit." : "Write " + string.Join("; or ", memory.Remedies.Select(r => string.Create(CultureInfo.InvariantCulture, $"`{r.Change}`: {r.Peak / GiB:F3} GiB ({r.Cost})"))) + ".",
    };

    private static IEnumerable<Problem> Exceeded(LimitSettings limits, RunEstimate estimate)
    {
        if (limits.MemoryGib is { } memory && estimate.Memory.Peak > memory * GiB)
            yield return TooLarge(estimate.Memory, memory);
        if (limits.MaxDuration is { } longest && estimate.Time.Low > longest.TotalSeconds)
            yield return new("deadline_exceeded", string.Create(CultureInfo.InvariantCulture, $"The run is expected to take at least {TimeSpan.FromSeconds(estimate.Time.Low):c}; limits.max_duration is {longest:c}.")) { Path = "limits.max_duration", Hint = "Train fewer steps, or raise the limit." };
        if (limits is { MaxCost: { } most, CostPerHour: { } rate } && estimate.Time.Low / 3600 * rate > most)
            yield return new("budget_exceeded", string.Create(CultureInfo.InvariantCulture, $"The run is expected to cost at least {estimate.Time.Low / 3600 * rate:F2}; limits.max_cost is {most}.")) { Path = "limits.max_cost", Hint = "Train fewer steps, or raise the limit." };
    }
}
