using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Work;
using Temper.Registry.Events;
using Temper.Registry.Jobs;
using Temper.Registry.Models;
using Temper.Registry.Schema;
using Temper.Registry.Work;
using Temper.Storage.Sql;
using Temper.Versioning.Content;

namespace Temper.Registry.OpenAi;

/// <summary>Makes and lists jobs as OpenAI's clients see them. Every training job is among them, also those that a recipe started.</summary>
internal sealed class FineTuningJobs(Db db, Journal journal, WorkTable work, ModelQueries models, ContentStore content, OpenAiFiles files, TimeProvider clock)
{
    private const string Newest = $"""
        select {WorkRow.Columns} from work where kind = 'train' and (created_ms < @before or (created_ms = @before and id < @id)) order by created_ms desc, id desc limit @more
        """;

    /// <summary>Makes the job. It waits as validating until its file is ingested.</summary>
    /// <exception cref="TemperException">Those of <see cref="FineTuningOrderReader.Read"/>, and <c>not_found</c> for the model or the file.</exception>
    public async Task<FineTuningJob> CreateAsync(JsonElement body, CancellationToken ct)
    {
        var order = FineTuningOrderReader.Read(body);
        var model = await BaseAsync(order.Model, ct);
        var file = await files.FindAsync(order.TrainingFile, "training_file", ct);
        var measured = order.ValidationFile is { } other ? await files.FindAsync(other, "validation_file", ct) : null;
        if (measured?.Id == file.Id)
            throw new TemperException([new("invalid_value", "The validation file is the training file: what was learned by heart would be measured.") { Path = "validation_file", Hint = "Send another file, or leave it out." }]);
        var recipe = FineTuningRecipe.Of(order, await FineTuningRecipe.ContextAsync(content, model, ct));
        var output = Output(model.Name, order.Suffix);
        var payload = Wire.ToElement(new AwaitedPayload(recipe, model, ResourceName.Parse(file.Id), output)
        {
            Validation = measured is null ? null : new(WorkId.Parse(file.WorkId), WorkId.Parse(measured.WorkId)),
        });
        var row = new WorkTable.NewWork(WorkKind.Train, output, payload, Activity.Current?.Id)
        {
            Memory = JobMemory.LowerBound(recipe, model),
            WaitsFor = WorkId.Parse(file.WorkId),
        };
        var id = await journal.WriteAsync(async (session, events, token) =>
        {
            var made = await work.EnqueueAsync(session, events, row, token);
            await session.ExecuteAsync("insert into openai_jobs (work_id, request) values (@made, @request)", new { made, request = Column.Json(order) }, token);
            var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
            await JobLines.SayAsync(session, events, new() { Id = made, Kind = WorkKind.Train }, "info", $"The job is made; it validates {file.Filename} ({file.Id}).", now, token);
            await ValidatingJobs.SettleAsync(session, events, now, token);
            return made;
        }, ct);
        return await GetAsync(id, ct);
    }

    /// <exception cref="TemperException">Code <c>not_found</c>.</exception>
    public async Task<FineTuningJob> GetAsync(WorkId id, CancellationToken ct) => (await ShowAsync([await FindAsync(id, ct)], ct))[0];

    /// <summary>A training job's row.</summary>
    /// <exception cref="TemperException">Code <c>not_found</c>.</exception>
    public async Task<WorkRow> FindAsync(WorkId id, CancellationToken ct) => await work.FindAsync(id, ct) is { Kind: WorkKind.Train } row ? row : throw Unknown(id.ToString());

    /// <summary>Newest first.</summary>
    public async Task<OpenAiList<FineTuningJob>> ListAsync(string? after, int? limit, CancellationToken ct)
    {
        var most = OpenAiList<FineTuningJob>.Limit(limit);
        var (before, id) = after is null ? (long.MaxValue, "") : (await FindAsync(IdOf(after), ct)) is { } last ? (last.CreatedMs, last.Id.ToString()) : default;
        var rows = await db.QueryAsync<WorkRow>(Newest, new { before, id, more = most + 1 }, ct);
        return OpenAiList<FineTuningJob>.Of(await ShowAsync(rows, ct), most, job => job.Id);
    }

    /// <summary>An id of a route.</summary>
    /// <exception cref="TemperException">Code <c>not_found</c>.</exception>
    public static WorkId IdOf(string text) => WorkId.TryParse(text, out var id) && id.Kind == WorkKind.Train ? id : throw Unknown(text);

    private static TemperException Unknown(string text) => new([new("not_found", $"There is no fine-tuning job '{(text.Length > 60 ? text[..60] : text)}'.") { Path = "fine_tuning_job_id" }]);

    private async Task<IReadOnlyList<FineTuningJob>> ShowAsync(IReadOnlyList<WorkRow> rows, CancellationToken ct)
    {
        var jobs = new List<FineTuningJob>();
        foreach (var row in rows)
        {
            var request = await db.ScalarAsync<string>("select request from openai_jobs where work_id = @id", new { id = row.Id }, ct);
            var tokens = await db.ScalarAsync<double?>("select sum(value) from work_metrics where work_id = @id and key = 'supervised_tokens'", new { id = row.Id }, ct);
            jobs.Add(FineTuningJob.Of(row, Column.Read<FineTuningOrder>(request), tokens));
        }
        return jobs;
    }

    private async Task<ModelPin> BaseAsync(string reference, CancellationToken ct)
    {
        try
        {
            return (await models.ResolveAsync(reference, ct)).Pin;
        }
        catch (TemperException e) when (e.Kind is ErrorKind.NotFound or ErrorKind.Invalid)
        {
            throw new TemperException([e.Problems[0] with { Code = "model_not_found", Path = "model" }], e);
        }
    }

    /// <summary>Name of the model that gets the version: the base's and the suffix, so that no result ever moves the base's own <c>latest</c>.</summary>
    private static ResourceName Output(ResourceName model, string? suffix)
    {
        var text = new StringBuilder($"{model}-");
        foreach (var c in (suffix ?? "ft").ToLowerInvariant())
            text.Append(c == ' ' ? '-' : c);
        return ResourceName.Parse(text.ToString(0, Math.Min(63, text.Length)));
    }
}

/// <summary>Payload of a job that waits for its data; it becomes a <see cref="TrainPayload"/> when they are sealed.</summary>
/// <param name="Recipe">The recipe.</param>
/// <param name="Base">The model to train.</param>
/// <param name="Dataset">What is being ingested.</param>
/// <param name="Output">Model that gets the new version.</param>
internal sealed record AwaitedPayload(JsonElement Recipe, ModelPin Base, ResourceName Dataset, ResourceName Output)
{
    /// <summary>Where a second file is measured: what ingests the two; null: there is one file.</summary>
    public AwaitedFiles? Validation { get; init; }
}

/// <summary>The work that a job with two files waits for, one after the other.</summary>
/// <param name="Training">Ingests the file that is trained on.</param>
/// <param name="Measured">Ingests the file that is measured.</param>
internal sealed record AwaitedFiles(WorkId Training, WorkId Measured);
