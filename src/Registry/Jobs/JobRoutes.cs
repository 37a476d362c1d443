using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Events;
using Temper.Registry.Http;

namespace Temper.Registry.Jobs;

/// <summary>Jobs as people start, follow and stop them.</summary>
internal static class JobRoutes
{
    /// <summary>Marks that a chart shows, the newest ones.</summary>
    public const int MostMarks = 1000;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var jobs = routes.MapGroup("/api/v1/jobs").WithTags("jobs");
        jobs.MapPost("", async (JsonBody<JobRequest> body, JobCommands commands, CancellationToken ct) => Answers.Json(await commands.CreateAsync(body.Value, ct))).Produces<JobInfo>();
        jobs.MapGet("", async (string? kind, string? cursor, int? limit, JobQueries queries, CancellationToken ct) =>
            Answers.Json(await queries.ListAsync(kind is null ? null : Answers.Kind(kind), cursor, limit ?? 100, ct))).Produces<Page<JobInfo>>();
        jobs.MapGet("/{id}", async (string id, JobQueries queries, CancellationToken ct) => Answers.Json(await FindAsync(queries, id, ct))).Produces<JobInfo>();
        jobs.MapGet("/{id}/metrics", async (string id, int? after, int? limit, JobQueries queries, CancellationToken ct) =>
            Answers.Json(await queries.MetricsAsync((await FindAsync(queries, id, ct)).Id, after ?? 0, limit ?? 1000, ct))).Produces<Page<StepMetrics>>();
        jobs.MapGet("/{id}/series", async (string id, JobQueries queries, JobSeries series, EventFeed feed, CancellationToken ct) =>
            Answers.Json(await CurvesAsync((await FindAsync(queries, id, ct)).Id, queries, series, feed, ct))).Produces<JobCurves>();
        jobs.MapGet("/{id}/log", async (string id, long? after, int? limit, JobQueries queries, CancellationToken ct) =>
            Answers.Json(await queries.LogAsync((await FindAsync(queries, id, ct)).Id, after ?? 0, limit ?? 1000, ct))).Produces<Page<JobLogLine>>();
        jobs.MapMethods("/{id}/checkpoints/{step:int}/files/{**path}", ["GET", "HEAD"], async (string id, int step, string path, HttpContext http, CheckpointFiles checkpoints) =>
            await checkpoints.SendAsync(http, new(Answers.Work(id), step), path)).Produces(200, contentType: "application/octet-stream");
        jobs.MapGet("/{id}/stream", async (string id, long? after, HttpContext http, JobQueries queries, JobStream stream, CancellationToken ct) =>
            await stream.AnswerAsync(http, (await FindAsync(queries, id, ct)).Id, after)).Produces<JobNews>(200, "text/event-stream");
        jobs.MapPost("/{id}/cancel", async (string id, JobControls controls, CancellationToken ct) => Answers.Json(await controls.CancelAsync(Answers.Work(id), ct))).Produces<JobInfo>();
        jobs.MapPost("/{id}/pause", async (string id, JobControls controls, CancellationToken ct) => Answers.Json(await controls.PauseAsync(Answers.Work(id), ct))).Produces<JobInfo>();
        jobs.MapPost("/{id}/resume", async (string id, JobControls controls, CancellationToken ct) => Answers.Json(await controls.ResumeAsync(Answers.Work(id), ct))).Produces<JobInfo>();
        jobs.MapPost("/{id}/retry", async (string id, JobCommands commands, CancellationToken ct) => Answers.Json(await commands.RetryAsync(Answers.Work(id), ct))).Produces<JobInfo>();
        jobs.MapPut("/{id}/priority", async (string id, JsonBody<JobPriority> body, JobControls controls, CancellationToken ct) =>
            Answers.Json(await controls.PrioritiseAsync(Answers.Work(id), body.Value.Priority, ct))).Produces<JobInfo>();
    }

    /// <summary>The number is read first: what happens in between is in the curves, and comes once more with the stream.</summary>
    private static async Task<JobCurves> CurvesAsync(WorkId id, JobQueries queries, JobSeries series, EventFeed feed, CancellationToken ct)
    {
        var seq = await feed.LastSeqAsync(ct);
        var found = await series.ReadAsync(id, ct);
        return new(seq, new(found.ToDictionary(s => s.Key, s => (IReadOnlyList<double[]>)[.. JobSeries.Points(s.Value).Select(p => new[] { p.Step, p.Value })]), StringComparer.Ordinal),
            await queries.MarksAsync(id, MostMarks, ct));
    }

    private static async Task<JobInfo> FindAsync(JobQueries queries, string text, CancellationToken ct)
    {
        WorkId id = Answers.Work(text);
        return await queries.FindAsync(id, ct) ?? throw new TemperException("not_found", $"There is no job {id}.");
    }
}
