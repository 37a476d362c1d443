using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Temper.Core.Errors;
using Temper.Registry.Uploads;

namespace Temper.Registry.OpenAi;

/// <summary><c>/v1/files</c>.</summary>
internal static class FileRoutes
{
    private const int LongestField = 1024;

    /// <summary>What the form takes besides the file and its length.</summary>
    private const long Envelope = 1 << 20;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var files = routes.MapGroup("/v1/files").WithTags("openai");
        files.MapPost("", async (HttpContext http, OpenAiFiles store, RegistryOptions options, CancellationToken ct) => OpenAiJson.Answer(await UploadAsync(http, store, options, ct))).ExcludeFromDescription();
        files.MapGet("", async (string? purpose, string? after, int? limit, string? order, OpenAiFiles store, CancellationToken ct) =>
            OpenAiJson.Answer(await store.ListAsync(purpose, after, limit, order == "asc", ct))).ExcludeFromDescription();
        files.MapGet("/{id}", async (string id, OpenAiFiles store, CancellationToken ct) => OpenAiJson.Answer(await store.GetAsync(id, ct))).ExcludeFromDescription();
        files.MapGet("/{id}/content", async (string id, OpenAiFiles store, FineTuningResults results, CancellationToken ct) =>
            Results.Stream(FineTuningResults.IsResult(id) ? await results.OpenAsync(id, ct) : await store.OpenAsync(id, ct), "application/octet-stream")).ExcludeFromDescription();
        files.MapDelete("/{id}", async (string id, OpenAiFiles store, CancellationToken ct) =>
        {
            await store.DeleteAsync(id, ct);
            return OpenAiJson.Answer(new { id, @object = "file", deleted = true });
        }).ExcludeFromDescription();
    }

    /// <summary>Fields come in the client's own order, so the file is stored before anybody knows whether it is wanted.</summary>
    private static async Task<FileObject> UploadAsync(HttpContext http, OpenAiFiles store, RegistryOptions options, CancellationToken ct)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = options.LargestFile > long.MaxValue - Envelope ? null : options.LargestFile + Envelope;
        var (purpose, arrived) = ((string?)null, (SingleFiles.Arrived?)null);
        var reader = new MultipartReader(Boundary(http), http.Request.Body);
        try
        {
            while (await reader.ReadNextSectionAsync(ct) is { } section)
            {
                var form = ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var parsed) ? parsed : null;
                if (form?.Name.Value?.Trim('"') == "purpose")
                    purpose = await TextAsync(section.Body, ct);
                else if (form?.Name.Value?.Trim('"') == "file" && arrived is null)
                    arrived = await store.ArriveAsync(FileName(form), section.Body, ct);
            }
        }
        catch (IOException e)
        {
            throw Bad("file", "The multipart form breaks off.", e);
        }
        catch (InvalidDataException e)
        {
            throw Bad("file", $"The multipart form cannot be read: {e.Message}", e);
        }
        if (purpose != OpenAiFiles.Purpose && arrived is not null)
            await store.DropAsync(arrived, ct);
        if (purpose != OpenAiFiles.Purpose)
            throw Bad("purpose", purpose is null ? "The form has no 'purpose'." : $"The purpose '{purpose}' is not known here; files are for '{OpenAiFiles.Purpose}'.");
        return await store.KeepAsync(arrived ?? throw Bad("file", "The form has no 'file'."), ct);
    }

    private static string Boundary(HttpContext http) =>
        MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type) && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
        && HeaderUtilities.RemoveQuotes(type.Boundary).Value is { Length: > 0 and <= 200 } boundary
            ? boundary : throw Bad("file", $"A file is sent as multipart/form-data with a boundary, not as '{http.Request.ContentType}'.");

    private static string FileName(ContentDispositionHeaderValue form)
    {
        var name = HeaderUtilities.RemoveQuotes(form.FileNameStar.HasValue ? form.FileNameStar : form.FileName).Value ?? "";
        name = name[(name.LastIndexOfAny(['/', '\\']) + 1)..];
        return name.Length > 0 ? name : throw Bad("file", "The file has no name.");
    }

    private static async Task<string> TextAsync(Stream body, CancellationToken ct)
    {
        var buffer = new byte[LongestField];
        var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct);
        return System.Text.Encoding.UTF8.GetString(buffer, 0, length);
    }

    private static TemperException Bad(string parameter, string message, Exception? inner = null) => new([new("invalid_value", message) { Path = parameter }], inner);
}
