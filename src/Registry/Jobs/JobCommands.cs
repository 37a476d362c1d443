using System.Diagnostics;
using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.References;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Datasets;
using Temper.Registry.Events;
using Temper.Registry.Models;
using Temper.Registry.Publishing;
using Temper.Registry.Schema;
using Temper.Registry.Work;

namespace Temper.Registry.Jobs;

/// <summary>Starts and binds jobs.</summary>
public sealed class JobCommands
{
    private const string Bind = """
        insert into dataset_bindings (dataset, request, updated_ms) values (@dataset, @request, @now)
        on conflict (dataset) do update set request = excluded.request, updated_ms = excluded.updated_ms
        """;

    private readonly Journal _journal;
    private readonly WorkTable _work;
    private readonly DatasetQueries _datasets;
    private readonly ModelQueries _models;
    private readonly TimeProvider _clock;

    internal JobCommands(Journal journal, WorkTable work, DatasetQueries datasets, ModelQueries models, TimeProvider clock) =>
        (_journal, _work, _datasets, _models, _clock) = (journal, work, datasets, models, clock);

    /// <summary>Pins base and dataset and queues a train row under the trace that the data came with, so that one id leads from the upload to the first
    /// answer; the request's own trace links to it.</summary>
    /// <exception cref="TemperException">Codes <c>not_found</c>, <c>reference_invalid</c>, <c>wrong_type</c> (it is no JSON object).</exception>
    public async Task<JobInfo> CreateAsync(JobRequest request, CancellationToken ct)
    {
        var row = await PrepareAsync(request, new(_models, _datasets), null, ct);
        if (ActivityContext.TryParse(row.Traceparent, null, isRemote: true, out var context))
            Activity.Current?.AddLink(new ActivityLink(context));
        var id = await _journal.WriteAsync((session, events, token) => _work.EnqueueAsync(session, events, row, token), ct);
        return (await _work.FindAsync(id, ct))!.ToInfo();
    }

    /// <summary>The row of a job, everything pinned.</summary>
    /// <exception cref="TemperException">As <see cref="CreateAsync"/>.</exception>
    internal static async Task<WorkTable.NewWork> PrepareAsync(JobRequest request, JobInputs inputs, SweepMark? sweep, CancellationToken ct)
    {
        CheckRecipe(request);
        var model = await inputs.ModelAsync(request.Base, ct);
        var dataset = await inputs.DatasetAsync(request.Dataset, ct);
        var datasets = request.Datasets is null ? null : new List<DatasetPin>();
        foreach (var reference in request.Datasets ?? [])
            datasets!.Add(await inputs.DatasetAsync(reference, ct));
        var validation = BoundRecipes.MeasuredBy(request.Recipe) is { } measured ? await inputs.DatasetAsync(measured, ct) : null;
        return new(WorkKind.Train, request.Output, BoundRecipes.Payload(request, model, dataset, datasets, validation, sweep), await inputs.TraceAsync(dataset, ct) ?? Activity.Current?.Id)
        {
            Priority = JobControls.Checked(request.Priority),
            Memory = request.Memory ?? JobMemory.LowerBound(request.Recipe, model),
        };
    }

    /// <summary>A new job on the very same inputs as one that failed or was cancelled; the ended one stays as it is.</summary>
    /// <exception cref="TemperException">Codes <c>not_found</c>, <c>job_not_ended</c>, <c>request_invalid</c> (it is no training job).</exception>
    public async Task<JobInfo> RetryAsync(WorkId id, CancellationToken ct)
    {
        var old = await _work.FindAsync(id, ct) ?? throw new TemperException("not_found", $"There is no job {id}.");
        if (old.Kind != WorkKind.Train)
            throw new TemperException("request_invalid", $"{id} is no training job.", "Upload the data again to ingest them again.");
        if (old.State is not (WorkState.Failed or WorkState.Cancelled) || old.WaitsFor is not null)
            throw new TemperException("job_not_ended", $"{id} is {Column.Word(old.State)}{(old.Ended && old.WaitsFor is not null ? ", and its data were never ingested" : "")}; only a job that failed or was cancelled is tried again.",
                old.Ended ? "Start another with `temper train`." : "Wait for its end, or cancel it first.");
        // A trial that is trained again is a job of its own: its sweep has the one that ended.
        var payload = Column.Read<TrainPayload>(old.Payload)! is { Sweep: not null } trial ? Wire.ToElement(trial with { Sweep = null }) : Column.Element(old.Payload)!.Value;
        var again = new WorkTable.NewWork(old.Kind, ResourceName.Parse(old.Name), payload, old.Traceparent) { Priority = (int)old.Priority, Memory = old.Memory };
        var made = await _journal.WriteAsync((session, events, token) => _work.EnqueueAsync(session, events, again, token), ct);
        return (await _work.FindAsync(made, ct))!.ToInfo();
    }

    /// <summary>Every sealed version of the dataset starts this job from now on. The base is resolved when a version is sealed.</summary>
    /// <exception cref="TemperException">Codes <c>reference_invalid</c>, <c>wrong_type</c>.</exception>
    public async Task BindRecipeAsync(ResourceName dataset, JobRequest recipe, CancellationToken ct)
    {
        CheckRecipe(recipe);
        if (recipe.Dataset != dataset.ToString())
            throw new TemperException("reference_invalid", $"A recipe bound to {dataset} names the dataset '{recipe.Dataset}'.", $"Write '{dataset}': every sealed version of it is trained on.");
        if (Reference.Parse(recipe.Base) is Reference.Folder or Reference.Checkpoint)
            throw Missing.Foreign(Reference.Parse(recipe.Base), "model");
        await _journal.WriteAsync((session, _, token) =>
            session.ExecuteAsync(Bind, new { dataset, request = Column.Json(recipe), now = _clock.GetUtcNow().ToUnixTimeMilliseconds() }, token), ct);
    }

    private static void CheckRecipe(JobRequest request)
    {
        if (request.Recipe.ValueKind != JsonValueKind.Object)
            throw new TemperException("wrong_type", $"The recipe is a JSON {request.Recipe.ValueKind.ToString().ToLowerInvariant()}, expected an object.");
        if (request.Datasets?.Contains(null!) == true)
            throw new TemperException("reference_invalid", "One of the job's datasets is null, expected a reference such as notes:2.");
        if (request.Datasets is { } all && !all.Contains(request.Dataset))
            throw new TemperException("reference_invalid", $"The job is for the dataset '{request.Dataset}', which is not among its datasets {string.Join(", ", all)}.", "Name it exactly as the list does.");
    }
}
