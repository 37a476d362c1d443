using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Headers;
using Microsoft.Net.Http.Headers;
using Temper.Core.Datasets;

namespace Temper.Registry.Http;

/// <summary>Sends a file of a version, whole or one range of it. It never changes: its ETag is its SHA-256 and caches may keep it for ever.</summary>
internal static class VersionFile
{
    private const string Forever = "private, max-age=31536000, immutable";

    /// <summary>Answers a GET or HEAD.</summary>
    /// <param name="http">The request.</param>
    /// <param name="file">What is asked for.</param>
    /// <param name="open">Opens its bytes from an offset, so many of them.</param>
    /// <param name="isForever">Whether the address will always name this file.</param>
    public static async Task SendAsync(HttpContext http, FileEntry file, Func<long, long, Task<Stream>> open, bool isForever = true)
    {
        var tag = new EntityTagHeaderValue($"\"{file.Sha256.Hex}\"");
        var headers = http.Response.GetTypedHeaders();
        headers.ETag = tag;
        http.Response.Headers.CacheControl = isForever ? Forever : "private, no-cache";
        http.Response.Headers.AcceptRanges = "bytes";
        var request = http.Request.GetTypedHeaders();
        if (request.IfNoneMatch.Any(seen => seen.Compare(tag, useStrongComparison: false) || seen == EntityTagHeaderValue.Any))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        http.Response.ContentType = Path.GetExtension(file.Path) is ".json" ? "application/json" : "application/octet-stream";
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
        await using var stream = await open(range.Offset, range.Length);
        await stream.CopyToAsync(http.Response.Body, http.RequestAborted);
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
