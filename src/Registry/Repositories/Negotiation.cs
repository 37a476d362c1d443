using System.IO.Compression;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Sync;

namespace Temper.Registry.Repositories;

/// <summary>Answers what a client lacks as lines of JSON, so that neither side holds all of it; the last line tells that nothing was cut off.</summary>
internal sealed class Negotiation(ContentStore content)
{
    private const int MostIds = 50_000;

    /// <exception cref="TemperException">Codes <c>request_invalid</c>, <c>object_missing</c>.</exception>
    public async Task AnswerAsync(HttpContext http, NegotiateRequest request)
    {
        var ct = http.RequestAborted;
        var query = Query(request);
        http.Response.ContentType = "application/x-ndjson";
        var zip = http.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase);
        if (zip)
            http.Response.Headers.ContentEncoding = "gzip";
        await using var output = zip ? new GZipStream(http.Response.Body, CompressionLevel.Fastest, leaveOpen: true) : http.Response.Body;
        long count = 0;
        await foreach (var item in new GraphWalk(content, query).ItemsAsync(ct))
        {
            // One-chunk files need no line: the trees name them.
            if (item.Kind == ObjectKind.Chunk || count++ < request.Skip)
                continue;
            await WriteAsync(output, new(ObjectIds.Word(item.Kind), item.Id, item.Body.ToArray(), item.Cut), ct);
        }
        await WriteAsync(output, new("end", Count: count), ct);
    }

    private static GraphQuery Query(NegotiateRequest request)
    {
        if (request.Want.Count + request.Have.Count > MostIds)
            throw new TemperException("request_invalid", $"{request.Want.Count + request.Have.Count} ids were sent; the server takes {MostIds} at once.");
        if (request.Depth is < 1)
            throw new TemperException("request_invalid", $"The depth {request.Depth} is not 1 or more.");
        return new(request.Want, request.Have)
        {
            Shallow = request.Shallow ?? [],
            Depth = request.Depth,
            LargestFile = request.Filter is null ? null : SizeFilter.Parse(request.Filter),
        };
    }

    private static async Task WriteAsync(Stream output, NegotiateLine line, CancellationToken ct)
    {
        await output.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(line, Wire.Json), ct);
        await output.WriteAsync("\n"u8.ToArray(), ct);
    }
}
