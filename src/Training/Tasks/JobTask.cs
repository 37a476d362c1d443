using Temper.Core.Blobs;
using Temper.Core.Work;
using Temper.Tensors;
using Temper.Training.Data;
using Temper.Training.Objectives;
using Temper.Training.Recipes;

namespace Temper.Training.Tasks;

/// <summary>What a task is given before anything is loaded.</summary>
/// <param name="Recipe">What is asked for.</param>
/// <param name="Folder">Files of the base model.</param>
/// <param name="BaseName">The base as an adapter's settings name it.</param>
public sealed record TaskSetting(Recipe Recipe, string Folder, string BaseName);

/// <summary>Where records come from, for tasks that read more than records.</summary>
/// <param name="Blobs">Holds the sealed versions, and caches beside them.</param>
/// <param name="Pins">The versions, in the recipe's order.</param>
/// <param name="Clock">Time.</param>
public sealed record TaskData(IBlobStore Blobs, IReadOnlyList<DatasetPin> Pins, TimeProvider Clock);

/// <summary>One job's task, from its base's folder to a result that was read back. A job calls each member once, in the order in which they stand here;
/// opening the base's folder, without its weights, is the constructor's work.</summary>
public abstract class JobTask : IDisposable
{
    /// <summary>Everything that base, recipe and records cannot do together, before any record becomes numbers.</summary>
    /// <exception cref="Core.Errors.TemperException">All problems at once.</exception>
    public abstract void Check(IReadOnlyList<LoadedDataset> datasets);

    /// <summary>Turns all records into examples, and chooses those that are only measured.</summary>
    /// <exception cref="Core.Errors.TemperException">All problems at once.</exception>
    public abstract Task<PreparedData> PrepareAsync(IReadOnlyList<LoadedDataset> datasets, TaskData source, CancellationToken ct);

    /// <summary>What turns tokens back into text, for people who look at examples; null where examples are no text.</summary>
    public virtual Models.Tokenizer? Reader => null;

    /// <summary>Loads the model. What it makes belongs to this task, and lives until it is disposed.</summary>
    public abstract IObjective Start(IEngine engine, PreparedData data);

    /// <summary>Writes the trained model, or its adapter, into a folder that exists, and what else the task measured.</summary>
    public abstract void Write(string folder, TrainRun run);

    /// <summary>Reads a folder that <see cref="Write"/> made and compares its answers with those of the model in memory.</summary>
    /// <exception cref="Core.Errors.TemperException">Code <c>export_verification_failed</c>.</exception>
    public abstract void Verify(string folder, TrainRun run);

    /// <summary>Frees the model.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc cref="Dispose()"/>
    protected abstract void Dispose(bool disposing);
}
