using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Registry.OpenAi;

namespace Temper.Registry.Http;

/// <summary>The one place where errors become answers: problem+json with a code of the catalogue.</summary>
internal sealed class ProblemHandler(RequestDelegate next, ILogger<ProblemHandler> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            if (context.Response is { StatusCode: 404 or 405 or 415, HasStarted: false, ContentLength: null, ContentType: null } && IsOurs(context))
                await WriteAsync(context, Unrouted(context), context.Response.StatusCode);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to answer to.
        }
        catch (Exception e) when (!context.Response.HasStarted && IsOurs(context))
        {
            await WriteAsync(context, Translate(context, e));
        }
    }

    /// <summary>Other fronts on the same host keep their own shapes of errors.</summary>
    private static bool IsOurs(HttpContext context) => context.Request.Path.StartsWithSegments("/api/v1")
        || context.Request.Path.StartsWithSegments("/v1/files") || context.Request.Path.StartsWithSegments("/v1/fine_tuning");

    private static TemperException Unrouted(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => new("not_found", $"There is nothing at {context.Request.Method} {context.Request.Path}."),
        StatusCodes.Status405MethodNotAllowed => new("request_invalid", $"{context.Request.Path} does not answer to {context.Request.Method}."),
        _ => new("request_invalid", $"{context.Request.Path} does not take a body of type '{context.Request.ContentType}'.", "Send JSON as application/json."),
    };

    private TemperException Translate(HttpContext context, Exception error)
    {
        switch (error)
        {
            case TemperException e:
                if (ProblemDocument.StatusOf(e) >= 500)
                    log.LogError(e, "{Method} {Path} failed with {Code}.", context.Request.Method, context.Request.Path, e.Code);
                return e;
            case BadHttpRequestException e:
                return e.StatusCode == StatusCodes.Status413PayloadTooLarge ? new("upload_too_large", "The body is larger than the server takes.", inner: e) : UnboundValues.Translate(e);
            default:
                log.LogError(error, "{Method} {Path} failed.", context.Request.Method, context.Request.Path);
                return new("internal", $"The server met a state that it should never meet. Its log names the cause under {context.TraceIdentifier}.", inner: error);
        }
    }

    /// <summary>Answers with the error, in the shape of the route's family.</summary>
    public static async Task WriteAsync(HttpContext context, TemperException error, int? status = null)
    {
        if (OpenAiJson.IsOurs(context.Request.Path))
        {
            await OpenAiJson.WriteErrorAsync(context, error, status);
            return;
        }
        var document = ProblemDocument.From(error);
        document = document with { Status = status ?? document.Status };
        context.Response.Clear();
        context.Response.StatusCode = document.Status;
        context.Response.ContentType = ProblemDocument.MediaType;
        if (document.Status == StatusCodes.Status401Unauthorized)
            context.Response.Headers.WWWAuthenticate = "Bearer";
        await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(document, Wire.Json), context.RequestAborted);
    }
}
