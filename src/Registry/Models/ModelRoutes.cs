using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Temper.Core.Errors;
using Temper.Core.References;
using Temper.Core.Registry;
using Temper.Registry.Http;
using Temper.Registry.Jobs;

namespace Temper.Registry.Models;

/// <summary>Models, their versions, files and aliases.</summary>
internal static class ModelRoutes
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var models = routes.MapGroup("/api/v1/models").WithTags("models");
        models.MapGet("", async (string? cursor, int? limit, ModelQueries queries, CancellationToken ct) =>
            Answers.Json(await queries.ListAsync(cursor, limit ?? 100, ct))).Produces<Page<ModelInfo>>();
        models.MapGet("/{name}", async (string name, ModelQueries queries, CancellationToken ct) =>
            Answers.Json(await queries.FindAsync(Answers.Name(name), ct) ?? throw Unknown(name))).Produces<ModelInfo>();
        models.MapGet("/{name}/versions", async (string name, string? cursor, int? limit, ModelQueries queries, CancellationToken ct) =>
            Answers.Json(await queries.VersionsAsync(Answers.Name(name), cursor, limit ?? 100, ct) ?? throw Unknown(name))).Produces<Page<ModelVersionInfo>>();
        models.MapGet("/{name}/versions/{version:int}", async (string name, int version, ModelQueries queries, CancellationToken ct) =>
            Answers.Json(await queries.FindAsync(Answers.Name(name), version, ct) ?? throw Unknown($"{name}:{version}"))).Produces<ModelVersionInfo>();
        models.MapMethods("/{name}/versions/{version:int}/files/{**path}", ["GET", "HEAD"], async (string name, int version, string path, HttpContext http, ModelFiles files) =>
            await files.SendAsync(http, Answers.Name(name), version, path)).Produces(200, contentType: "application/octet-stream");
        models.MapPut("/{name}/aliases/{alias}", async (string name, string alias, JsonBody<AliasMove> body, Aliases aliases, CancellationToken ct) =>
        {
            await aliases.MoveAsync(Answers.Name(name), alias, body.Value, ct);
            return Results.NoContent();
        }).Produces(204);
        models.MapGet("/{name}/aliases/history", async (string name, int? limit, ModelQueries queries, CancellationToken ct) =>
            Answers.Json(await queries.AliasHistoryAsync(Answers.Name(name), limit ?? 100, ct))).Produces<IReadOnlyList<AliasMoved>>();
        routes.MapGet("/api/v1/resolve/model", async (string @ref, ModelQueries queries, CheckpointFiles checkpoints, CancellationToken ct) =>
            Answers.Json(Reference.Parse(@ref) is Reference.Checkpoint checkpoint ? await checkpoints.ResolveAsync(checkpoint, ct) : await queries.ResolveAsync(@ref, ct))).Produces<ModelVersionInfo>().WithTags("models");
    }

    private static TemperException Unknown(string what) => new("not_found", $"There is no model {what}.");
}
