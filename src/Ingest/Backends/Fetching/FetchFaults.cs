using System.Security.Authentication;
using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>What the network's exceptions mean.</summary>
internal static class FetchFaults
{
    /// <summary>The refusal for an exception of the HTTP client.</summary>
    public static FetchRefusal Of(Exception error, FetchAddress address)
    {
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            if (cause is TemperException blocked)
                return new(blocked.Code, blocked.Message);
            if (cause is AuthenticationException)
                return new("FETCH_UNREACHABLE", $"The certificate of {address.Uri.Host} cannot be trusted.", MayPass: true);
            if (cause is IOException)
                return new("FETCH_BROKEN", $"The answer of {address} broke off.", MayPass: true);
        }
        return error switch
        {
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => new("FETCH_UNREACHABLE", $"The host {address.Uri.Host} has no address.", MayPass: true),
            HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded or HttpRequestError.InvalidResponse } => new("FETCH_BROKEN", $"{address} does not answer as HTTP does.", MayPass: true),
            HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } => new("FETCH_BROKEN", $"{address} answers with more headers than are read."),
            _ => new("FETCH_UNREACHABLE", $"The host {address.Uri.Host} does not answer.", MayPass: true),
        };
    }
}
