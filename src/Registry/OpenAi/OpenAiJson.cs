using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Temper.Core.Errors;
using Temper.Core.Registry;

namespace Temper.Registry.OpenAi;

/// <summary>Answers in OpenAI's spelling: snake_case, and what is not there is null rather than absent, because its clients look.</summary>
internal static class OpenAiJson
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DictionaryKeyPolicy = null,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static IResult Answer<T>(T value) => Results.Json(value, Options);

    /// <summary>Whether the address belongs to these routes, whose errors have OpenAI's shape.</summary>
    public static bool IsOurs(PathString path) => path.StartsWithSegments("/v1");

    /// <summary>Writes <c>{"error":{"message","type","param","code"}}</c>.</summary>
    public static async Task WriteErrorAsync(HttpContext http, TemperException error, int? status = null)
    {
        var problem = error.Problems[0];
        var answer = status ?? StatusOf(error);
        http.Response.Clear();
        http.Response.StatusCode = answer;
        if (answer == StatusCodes.Status401Unauthorized)
            http.Response.Headers.WWWAuthenticate = "Bearer";
        var type = answer switch
        {
            401 or 403 => "authentication_error",
            >= 500 => "server_error",
            _ => "invalid_request_error",
        };
        await http.Response.WriteAsJsonAsync(new { error = new { message = Message(error), type, param = problem.Path, code = error.Code } }, Options, http.RequestAborted);
    }

    /// <summary>All reasons in one text, each with its remedy.</summary>
    public static string Message(TemperException error) => Message(error.Problems);

    /// <inheritdoc cref="Message(TemperException)"/>
    public static string Message(IReadOnlyList<Problem> problems) =>
        string.Join(' ', Problem.Advised(problems).Select(problem => problem.Hint is null ? problem.Message : $"{problem.Message} {problem.Hint}"));

    /// <summary>A request that the state of things refuses is 400 here: the official clients would send a 409 again and again.</summary>
    private static int StatusOf(TemperException error) => error.Kind switch
    {
        _ when error.Code == "unauthorised" => 401,
        _ when error.Code == "upload_too_large" => 413,
        ErrorKind.NotFound => 404,
        ErrorKind.Invalid or ErrorKind.Refused or ErrorKind.Cancelled => 400,
        _ => ProblemDocument.StatusOf(error),
    };
}

/// <summary>A page of a list as OpenAI's clients read it.</summary>
/// <param name="Data">Its items.</param>
/// <param name="HasMore">Whether more follow.</param>
/// <param name="FirstId">Of the page; null when it is empty.</param>
/// <param name="LastId">What to ask on with, as <c>after</c>.</param>
internal sealed record OpenAiList<T>(IReadOnlyList<T> Data, bool HasMore, string? FirstId, string? LastId)
{
    public string Object => "list";

    /// <summary>A page of at most <paramref name="limit"/> out of what was read, one more than that.</summary>
    public static OpenAiList<T> Of(IReadOnlyList<T> read, int limit, Func<T, string> id)
    {
        var page = read.Take(limit).ToList();
        return new(page, read.Count > limit, page.Count == 0 ? null : id(page[0]), page.Count == 0 ? null : id(page[^1]));
    }

    /// <summary>1 to 100; what was not said is 20.</summary>
    public static int Limit(int? asked) => asked is null or (>= 1 and <= 100) ? asked ?? 20
        : throw new TemperException([new("invalid_value", $"'limit' is {asked}, expected 1 to 100.") { Path = "limit" }]);
}
