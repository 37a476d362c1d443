using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Datasets;
using Temper.Registry.Events;
using Temper.Registry.Jobs;
using Temper.Registry.Models;
using Temper.Registry.Schema;
using Temper.Registry.Work;
using Temper.Storage.Sql;

namespace Temper.Registry.Publishing;

/// <summary>A recipe that a sealed version starts.</summary>
/// <param name="Request">As it was bound.</param>
/// <param name="Base">Its base; null when the reference names nothing now.</param>
/// <param name="Problems">Why it cannot be started.</param>
/// <param name="Datasets">Where it names several datasets: all of them as they are now, null in the place of the one that it is bound to.</param>
/// <param name="Validation">The dataset that it measures, as it is now; null for none.</param>
internal sealed record BoundRecipe(JobRequest Request, ModelPin? Base, IReadOnlyList<Problem> Problems, IReadOnlyList<DatasetPin?>? Datasets = null, DatasetPin? Validation = null);

/// <summary>Recipes bound to datasets: each sealed version starts its recipe in the transaction that makes it.</summary>
internal sealed class BoundRecipes(Db db, ModelQueries models, DatasetQueries datasets, WorkTable work)
{
    /// <summary>Null when none is bound.</summary>
    public async Task<BoundRecipe?> FindAsync(ResourceName dataset, CancellationToken ct)
    {
        var bound = await db.ScalarAsync<string>("select request from dataset_bindings where dataset = @dataset", new { dataset }, ct);
        if (bound is null)
            return null;
        var request = Column.Read<JobRequest>(bound)!;
        try
        {
            var pins = request.Datasets is null ? null : new List<DatasetPin?>();
            foreach (var reference in request.Datasets ?? [])
                pins!.Add(reference == request.Dataset ? null : await datasets.ResolveAsync(reference, ct));
            return new(request, (await models.ResolveAsync(request.Base, ct)).Pin, [], pins, MeasuredBy(request.Recipe) is { } measured ? await datasets.ResolveAsync(measured, ct) : null);
        }
        catch (TemperException e) when (e.Kind is ErrorKind.NotFound or ErrorKind.Invalid)
        {
            return new(request, null, [.. e.Problems.Select(p => p with { Message = $"The bound recipe was not started: {p.Message}" })]);
        }
    }

    /// <summary>Queues the recipe's job on the new version, under the trace that the data came with.</summary>
    public async Task StartAsync(BoundRecipe bound, DatasetPin dataset, string? traceparent, DbSession session, EventDrafts events, CancellationToken ct)
    {
        if (bound.Base is { } pin)
            await work.EnqueueAsync(session, events, new WorkTable.NewWork(WorkKind.Train, bound.Request.Output, Payload(bound.Request, pin, dataset, bound.Datasets?.Select(other => other ?? dataset).ToArray(), bound.Validation), traceparent)
            {
                Priority = bound.Request.Priority,
                Memory = bound.Request.Memory ?? JobMemory.LowerBound(bound.Request.Recipe, pin),
            }, ct);
    }

    /// <summary>What a train row asks for, everything pinned.</summary>
    public static JsonElement Payload(JobRequest request, ModelPin model, DatasetPin dataset, IReadOnlyList<DatasetPin>? datasets, DatasetPin? validation, SweepMark? sweep = null) =>
        Wire.ToElement(new TrainPayload(request.Recipe, CanonicalJson.DigestOf(request.Recipe), model, dataset, request.Output, datasets) { Validation = validation, Sweep = sweep });

    /// <summary>Reference of the dataset that a recipe measures; null where it names none.</summary>
    public static string? MeasuredBy(JsonElement recipe)
    {
        if (!recipe.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Object)
            return null;
        foreach (var name in (string[])["validation_dataset", "validation"])
            if (data.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } reference
                && !double.TryParse(reference, System.Globalization.CultureInfo.InvariantCulture, out _))
                return reference;
        return null;
    }
}
