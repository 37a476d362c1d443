using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Temper.Core.Errors;
using Temper.Core.Work;
using Temper.Registry.Http;
using Temper.Registry.Publishing;

namespace Temper.Registry.Work;

/// <summary>What workers call.</summary>
internal static class WorkRoutes
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var work = routes.MapGroup("/api/v1/work").WithTags("work");
        work.MapPost("/claim", async (JsonBody<ClaimRequest> body, WorkTable table, CancellationToken ct) =>
            await table.ClaimAsync(body.Value, ct) is { } claim ? Answers.Json(claim) : Results.NoContent()).Produces<WorkClaim>().Produces(204);
        work.MapPost("/{id}/heartbeat", async (string id, JsonBody<Heartbeat> body, Leases leases, CancellationToken ct) =>
            Answers.Json(await leases.BeatAsync(Answers.Work(id), body.Value, ct))).Produces<HeartbeatReply>();
        work.MapPost("/{id}/report", async (string id, JsonBody<WorkReport> body, Leases leases, CancellationToken ct) =>
            Answers.Json(await leases.ReportAsync(Answers.Work(id), body.Value, ct))).Produces<HeartbeatReply>();
        work.MapPost("/{id}/finish", async (string id, JsonBody<WorkFinish> body, FinishDesk desk, CancellationToken ct) =>
            Answers.Json(await desk.FinishAsync(Answers.Work(id), body.Value, ct))).Produces<WorkOutcome>();
        work.MapPost("/ring", (JsonBody<WorkRing> body, WorkBell bell) =>
        {
            bell.Ring(body.Value);
            return Results.NoContent();
        }).Produces(204);
        work.MapGet("/ring", async (string kinds, int? wait_seconds, WorkTable table, CancellationToken ct) =>
            await table.WaitAsync(Kinds(kinds), TimeSpan.FromSeconds(Math.Clamp(wait_seconds ?? 0, 0, 30)), ct) is { } ring ? Answers.Json(ring) : Results.NoContent())
            .Produces<WorkRing>().Produces(204);
    }

    private static List<WorkKind> Kinds(string text)
    {
        List<WorkKind> kinds = [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Answers.Kind)];
        return kinds.Count > 0 ? kinds : throw new TemperException("request_invalid", "Name at least one kind of work: kinds=ingest,train.");
    }
}
