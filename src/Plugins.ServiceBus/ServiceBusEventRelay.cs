using System.Globalization;
using System.Text.Json;
using Azure.Messaging.ServiceBus;
using Temper.Core.Events;
using Temper.Core.Ids;
using Temper.Core.Json;

namespace Temper.Plugins.ServiceBus;

/// <summary>Copies events to the topic <c>events</c>. The session is the subject, or the digest of one that the service finds too long, so subscriptions
/// with sessions see each subject in order; the message id is the position in the log, so duplicate detection drops what is sent twice. Errors as those of <see cref="ServiceBusDoorbell"/>; the next call connects anew.</summary>
public sealed class ServiceBusEventRelay(ServiceBusClient client) : IEventRelay, IAsyncDisposable
{
    /// <summary>The service's limit. A repository's subject can have 132 characters.</summary>
    private const int LongestSession = 128;

    private ServiceBusSender? _sender;

    /// <inheritdoc/>
    public Task RelayAsync(TemperEvent occurred, CancellationToken ct)
    {
        var message = new ServiceBusMessage(BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(occurred, Wire.Json)))
        {
            MessageId = occurred.Seq.ToString(CultureInfo.InvariantCulture),
            SessionId = occurred.Subject.Length <= LongestSession ? occurred.Subject : Digest.OfText(occurred.Subject).Hex,
            Subject = occurred.Type,
            ContentType = "application/json",
        };
        if (occurred.Traceparent is not null)
            message.ApplicationProperties["traceparent"] = occurred.Traceparent;
        return BusErrors.CallAsync(BusNames.Events, () =>
        {
            var sender = _sender is { IsClosed: false } open ? open : _sender = client.CreateSender(BusNames.Events);
            return sender.SendMessageAsync(message, ct);
        });
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _sender?.DisposeAsync() ?? ValueTask.CompletedTask;
}
