using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Temper.Core.Registry;
using Temper.Registry.Http;

namespace Temper.Registry.Uploads;

/// <summary>Sending files.</summary>
internal static class UploadRoutes
{
    private const string Root = "/api/v1/uploads/";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var uploads = routes.MapGroup("/api/v1/uploads").WithTags("uploads");
        uploads.MapPost("", async (JsonBody<UploadRequest> body, UploadSessions sessions, CancellationToken ct) => Answers.Json(await sessions.OpenAsync(body.Value, ct))).Produces<UploadSession>();
        uploads.MapGet("/{id}", async (string id, UploadSessions sessions, CancellationToken ct) => Answers.Json(await sessions.GetAsync(id, ct))).Produces<UploadSession>();
        uploads.MapPut("/{id}/files/{index:int}", async (string id, int index, long offset, HttpContext http, UploadPieces pieces, CancellationToken ct) =>
        {
            Admit(http, UploadSessions.PartSize + 1);
            return Answers.Json(await pieces.SendAsync(id, index, offset, http.Request.Body, ct));
        }).Accepts<byte[]>("application/octet-stream", "*/*").Produces<UploadProgress>();
        uploads.MapPost("/{id}/complete", async (string id, UploadCompletion completion, CancellationToken ct) => Answers.Json(await completion.CompleteAsync(id, ct))).Produces<UploadReceipt>();
        uploads.MapPut("/{dataset}/{**file}", async (string dataset, string file, HttpContext http, SingleFiles files, RegistryOptions options, CancellationToken ct) =>
        {
            Admit(http, options.LargestFile);
            return Answers.Json(await files.PutAsync(Answers.Name(dataset), Decoded(http, file), http.Request.Body, ct));
        }).Accepts<byte[]>("application/octet-stream", "*/*").Produces<UploadReceipt>();
    }

    private static void Admit(HttpContext http, long most)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = most;
    }

    /// <summary>Routing leaves an escaped slash escaped; the request's own text tells it from three characters of a name.</summary>
    private static string Decoded(HttpContext http, string routed)
    {
        var raw = http.Features.Get<IHttpRequestFeature>()?.RawTarget.Split('?')[0] ?? "";
        var slash = raw.StartsWith(Root, StringComparison.OrdinalIgnoreCase) ? raw.IndexOf('/', Root.Length) : -1;
        return slash < 0 ? routed : Uri.UnescapeDataString(raw[(slash + 1)..]);
    }
}
