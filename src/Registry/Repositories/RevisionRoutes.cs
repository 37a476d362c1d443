using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Registry.Http;
using Temper.Versioning.Content;

namespace Temper.Registry.Repositories;

/// <summary>Reading repositories without a clone, and merging in them. A branch with a slash in its name is written with <c>%2F</c>.</summary>
internal static class RevisionRoutes
{
    public static void Map(RouteGroupBuilder one)
    {
        one.MapGet("/commits", async (string ns, string name, string? rev, string? path, string? cursor, int? limit, RepositoryTable table, RevisionQueries revisions, CancellationToken ct) =>
            Answers.Json(await revisions.LogAsync(await revisions.ResolveAsync(await table.GetAsync(ns, name, ct), rev ?? "HEAD", ct), path, cursor, limit ?? 100, ct))).Produces<Page<CommitInfo>>();
        one.MapGet("/commits/{rev}", async (string ns, string name, string rev, RepositoryTable table, RevisionQueries revisions, CancellationToken ct) =>
            Answers.Json(await revisions.CommitAsync(await revisions.ResolveAsync(await table.GetAsync(ns, name, ct), Plain(rev), ct), ct))).Produces<CommitInfo>();
        one.MapGet("/trees/{rev}/{**path}", async (string ns, string name, string rev, string? path, RepositoryTable table, RevisionQueries revisions, CancellationToken ct) =>
            Answers.Json(await revisions.TreeAsync(await revisions.ResolveAsync(await table.GetAsync(ns, name, ct), Plain(rev), ct), path ?? "", ct))).Produces<TreeInfo>();
        one.MapMethods("/files/{rev}/{**path}", ["GET", "HEAD"], async (string ns, string name, string rev, string path, HttpContext http, RepositoryTable table, RevisionQueries revisions, ContentStore content) =>
        {
            var ct = http.RequestAborted;
            var file = await revisions.FileAsync(await revisions.ResolveAsync(await table.GetAsync(ns, name, ct), Plain(rev), ct), path, ct);
            // What an id names never changes; what a branch names may, while its ETag tells.
            await VersionFile.SendAsync(http, file, (offset, length) => content.OpenFileAsync(file.Sha256, offset, length, ct).AsTask(), isForever: Digest.TryParse(rev, out _));
        }).Produces(200, contentType: "application/octet-stream");
        one.MapGet("/merge-base", async (string ns, string name, string a, string b, RepositoryTable table, RevisionQueries revisions, CancellationToken ct) =>
        {
            var repo = await table.GetAsync(ns, name, ct);
            return Answers.Json(await revisions.BasesAsync(await revisions.ResolveAsync(repo, a, ct), await revisions.ResolveAsync(repo, b, ct), ct));
        }).Produces<MergeBaseInfo>();
        one.MapGet("/compare/{range}", async (string ns, string name, string range, RepositoryTable table, RevisionQueries revisions, CancellationToken ct) =>
        {
            var repo = await table.GetAsync(ns, name, ct);
            return Plain(range).Split("...") is [var a, var b]
                ? Answers.Json(await revisions.CompareAsync(await revisions.ResolveAsync(repo, a, ct), await revisions.ResolveAsync(repo, b, ct), ct))
                : throw new TemperException("request_invalid", "What is compared is written A...B.");
        }).Produces<Comparison>();
        one.MapPost("/merges", async (string ns, string name, JsonBody<MergeRequest> body, RepositoryTable table, ServerMerge merge, CancellationToken ct) =>
            Answers.Json(await merge.RunAsync(await table.GetAsync(ns, name, ct), body.Value, ct))).Produces<MergeOutcome>();
    }

    /// <summary>Routing leaves an escaped slash escaped.</summary>
    private static string Plain(string text) => text.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
}
