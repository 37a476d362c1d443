using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Temper.Core.Errors;
using Temper.Core.Registry;
using Temper.Registry.Http;

namespace Temper.Registry.Sweeps;

/// <summary>Sweeps as people start, follow and stop them. A sweep is named by its id or its name.</summary>
internal static class SweepRoutes
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var sweeps = routes.MapGroup("/api/v1/sweeps").WithTags("sweeps");
        sweeps.MapPost("", async (JsonBody<SweepRequest> body, SweepCommands commands, CancellationToken ct) => Answers.Json(await commands.CreateAsync(body.Value, ct))).Produces<SweepInfo>();
        sweeps.MapGet("", async (string? cursor, int? limit, SweepQueries queries, CancellationToken ct) => Answers.Json(await queries.ListAsync(cursor, limit ?? 100, ct))).Produces<Page<SweepInfo>>();
        sweeps.MapGet("/{id}", async (string id, SweepQueries queries, CancellationToken ct) =>
            Answers.Json(await queries.FindAsync(id, ct) ?? throw new TemperException("not_found", $"There is no sweep '{(id.Length > 80 ? id[..80] + "…" : id)}'.", "`temper sweeps` lists them."))).Produces<SweepInfo>();
        sweeps.MapPost("/{id}/cancel", async (string id, SweepControls controls, CancellationToken ct) => Answers.Json(await controls.CancelAsync(id, ct))).Produces<SweepInfo>();
        sweeps.MapPost("/{id}/pause", async (string id, SweepControls controls, CancellationToken ct) => Answers.Json(await controls.PauseAsync(id, ct))).Produces<SweepInfo>();
        sweeps.MapPost("/{id}/resume", async (string id, SweepControls controls, CancellationToken ct) => Answers.Json(await controls.ResumeAsync(id, ct))).Produces<SweepInfo>();
    }
}
