using Microsoft.AspNetCore.Http;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Work;

namespace Temper.Registry.Http;

/// <summary>Answers in the wire's spelling, and values of routes and queries as typed ids.</summary>
internal static class Answers
{
    public static IResult Json<T>(T value) => Results.Json(value, Wire.Json);

    /// <exception cref="TemperException">Code <c>not_found</c>: no such thing can exist.</exception>
    public static WorkId Work(string text) => WorkId.TryParse(text, out var id) ? id : throw new TemperException("not_found", $"There is no work '{Shown(text)}'.");

    /// <exception cref="TemperException">Code <c>name_invalid</c>.</exception>
    public static ResourceName Name(string text) => ResourceName.Parse(text);

    /// <exception cref="TemperException">Code <c>request_invalid</c>.</exception>
    public static WorkKind Kind(string text) => Enum.GetValues<WorkKind>().Cast<WorkKind?>().FirstOrDefault(kind => Schema.Column.Word(kind!.Value) == text)
        ?? throw new TemperException("request_invalid", $"'{Shown(text)}' is no kind of work; kinds are ingest and train.");

    private static string Shown(string text) => text.Length > 60 ? text[..60] + "…" : text;
}
