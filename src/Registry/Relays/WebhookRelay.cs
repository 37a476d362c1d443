using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Temper.Core.Events;
using Temper.Core.Json;

namespace Temper.Registry.Relays;

/// <summary>
/// Posts events as JSON. <c>Temper-Signature: t=SECONDS,v1=HEX</c> is HMAC-SHA256 under the target's secret over <c>SECONDS.BODY</c>; a receiver refuses
/// old times against replay and drops a <c>Temper-Event-Seq</c> that it has seen. Anything but 2xx is tried again.
/// </summary>
public sealed class WebhookRelay : IEventRelay, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly WebhookTarget _target;
    private readonly TimeProvider _clock;
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false }) { Timeout = Patience };

    /// <summary>A relay to one target.</summary>
    public WebhookRelay(WebhookTarget target, TimeProvider clock) => (_target, _clock) = (target, clock);

    /// <inheritdoc/>
    /// <exception cref="HttpRequestException">The target did not take it.</exception>
    public async Task RelayAsync(TemperEvent occurred, CancellationToken ct)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(occurred, Wire.Json);
        using var request = new HttpRequestMessage(HttpMethod.Post, _target.Address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("Temper-Event", occurred.Type);
        request.Headers.Add("Temper-Event-Seq", occurred.Seq.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("Temper-Signature", Signature(_target.Secret, _clock.GetUtcNow().ToUnixTimeSeconds(), body));
        using var answer = await _http.SendAsync(request, ct);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Value of the signature header.</summary>
    public static string Signature(string secret, long seconds, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        hmac.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{seconds}.")));
        hmac.AppendData(body);
        return string.Create(CultureInfo.InvariantCulture, $"t={seconds},v1={Convert.ToHexStringLower(hmac.GetHashAndReset())}");
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
