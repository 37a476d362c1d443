using System.Collections.Frozen;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Temper.Core.Errors;
using Temper.Core.Registry;

namespace Temper.Serving;

/// <summary>Errors in OpenAI's shape: <c>{"error":{"message","type","param","code"}}</c>.</summary>
internal static class OpenAiErrors
{
    /// <summary>Seconds after which a refused client may try again.</summary>
    private const int RetryAfterS = 1;

    /// <summary>Codes that blame the request; other faults of form are those of a stored model, which is the server's matter.</summary>
    private static readonly FrozenSet<string> CausedByRequest = FrozenSet.Create("unsupported_parameter", "invalid_value", "invalid_type", "missing_required_parameter",
        "context_length_exceeded", "invalid_json", "template_missing", "template_failed", "template_refused", "template_limit", "adapter_of_adapter", "not_a_classifier", "not_a_chat_model", "data_empty_example");

    /// <summary>The body for <paramref name="error"/>; all members are always there.</summary>
    public static object Body(Exception error)
    {
        var (status, problem) = Of(error);
        var type = status switch
        {
            429 => "rate_limit_error",
            401 or 403 => "authentication_error",
            >= 500 => "server_error",
            _ => "invalid_request_error",
        };
        return new { error = new { message = Message(error, problem), type, param = problem.Path, code = problem.Code } };
    }

    /// <summary>Answers with <paramref name="error"/>.</summary>
    public static async Task WriteAsync(HttpContext http, Exception error)
    {
        var status = Of(error).Status;
        http.Response.StatusCode = status;
        if (status == 429)
            http.Response.Headers.RetryAfter = RetryAfterS.ToString(CultureInfo.InvariantCulture);
        await http.Response.WriteAsJsonAsync(Body(error), ChatJson.Options, http.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Answers to a request that no route takes.</summary>
    public static Task WriteAsync(HttpContext http, int status, string code, string message)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsJsonAsync(new { error = new { message, type = "invalid_request_error", param = (string?)null, code } }, ChatJson.Options, http.RequestAborted);
    }

    private static (int Status, Problem Problem) Of(Exception error)
    {
        if (error is not TemperException known)
            return (500, new("internal", $"The server failed: {error.GetType().Name}."));
        var problem = known.Problems[0];
        return known.Code switch
        {
            "not_found" or "model_not_found" or "reference_invalid" or "name_invalid" => (404, problem with { Code = "model_not_found", Path = "model" }),
            "queue_full" => (429, problem),
            _ when CausedByRequest.Contains(known.Code) => (400, problem),
            _ when known.Kind == ErrorKind.Invalid => (500, problem),
            _ => (ProblemDocument.StatusOf(known), problem),
        };
    }

    private static string Message(Exception error, Problem first) => error is TemperException { Problems.Count: > 1 } many
        ? string.Join(' ', many.Problems.Select(problem => problem.Message))
        : first.Hint is null ? first.Message : $"{first.Message} {first.Hint}";
}
