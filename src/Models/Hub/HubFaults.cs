using System.Net;
using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>Something that may be over when it is tried again.</summary>
internal sealed class PassingHubException(string code, string message, TimeSpan? pause = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The code when it was tried often enough.</summary>
    public string Code => code;

    /// <summary>How long the hub asks to wait.</summary>
    public TimeSpan? Pause => pause;
}

/// <summary>What the answers of a hub mean.</summary>
internal static class HubFaults
{
    /// <summary>The error of an answer that is no success.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="what">What was asked for, as people name it.</param>
    /// <param name="settings">The hub.</param>
    /// <param name="isHub">Whether the hub itself answered, not a host that it sent us to.</param>
    /// <param name="clock">For dates in Retry-After.</param>
    public static Exception Of(HttpResponseMessage answer, string what, HubSettings settings, bool isHub, TimeProvider clock)
    {
        var status = (int)answer.StatusCode;
        var said = Header(answer, "X-Error-Message") is { Length: > 0 and <= 500 } message ? $": {message}" : "";
        var page = settings.Endpoint.GetLeftPart(UriPartial.Path).TrimEnd('/');
        return answer.StatusCode switch
        {
            HttpStatusCode.TooManyRequests => new PassingHubException("hub_rate_limited", $"{what}: the hub answers 429, too many requests{said}.", Pause(answer, clock)),
            HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError => new PassingHubException("hub_unreachable", $"{what}: the answer is {status}{said}.", Pause(answer, clock)),
            // The address that the hub gave has run out; it gives another.
            HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized or HttpStatusCode.NotFound when !isHub => new PassingHubException("hub_unreachable", $"{what}: {answer.RequestMessage!.RequestUri!.Host} answers {status}{said}."),
            HttpStatusCode.Unauthorized => new TemperException("hub_unauthorised", $"{what}: the hub answers 401{said}; {(settings.Token is null ? "no token was shown" : "the token was refused")}.",
                settings.Token is null ? "Set HF_TOKEN if the repository is private or gated, and check its spelling: a hub does not tell a private repository from none." : "Check HF_TOKEN: it may have expired, or lack the right to read."),
            HttpStatusCode.Forbidden => new TemperException("hub_gated", $"{what}: the hub answers 403{said}.", $"Open {page}, accept the conditions of the repository, and set HF_TOKEN to a token of that account."),
            HttpStatusCode.NotFound => new TemperException("hub_not_found", $"{what}: {Missing(answer)}{said}.", $"Look at {page}: check the spelling and the revision{(settings.Token is null ? "; a private repository needs HF_TOKEN" : "")}."),
            _ => new TemperException("hub_answer_invalid", $"{what}: the answer is {status}{said}, which the protocol does not have here."),
        };
    }

    /// <summary>A header's value, or null.</summary>
    public static string? Header(HttpResponseMessage answer, string name) => answer.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    private static string Missing(HttpResponseMessage answer) => Header(answer, "X-Error-Code") switch
    {
        "RevisionNotFound" => "the repository has no such revision",
        "EntryNotFound" => "the repository has no such file at this commit",
        "RepoNotFound" => "the hub has no such repository",
        _ => "the hub answers 404, not found",
    };

    private static TimeSpan? Pause(HttpResponseMessage answer, TimeProvider clock) => answer.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - clock.GetUtcNow() is { Ticks: > 0 } left ? left : TimeSpan.Zero,
        _ => null,
    };
}
