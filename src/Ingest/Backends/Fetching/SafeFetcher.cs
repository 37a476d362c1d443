using System.Net;
using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>
/// Downloads pictures from addresses that strangers give. Checked connections only (<see cref="SafeConnections"/>); at most three redirects, each checked
/// like the first address; bounded in time, bytes and downloads a host; what arrives must be a picture by its first bytes. Tries again after 408, 429
/// and 5xx alone, when the server asks to. Refusals are answers, not exceptions.
/// </summary>
public sealed class SafeFetcher : IDisposable
{
    private readonly SafeConnections _connections;
    private readonly HttpClient _http;
    private readonly HostGates _gates;
    private readonly TimeProvider _clock;

    /// <summary>A fetcher; its limits on hosts hold among all that share it.</summary>
    /// <param name="connections">Policy and resolver.</param>
    /// <param name="clock">For pauses and limits.</param>
    /// <param name="gates">Shared with other fetchers, which then wait for each other; null for its own.</param>
    public SafeFetcher(SafeConnections connections, TimeProvider clock, HostGates? gates = null)
    {
        ArgumentNullException.ThrowIfNull(connections);
        (_connections, _clock) = (connections, clock);
        _gates = gates ?? new();
        _http = new(connections.Handler()) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("temper/0.1");
        _http.DefaultRequestHeaders.Accept.ParseAdd("image/*, application/octet-stream;q=0.5");
        _http.DefaultRequestHeaders.AcceptEncoding.ParseAdd("identity");
    }

    private FetchPolicy Policy => _connections.Policy;

    /// <summary>Downloads one picture.</summary>
    /// <param name="url">As somebody wrote it.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public async Task<FetchResult> FetchAsync(string url, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(url);
        for (var attempt = 1; ; attempt++)
        {
            var result = await TryAsync(url, ct);
            if (result.Refusal is { Status: not null, MayPass: true } refusal && attempt < Policy.Attempts && RetryAfter.Pause(refusal, attempt) is var pause && pause <= Policy.MaxPause)
            {
                await Task.Delay(pause, _clock, ct);
                continue;
            }
            FetchTelemetry.Count(result.Refusal?.Code ?? "fetched");
            return result;
        }
    }

    /// <summary>Closes connections.</summary>
    public void Dispose() => _http.Dispose();

    private async Task<FetchResult> TryAsync(string url, CancellationToken ct)
    {
        try
        {
            var address = FetchAddress.Parse(url);
            _connections.Check(address.Uri);
            return await FollowAsync(address, ct);
        }
        catch (TemperException error)
        {
            return Refuse(error.Code, error.Message);
        }
    }

    private async Task<FetchResult> FollowAsync(FetchAddress address, CancellationToken ct)
    {
        var left = Policy.TotalTimeout;
        var from = address;
        for (var redirects = 0; redirects <= Policy.MaxRedirects; redirects++)
        {
            using var place = await _gates.EnterAsync(address.Uri.IdnHost, Policy.PerHost, ct);
            var began = _clock.GetTimestamp();
            var (result, next) = await AskAsync(address, left, ct);
            if (next is null)
                return result!;
            left -= _clock.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
                return TimedOut(from);
            if (address.Uri.Scheme == Uri.UriSchemeHttps && next.Uri.Scheme == Uri.UriSchemeHttp && !Policy.AllowHttp)
                return Refuse("FETCH_REDIRECTS", $"{from} redirects from https to http.");
            address = next;
        }
        return Refuse("FETCH_REDIRECTS", $"{from} redirects more than {Policy.MaxRedirects} times.");
    }

    /// <summary>One request: its result, or where it redirects to.</summary>
    private async Task<(FetchResult? Result, FetchAddress? Next)> AskAsync(FetchAddress address, TimeSpan left, CancellationToken ct)
    {
        using var timer = new CancellationTokenSource(left, _clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct, timer.Token);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address.Uri);
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (answer.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect)
                return answer.Headers.Location is { } location
                    ? (null, Target(address, location))
                    : (Refuse("FETCH_REDIRECTS", $"{address} redirects to nowhere."), null);
            if (answer.StatusCode != HttpStatusCode.OK)
                return (new(null, Status(address, answer)), null);
            return (await FetchBody.ReadAsync(answer, address, Policy.MaxBytes, limit.Token), null);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return (TimedOut(address), null);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            ct.ThrowIfCancellationRequested();
            return (new(null, timer.IsCancellationRequested ? TimedOut(address).Refusal : FetchFaults.Of(error, address)), null);
        }
    }

    private FetchAddress Target(FetchAddress from, Uri location)
    {
        var target = location.IsAbsoluteUri ? location : new Uri(from.Uri, location);
        var next = FetchAddress.Parse(target.OriginalString.Contains("://", StringComparison.Ordinal) ? target.OriginalString : target.AbsoluteUri);
        _connections.Check(next.Uri);
        return next;
    }

    private FetchRefusal Status(FetchAddress address, HttpResponseMessage answer) => new("FETCH_STATUS", $"{address} answers {(int)answer.StatusCode} {answer.StatusCode}.",
        (int)answer.StatusCode, RetryAfter.MayPass(answer.StatusCode), RetryAfter.Of(answer, _clock));

    private static FetchResult TimedOut(FetchAddress address) => new(null, new("FETCH_TIMEOUT", $"{address} did not arrive in time.", MayPass: true));

    private static FetchResult Refuse(string code, string reason) => new(null, new(code, reason));
}
