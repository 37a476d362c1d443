using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Events;
using Temper.Core.Json;

namespace Temper.Core.Registry;

/// <summary>Follows the log of events.</summary>
public sealed class EventClient
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly RegistryHttp _http;

    internal EventClient(RegistryHttp http) => _http = http;

    /// <summary>
    /// <c>GET /api/v1/events</c> (server-sent events) after <paramref name="after"/>, for ever: a cut connection is opened again behind the last event seen.
    /// </summary>
    /// <param name="after">Sequence number; -1 begins with what happens from now on.</param>
    /// <param name="subject">Only events about this; null: all.</param>
    /// <param name="ct">Ends the stream.</param>
    public async IAsyncEnumerable<TemperEvent> FollowAsync(long after, string? subject, [EnumeratorCancellation] CancellationToken ct)
    {
        while (true)
        {
            await using var events = ReadAsync(after, subject, ct).GetAsyncEnumerator(ct);
            while (await MoveAsync(events).ConfigureAwait(false))
            {
                after = events.Current.Seq;
                yield return events.Current;
            }
            await Task.Delay(Pause, ct).ConfigureAwait(false);
        }
    }

    private static async ValueTask<bool> MoveAsync(IAsyncEnumerator<TemperEvent> events)
    {
        try
        {
            return await events.MoveNextAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            return false;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async IAsyncEnumerable<TemperEvent> ReadAsync(long after, string? subject, [EnumeratorCancellation] CancellationToken ct)
    {
        using var answer = await _http.SendAsync(() =>
        {
            var request = new HttpRequestMessage(HttpMethod.Get, subject is null ? "api/v1/events" : $"api/v1/events?subject={Uri.EscapeDataString(subject)}");
            if (after >= 0)
                request.Headers.Add("Last-Event-ID", after.ToString(CultureInfo.InvariantCulture));
            return request;
        }, HttpCompletionOption.ResponseHeadersRead, ct).ConfigureAwait(false);
        await using var stream = await answer.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(ct).ConfigureAwait(false))
            if (item.EventType != "ping")
                yield return JsonSerializer.Deserialize<TemperEvent>(item.Data, Wire.Json) ?? throw new TemperException("invalid_json", "An event was empty.");
    }
}
