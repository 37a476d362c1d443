using System.Net.Mime;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Logging;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Core.Registry;

namespace Temper.Functions.Ingest;

/// <summary>The registry's key, asked of whoever calls a function over HTTP: the platform's own keys are hard to come by on container apps.</summary>
/// <param name="key">Null: nobody is asked, as in a registry without one.</param>
/// <param name="log">Learns what nobody foresaw.</param>
public sealed class ApiKey(string? key, ILogger<ApiKey> log)
{
    private const string Scheme = "Bearer ";
    private readonly byte[]? _key = key is null ? null : Hash(key);

    /// <summary>The answer as JSON, or an error as problem+json.</summary>
    public async Task<IActionResult> AskAsync<T>(HttpRequest request, Func<Task<T>> answer)
    {
        try
        {
            if (!IsKnown(request.Headers.Authorization.ToString()))
                throw new TemperException("unauthorised", "These functions ask for an API key, and this one is missing or wrong.");
            return Json(StatusCodes.Status200OK, MediaTypeNames.Application.Json, await answer());
        }
        catch (TemperException e)
        {
            return Problem(e);
        }
        catch (Exception e) when (!request.HttpContext.RequestAborted.IsCancellationRequested)
        {
            // The Functions host would answer with nothing, or not at all.
            log.LogError(e, "{Method} {Path} ended in a way that nobody foresaw", request.Method, request.Path);
            return Problem(new TemperException("internal", $"The function met a state that it should never meet. Its log names the cause under {request.HttpContext.TraceIdentifier}."));
        }
    }

    private static ContentResult Problem(TemperException e)
    {
        var document = ProblemDocument.From(e);
        return Json(document.Status, ProblemDocument.MediaType, document);
    }

    private static ContentResult Json<T>(int status, string type, T body) => new() { StatusCode = status, ContentType = type, Content = JsonSerializer.Serialize(body, Wire.Json) };

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private bool IsKnown(string header) => _key is null
        || (header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && CryptographicOperations.FixedTimeEquals(_key, Hash(header[Scheme.Length..].Trim())));
}
