using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Registry.Http;

namespace Temper.Registry.Datasets;

/// <summary>Cached vectors, for whoever searches on another machine: whole shards, which check themselves.</summary>
internal static class EmbeddingRoutes
{
    private const string Kind = "embeddings";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var shards = routes.MapGroup("/api/v1/embeddings").WithTags("datasets");
        shards.MapGet("/{space}", async (string space, IBlobStore blobs, CancellationToken ct) =>
        {
            var (found, prefix) = (new List<CacheShard>(), $"cache/{Kind}/{Space(space)}/");
            await foreach (var shard in blobs.ListAsync(prefix, ct))
                found.Add(new(shard.Key.ToString()[prefix.Length..], shard.Size));
            return Answers.Json(found);
        }).Produces<IReadOnlyList<CacheShard>>();
        shards.MapGet("/{space}/{shard}", async (string space, string shard, IBlobStore blobs, CancellationToken ct) =>
            Ulid.IsValid(shard)
                ? Results.Stream(await blobs.OpenAsync(BlobLayout.Cache(Kind, $"{Space(space)}/{shard}"), 0, null, null, ct), "application/octet-stream")
                : throw new TemperException("not_found", "There is no such shard.")).Produces(200, contentType: "application/octet-stream");
    }

    private static string Space(string text) => Digest.TryParse(text, out var space) ? space.Hex : throw new TemperException("not_found", "A space of vectors is named by 64 hex digits.");
}
