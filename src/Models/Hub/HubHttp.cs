using System.Net;
using System.Net.Http.Headers;
using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>An answer, and what the hub itself said about the file on the way to it.</summary>
/// <param name="Response">The last answer: a success, or 416.</param>
/// <param name="Commit">X-Repo-Commit.</param>
/// <param name="Etag">X-Linked-Etag, or the hub's own ETag, without quotes.</param>
internal sealed record HubAnswer(HttpResponseMessage Response, string? Commit, string? Etag) : IDisposable
{
    /// <summary>How the answer is about another file than the listing's; null when it is not. The commit is pinned, and the hub names the file's digest.</summary>
    public string? Contradicts(HubListing listing, HubFile file)
    {
        if (Commit is { } commit && commit != listing.Commit) return $"the hub answers with commit {commit}";
        var expected = file.Sha256 ?? file.BlobId;
        return expected is not null && HubDigest.IsHex(Etag, expected.Length) && Etag != expected ? $"the hub now names digest {Etag}, at first {expected}" : null;
    }

    public void Dispose() => Response.Dispose();
}

/// <summary>Requests to a hub. Redirects are followed here, so that the token stays with the hub and what the hub says is seen; what passes is tried
/// again with growing pauses.</summary>
internal sealed class HubHttp : IDisposable
{
    private const int MostRedirects = 5;
    private readonly HttpClient http;
    private readonly HubSettings settings;
    private readonly TimeProvider clock;

    public HubHttp(HubSettings settings, TimeProvider clock)
    {
        (this.settings, this.clock) = (settings, clock);
        http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = settings.Silence, PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("temper", typeof(HubHttp).Assembly.GetName().Version?.ToString(3)));
    }

    /// <summary>Runs <paramref name="attempt"/> until it succeeds, fails for good, or makes no progress too often.</summary>
    /// <param name="attempt">Throws <see cref="PassingHubException"/> when it may be tried again.</param>
    /// <param name="progress">Grows when an attempt got somewhere.</param>
    /// <param name="ct">Stops.</param>
    public async Task<T> TryAsync<T>(Func<Task<T>> attempt, Func<long> progress, CancellationToken ct)
    {
        var reached = progress();
        for (var failures = 1; ; failures++)
        {
            try
            {
                return await attempt().ConfigureAwait(false);
            }
            catch (PassingHubException e)
            {
                if (progress() > reached) failures = 1;
                reached = progress();
                var pause = e.Pause ?? settings.FirstPause * Math.Pow(2, failures - 1);
                if (failures >= settings.Attempts || pause > settings.LongestPause)
                    throw new TemperException(e.Code, e.Message + (e.Pause is { } asked ? FormattableString.Invariant($" It asks to wait {asked.TotalSeconds:F0} seconds.") : $" Tried {failures} times."), inner: e);
                await Task.Delay(pause, clock, ct).ConfigureAwait(false);
            }
        }
    }

    /// <summary>One request and its redirects; answers with a success or 416, or throws.</summary>
    public async Task<HubAnswer> GetAsync(string path, string what, Action<HttpRequestMessage>? shape, CancellationToken ct)
    {
        var address = new Uri(settings.Endpoint.AbsoluteUri.TrimEnd('/') + "/" + path);
        string? commit = null, etag = null;
        for (var hop = 0; ; hop++)
        {
            var answer = await SendAsync(address, what, shape, ct).ConfigureAwait(false);
            commit ??= HubFaults.Header(answer, "X-Repo-Commit");
            etag ??= HubFaults.Header(answer, "X-Linked-Etag") ?? (IsHub(address) ? answer.Headers.ETag?.Tag : null);
            if (answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable) return new HubAnswer(answer, commit, Bare(etag));
            using (answer)
            {
                if (!IsRedirect(answer.StatusCode) || answer.Headers.Location is not { } location) throw HubFaults.Of(answer, what, settings, IsHub(address), clock);
                address = Next(address, location, hop, what);
            }
        }
    }

    /// <summary>The path and query below the hub's address that a link of the hub leads to; null when it leads elsewhere.</summary>
    public string? PathOf(string link)
    {
        var root = settings.Endpoint.AbsoluteUri.TrimEnd('/') + "/";
        return Uri.TryCreate(settings.Endpoint, link, out var address) && address.AbsoluteUri.StartsWith(root, StringComparison.Ordinal) ? address.AbsoluteUri[root.Length..] : null;
    }

    /// <summary>Runs a read with the patience for silence.</summary>
    public async Task<T> HeardAsync<T>(Func<CancellationToken, Task<T>> read, string what, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(settings.Silence);
        try
        {
            return await read(limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException and not FileNotFoundException)
        {
            throw new PassingHubException("hub_unreachable", $"{what}: {e.Message}.", inner: e);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new PassingHubException("hub_unreachable", FormattableString.Invariant($"{what}: nothing was heard for {settings.Silence.TotalSeconds:F0} seconds."), inner: e);
        }
    }

    public void Dispose() => http.Dispose();

    /// <summary>An ETag without W/ and quotes.</summary>
    public static string? Bare(string? tag) => tag is null ? null : tag.StartsWith("W/", StringComparison.Ordinal) ? tag[2..].Trim('"') : tag.Trim('"');

    private async Task<HttpResponseMessage> SendAsync(Uri address, string what, Action<HttpRequestMessage>? shape, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        shape?.Invoke(request);
        if (settings.Token is { } token && IsHub(address)) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await HeardAsync(limit => http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit), $"{what} at {address.Authority}", ct).ConfigureAwait(false);
    }

    private bool IsHub(Uri address) => address.Scheme == settings.Endpoint.Scheme && address.Authority == settings.Endpoint.Authority;

    private static bool IsRedirect(HttpStatusCode status) => status is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    private static Uri Next(Uri from, Uri location, int hop, string what)
    {
        var to = new Uri(from, location);
        if (hop == MostRedirects) throw new TemperException("hub_redirect_refused", $"{what}: after {MostRedirects} redirects the next leads to {to.Host}.");
        if (to.Scheme != Uri.UriSchemeHttps && (to.Scheme != Uri.UriSchemeHttp || from.Scheme == Uri.UriSchemeHttps))
            throw new TemperException("hub_redirect_refused", $"{what}: {from.Host} leads to {to.Scheme}://{to.Host}, which is less safe than {from.Scheme}.");
        return to;
    }
}
