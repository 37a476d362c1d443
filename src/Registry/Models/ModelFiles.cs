using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Headers;
using Microsoft.Net.Http.Headers;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Content;

namespace Temper.Registry.Models;

/// <summary>
/// Sends files of model versions, whole or one range of them, out of the content store, which checks each chunk before its bytes leave. A file of a
/// version never changes: its ETag is its SHA-256 and caches may keep it for ever.
/// </summary>
internal sealed class ModelFiles(ModelQueries queries, ContentStore content)
{
    private const string Forever = "private, max-age=31536000, immutable";

    /// <exception cref="TemperException">Codes <c>not_found</c>, <c>object_corrupt</c>.</exception>
    public async Task SendAsync(HttpContext http, ResourceName name, int version, string path)
    {
        var ct = http.RequestAborted;
        var found = await queries.FindAsync(name, version, ct) ?? throw new TemperException("not_found", $"There is no model {name}:{version}.");
        var file = found.Pin.Files.FirstOrDefault(file => file.Path == path)
            ?? throw new TemperException("not_found", $"{name}:{version} has no file '{path}'.", $"It has {string.Join(", ", found.Pin.Files.Take(10).Select(f => f.Path))}.");
        var tag = new EntityTagHeaderValue($"\"{file.Sha256.Hex}\"");
        var headers = http.Response.GetTypedHeaders();
        headers.ETag = tag;
        http.Response.Headers.CacheControl = Forever;
        http.Response.Headers.AcceptRanges = "bytes";
        var request = http.Request.GetTypedHeaders();
        if (request.IfNoneMatch.Any(seen => seen.Compare(tag, useStrongComparison: false) || seen == EntityTagHeaderValue.Any))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        http.Response.ContentType = Path.GetExtension(path) is ".json" ? "application/json" : "application/octet-stream";
        if (Range(request, file, tag) is not { } range)
        {
            http.Response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
            headers.ContentRange = new ContentRangeHeaderValue(file.Size);
            return;
        }
        if (range.Length < file.Size)
        {
            http.Response.StatusCode = StatusCodes.Status206PartialContent;
            headers.ContentRange = new ContentRangeHeaderValue(range.Offset, range.Offset + range.Length - 1, file.Size);
        }
        http.Response.ContentLength = range.Length;
        if (HttpMethods.IsHead(http.Request.Method) || range.Length == 0)
            return;
        await using var stream = await content.OpenFileAsync(file.Sha256, range.Offset, range.Length, ct);
        await stream.CopyToAsync(http.Response.Body, ct);
    }

    /// <summary>What to send; null when the range lies outside the file. Several ranges, or one of another version, mean the whole file.</summary>
    private static (long Offset, long Length)? Range(RequestHeaders request, FileEntry file, EntityTagHeaderValue tag)
    {
        var whole = (0L, file.Size);
        if (request.Range is not { Ranges.Count: 1, Unit.Value: "bytes" } asked || (request.IfRange?.EntityTag is { } seen && !seen.Compare(tag, useStrongComparison: true)))
            return whole;
        var range = asked.Ranges.First();
        if (range.From is null)
            return range.To is null or 0 ? null : (Math.Max(0, file.Size - range.To.Value), Math.Min(file.Size, range.To.Value));
        if (range.From >= file.Size)
            return null;
        var last = Math.Min(range.To ?? long.MaxValue, file.Size - 1);
        return (range.From.Value, last - range.From.Value + 1);
    }
}
