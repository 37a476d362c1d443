using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Json;

namespace Temper.Core.Registry;

/// <summary>
/// Body of an error answer, RFC 9457 with our members: <c>code</c> (of the first problem) and <c>errors</c> (all of them).
/// </summary>
/// <param name="Type"><c>urn:temper:CODE</c>.</param>
/// <param name="Title">Meaning of the code.</param>
/// <param name="Status">HTTP status.</param>
/// <param name="Detail">The first problem's message.</param>
/// <param name="Code">The first problem's code.</param>
/// <param name="Errors">All problems.</param>
public sealed record ProblemDocument(string Type, string Title, int Status, string Detail, string Code, IReadOnlyList<Problem> Errors)
{
    /// <summary>Media type of the body.</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>The document for <paramref name="error"/>.</summary>
    public static ProblemDocument From(TemperException error)
    {
        var entry = ErrorCatalogue.Find(error.Code);
        return new($"urn:temper:{TypeOf(error.Code)}", entry?.Meaning ?? error.Code, StatusOf(error), error.Problems[0].Message, error.Code, error.Problems);
    }

    /// <summary>The problem types of repositories are written with hyphens, as their clients know them.</summary>
    private static string TypeOf(string code) =>
        code is "stale_ref" or "non_fast_forward" or "missing_objects" or "corrupt_upload" ? code.Replace('_', '-') : code;

    /// <summary>HTTP status of an error, by its kind; authorisation has its own two.</summary>
    public static int StatusOf(TemperException error) => error.Code switch
    {
        "unauthorised" => 401,
        "precondition_required" => 428,
        "precondition_failed" => 412,
        "corrupt_upload" or "signature_invalid" => 422,
        _ => error.Kind switch
        {
            ErrorKind.NotFound => 404,
            ErrorKind.Invalid => 422,
            ErrorKind.Cancelled or ErrorKind.Refused => 409,
            ErrorKind.Environment => 503,
            _ => 500,
        },
    };

    /// <summary>Null when <paramref name="text"/> is no such document.</summary>
    public static ProblemDocument? TryRead(string text)
    {
        try
        {
            var read = JsonSerializer.Deserialize<ProblemDocument>(text, Wire.Json);
            return read is { Code: not null, Errors.Count: > 0 } ? read : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The error that the other side threw; a code that this version does not know becomes <c>internal</c>, its text kept.</summary>
    public TemperException ToException() =>
        new([.. Errors.Select(problem => ErrorCatalogue.Find(problem.Code) is null ? problem with { Code = "internal", Message = $"{problem.Code}: {problem.Message}" } : problem)]);
}
