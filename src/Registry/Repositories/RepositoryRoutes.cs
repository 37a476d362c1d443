using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Registry.Http;

namespace Temper.Registry.Repositories;

/// <summary>Repositories, their references, and what goes between them and clients.</summary>
internal static class RepositoryRoutes
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var repos = routes.MapGroup("/api/v1/repos").WithTags("repositories");
        repos.MapGet("", async (string? cursor, int? limit, RepositoryTable table, CancellationToken ct) =>
            Answers.Json(await table.ListAsync(cursor, limit ?? 100, ct))).Produces<Page<RepositoryInfo>>();
        repos.MapPost("", async (JsonBody<RepositoryRequest> body, RepositoryTable table, CancellationToken ct) =>
            Answers.Json(await table.CreateAsync(body.Value, ct))).Produces<RepositoryInfo>();
        repos.MapGet("/{ns}/{name}", async (string ns, string name, RepositoryTable table, CancellationToken ct) =>
            Answers.Json((await table.GetAsync(ns, name, ct)).Info)).Produces<RepositoryInfo>();
        repos.MapDelete("/{ns}/{name}", async (string ns, string name, RepositoryTable table, CancellationToken ct) =>
        {
            await table.DeleteAsync(ns, name, ct);
            return Results.NoContent();
        }).Produces(204);
        routes.MapPost("/api/v1/admin/gc", async (JsonBody<PackCollectionRequest> body, PackCollection packs, RegistryOptions options, CancellationToken ct) =>
            Answers.Json(await packs.RunAsync(body.Value.GraceHours is { } hours ? TimeSpan.FromHours(Math.Clamp(hours, -1, 1_000_000)) : options.PackGrace, body.Value.DryRun, ct)))
            .Produces<PackCollectionReport>().WithTags("repositories");
        var one = repos.MapGroup("/{ns}/{name}");
        one.MapGet("/refs", async (string ns, string name, string? prefix, RepositoryTable table, RefTable refs, CancellationToken ct) =>
            Answers.Json(await refs.ListAsync((await table.GetAsync(ns, name, ct)).Id, prefix ?? "", ct))).Produces<IReadOnlyList<RefInfo>>();
        one.MapPost("/refs:update", async (string ns, string name, JsonBody<RefMoves> body, RepositoryTable table, RefTable refs, CancellationToken ct) =>
            Answers.Json(await refs.UpdateAsync(await table.GetAsync(ns, name, ct), body.Value, ct))).Produces<RefOutcomes>();
        one.MapGet("/settings", async (string ns, string name, RepositoryTable table, RepositorySettings settings, CancellationToken ct) =>
            Answers.Json(await settings.ListAsync((await table.GetAsync(ns, name, ct)).Id, ct))).Produces<IReadOnlyList<RepositorySetting>>();
        one.MapPut("/settings", async (string ns, string name, JsonBody<RepositorySetting> body, RepositoryTable table, RepositorySettings settings, CancellationToken ct) =>
            Answers.Json(await settings.SetAsync((await table.GetAsync(ns, name, ct)).Id, body.Value, ct))).Produces<RepositorySetting>();
        MapObjects(one);
        MapUploads(one);
        RevisionRoutes.Map(one);
    }

    private static void MapObjects(RouteGroupBuilder one)
    {
        one.MapPost("/negotiate", async (string ns, string name, JsonBody<NegotiateRequest> body, HttpContext http, RepositoryTable table, Negotiation negotiation) =>
        {
            await table.GetAsync(ns, name, http.RequestAborted);
            await negotiation.AnswerAsync(http, body.Value);
        }).Produces<NegotiateLine>(200, "application/x-ndjson");
        one.MapPost("/objects:missing", async (string ns, string name, JsonBody<ObjectIdList> body, RepositoryTable table, PackLeases leases, CancellationToken ct) =>
            Answers.Json(await leases.MissingAsync(await table.GetAsync(ns, name, ct), body.Value, ct))).Produces<MissingObjects>();
        one.MapPost("/objects:locate", async (string ns, string name, JsonBody<ObjectIdList> body, RepositoryTable table, ObjectPlaceQueries places, CancellationToken ct) =>
        {
            await table.GetAsync(ns, name, ct);
            return Answers.Json(await places.LocateAsync(body.Value, ct));
        }).Produces<ObjectPlaces>();
        one.MapMethods("/packs/{id}", ["GET", "HEAD"], async (string ns, string name, string id, HttpContext http, RepositoryTable table, ObjectPlaceQueries places, IBlobStore blobs) =>
        {
            var ct = http.RequestAborted;
            await table.GetAsync(ns, name, ct);
            var pack = Digest.TryParse(id, out var digest) ? digest : throw Unknown();
            var size = await places.PackSizeAsync(pack, ct) ?? throw Unknown();
            await VersionFile.SendAsync(http, new FileEntry(id, size, pack), (offset, length) => blobs.OpenAsync(BlobLayout.Pack(pack), offset, length, null, ct));
        }).Produces(200, contentType: "application/octet-stream");
    }

    private static void MapUploads(RouteGroupBuilder one)
    {
        one.MapPost("/uploads", async (string ns, string name, JsonBody<PackRequest> body, RepositoryTable table, PackUploads uploads, CancellationToken ct) =>
            Answers.Json(await uploads.OpenAsync(await table.GetAsync(ns, name, ct), body.Value, ct))).Produces<PackProgress>();
        one.MapMethods("/uploads/{id}", ["GET", "HEAD"], async (string ns, string name, string id, HttpContext http, RepositoryTable table, PackUploads uploads, CancellationToken ct) =>
        {
            var progress = (await uploads.GetAsync(await table.GetAsync(ns, name, ct), id, ct)).Progress;
            http.Response.Headers["Upload-Offset"] = FormattableString.Invariant($"{progress.Received}");
            return Answers.Json(progress);
        }).Produces<PackProgress>();
        one.MapPut("/uploads/{id}", async (string ns, string name, string id, long offset, HttpContext http, RepositoryTable table, PackUploads uploads) =>
        {
            if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
                // Bytes of a body sent in chunks count with all that frames them; the piece itself is measured where it is read.
                limit.MaxRequestBodySize = 2 * PackUploads.PartSize;
            // A sender whose connection breaks aborts the request; what came before is kept all the same.
            var repo = await table.GetAsync(ns, name, CancellationToken.None);
            return Answers.Json(await uploads.SendAsync(repo, id, offset, http.Request.Body, CancellationToken.None));
        }).Accepts<byte[]>("application/octet-stream", "*/*").Produces<PackProgress>();
        one.MapPost("/uploads/{id}:complete", async (string ns, string name, string id, RepositoryTable table, PackCompletion completion, CancellationToken ct) =>
            Answers.Json(await completion.CompleteAsync(await table.GetAsync(ns, name, ct), id, ct))).Produces<PackProgress>();
    }

    private static TemperException Unknown() => new("not_found", "There is no such pack.");
}
