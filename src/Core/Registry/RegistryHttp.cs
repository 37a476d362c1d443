using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Json;

namespace Temper.Core.Registry;

/// <summary>
/// Requests to a registry: JSON out and in, problem+json as <see cref="TemperException"/>, and patience: what fails for want of an answer
/// (no connection, 502, 503, 504) is sent again until the patience ends. Every route is safe to repeat.
/// </summary>
internal sealed class RegistryHttp(HttpClient http, TimeSpan patience, TimeProvider clock)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(3);

    public Uri Address => http.BaseAddress ?? throw new InvalidOperationException("The client has no address.");

    public async Task<T> GetAsync<T>(string path, CancellationToken ct)
    {
        using var answer = await SendAsync(() => new(HttpMethod.Get, path), HttpCompletionOption.ResponseContentRead, ct).ConfigureAwait(false);
        return await ReadAsync<T>(answer, ct).ConfigureAwait(false);
    }

    /// <summary>Null when the answer is 404 with code <c>not_found</c>.</summary>
    public async Task<T?> FindAsync<T>(string path, CancellationToken ct)
    {
        try
        {
            return await GetAsync<T>(path, ct).ConfigureAwait(false);
        }
        catch (TemperException e) when (e.Code == "not_found")
        {
            return default;
        }
    }

    public async Task<TOut?> SendAsync<TIn, TOut>(HttpMethod method, string path, TIn body, CancellationToken ct, Action<HttpRequestMessage>? shape = null)
    {
        using var answer = await SendAsync(() =>
        {
            var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body, options: Wire.Json) };
            shape?.Invoke(request);
            return request;
        }, HttpCompletionOption.ResponseContentRead, ct).ConfigureAwait(false);
        return answer.StatusCode == HttpStatusCode.NoContent ? default : await ReadAsync<TOut>(answer, ct).ConfigureAwait(false);
    }

    /// <summary>Sends until there is an answer, or <paramref name="once"/>; <paramref name="make"/> is called for every attempt.</summary>
    /// <exception cref="TemperException">The answer is an error, or none came: code <c>server_unreachable</c>.</exception>
    public async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> make, HttpCompletionOption completion, CancellationToken ct, bool once = false)
    {
        var began = clock.GetTimestamp();
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            var (answer, failure) = await TryAsync(make, completion, ct).ConfigureAwait(false);
            if (answer is { IsSuccessStatusCode: true })
                return answer;
            var passing = answer is null || answer.StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;
            if (!passing || once || clock.GetElapsedTime(began) + pause > patience)
                throw answer is null
                    ? new TemperException("server_unreachable", $"No server answers at {Address}.", "Start one with `temper up`, or name one with --server URL.", failure)
                    : await ErrorAsync(answer, ct).ConfigureAwait(false);
            answer?.Dispose();
            await Task.Delay(pause, clock, ct).ConfigureAwait(false);
        }
    }

    private async Task<(HttpResponseMessage?, Exception?)> TryAsync(Func<HttpRequestMessage> make, HttpCompletionOption completion, CancellationToken ct)
    {
        using var request = make();
        try
        {
            return (await http.SendAsync(request, completion, ct).ConfigureAwait(false), null);
        }
        catch (HttpRequestException e)
        {
            return (null, e);
        }
        catch (TaskCanceledException e) when (!ct.IsCancellationRequested)
        {
            return (null, e);
        }
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage answer, CancellationToken ct) =>
        await answer.Content.ReadFromJsonAsync<T>(Wire.Json, ct).ConfigureAwait(false)
        ?? throw new TemperException("invalid_json", $"{answer.RequestMessage?.RequestUri} answered with nothing where JSON was expected.");

    private static async Task<TemperException> ErrorAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        using (answer)
        {
            var text = await answer.Content.ReadAsStringAsync(ct).ConfigureAwait(false);
            if (ProblemDocument.TryRead(text) is { } document)
                return document.ToException();
            var code = answer.StatusCode switch { HttpStatusCode.NotFound => "not_found", HttpStatusCode.Unauthorized => "unauthorised", _ => "internal" };
            return new(code, $"{answer.RequestMessage?.Method} {answer.RequestMessage?.RequestUri} answered {(int)answer.StatusCode} {answer.ReasonPhrase}.");
        }
    }
}
