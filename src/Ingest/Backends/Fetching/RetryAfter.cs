using System.Net;

namespace Temper.Ingest;

/// <summary>Which answers are worth another try, and when.</summary>
internal static class RetryAfter
{
    /// <summary>408, 429 and 5xx.</summary>
    public static bool MayPass(HttpStatusCode status) => status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)status is >= 500 and <= 599;

    /// <summary>How long the server asks to wait: seconds or a date; null when it does not say.</summary>
    public static TimeSpan? Of(HttpResponseMessage answer, TimeProvider clock) => answer.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date > clock.GetUtcNow() ? date - clock.GetUtcNow() : TimeSpan.Zero,
        _ => null,
    };

    /// <summary>The pause before try <paramref name="attempt"/> + 1: what the server asks for, else 0.5 s doubled each time.</summary>
    public static TimeSpan Pause(FetchRefusal refusal, int attempt) => refusal.RetryAfter ?? TimeSpan.FromSeconds(0.5 * (1 << Math.Min(attempt - 1, 10)));
}
