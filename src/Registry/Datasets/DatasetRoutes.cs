using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Http;
using Temper.Registry.Jobs;

namespace Temper.Registry.Datasets;

/// <summary>Datasets and their versions.</summary>
internal static class DatasetRoutes
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var datasets = routes.MapGroup("/api/v1/datasets").WithTags("datasets");
        datasets.MapGet("", async (string? cursor, int? limit, DatasetQueries queries, CancellationToken ct) =>
            Answers.Json(await queries.ListAsync(cursor, limit ?? 100, ct))).Produces<Page<DatasetInfo>>();
        datasets.MapGet("/{name}", async (string name, DatasetQueries queries, CancellationToken ct) =>
            Answers.Json(await queries.FindAsync(Answers.Name(name), ct) ?? throw Unknown(name))).Produces<DatasetInfo>();
        datasets.MapGet("/{name}/versions", async (string name, string? cursor, int? limit, DatasetQueries queries, CancellationToken ct) =>
            Answers.Json(await queries.VersionsAsync(Answers.Name(name), cursor, limit ?? 100, ct) ?? throw Unknown(name))).Produces<Page<DatasetVersionInfo>>();
        datasets.MapGet("/{name}/versions/{version:int}", async (string name, int version, DatasetQueries queries, CancellationToken ct) =>
            Answers.Json(await queries.FindAsync(Answers.Name(name), version, ct) ?? throw Unknown($"{name}:{version}"))).Produces<DatasetVersionInfo>();
        datasets.MapGet("/{name}/versions/{version:int}/quarantine", async (string name, int version, string? cursor, int? limit, DatasetQueries queries, CancellationToken ct) =>
            Answers.Json(await queries.QuarantineAsync(Answers.Name(name), version, cursor, limit ?? 100, ct))).Produces<Page<QuarantineEntry>>();
        datasets.MapGet("/{name}/versions/{version:int}/report", async (string name, int version, DatasetQueries queries, CancellationToken ct) =>
            Answers.Json(await queries.ReportAsync(Answers.Name(name), version, ct) ?? throw Unknown($"report of {name}:{version}"))).Produces<JsonElement>();
        datasets.MapGet("/{name}/versions/{version:int}/manifest", async (string name, int version, DatasetQueries queries, CancellationToken ct) =>
            Answers.Json(await queries.DocumentAsync(Answers.Name(name), version, [DatasetManifest.FileName], ct) ?? throw Unknown($"manifest of {name}:{version}"))).Produces<JsonElement>();
        datasets.MapGet("/{name}/versions/{version:int}/preview", async (string name, int version, DatasetQueries queries, CancellationToken ct) =>
            Answers.Json(Seen(await queries.ReportAsync(Answers.Name(name), version, ct)) ?? throw Unknown($"preview of {name}:{version}: its configuration names no preview.model"))).Produces<JsonElement>();
        datasets.MapGet("/{name}/versions/{version:int}/page", async (string name, int version, DatasetQueries queries, CancellationToken ct) =>
            Results.Stream(await queries.PageAsync(Answers.Name(name), version, ct) ?? throw Unknown($"page of {name}:{version}"), "text/html; charset=utf-8")).Produces(200, contentType: "text/html");
        datasets.MapGet("/{name}/versions/{version:int}/quarantine/lines", async (string name, int version, DatasetQueries queries, CancellationToken ct) =>
            Results.Stream(await queries.LinesAsync(Answers.Name(name), version, ct) ?? Stream.Null, "application/jsonl")).Produces(200, contentType: "application/jsonl");
        datasets.MapMethods("/{name}/versions/{version:int}/files/{**path}", ["GET", "HEAD"], async (string name, int version, string path, HttpContext http, DatasetQueries queries) =>
            await queries.SendAsync(http, Answers.Name(name), version, path)).Produces(200, contentType: "application/octet-stream");
        datasets.MapPut("/{name}/versions/{version:int}/build", async (string name, int version, JsonBody<DatasetBuild> body, DatasetBuilds builds, CancellationToken ct) =>
        {
            await builds.PutAsync(Answers.Name(name), version, body.Value, ct);
            return Results.NoContent();
        }).Produces(204);
        datasets.MapGet("/{name}/versions/{version:int}/build", async (string name, int version, DatasetBuilds builds, CancellationToken ct) =>
            Answers.Json(await builds.FindAsync(Answers.Name(name), version, ct) ?? throw Unknown($"build of {name}:{version}"))).Produces<DatasetBuild>();
        datasets.MapPut("/{name}/recipe", async (string name, JsonBody<JobRequest> body, JobCommands commands, CancellationToken ct) =>
        {
            await commands.BindRecipeAsync(Answers.Name(name), body.Value, ct);
            return Results.NoContent();
        }).Produces(204);
        datasets.MapGet("/{name}/recipe", async (string name, DatasetQueries queries, CancellationToken ct) =>
            Answers.Json(await queries.BindingAsync(Answers.Name(name), ct) ?? throw Unknown($"recipe of {name}"))).Produces<JobRequest>();
        routes.MapGet("/api/v1/resolve/dataset", async (string @ref, DatasetQueries queries, CancellationToken ct) =>
            Answers.Json(await queries.ResolveAsync(@ref, ct))).Produces<DatasetPin>().WithTags("datasets");
    }

    private static JsonElement? Seen(JsonElement? report) =>
        report is { } document && document.TryGetProperty("tokens", out var tokens) ? tokens : null;

    private static TemperException Unknown(string what) => new("not_found", $"There is no dataset {what}.");
}
