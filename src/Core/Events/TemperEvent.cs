using System.Text.Json;

namespace Temper.Core.Events;

/// <summary>
/// Something that happened, written in the transaction that made it happen (outbox). Types: <c>upload.completed</c>, <c>work.queued</c>,
/// <c>work.state</c>, <c>work.progress</c>, <c>sweep.state</c>, <c>dataset.sealed</c>, <c>dataset.rejected</c>, <c>model.version.created</c>, <c>model.alias.moved</c>.
/// </summary>
/// <param name="Seq">Position in the log, growing; what <c>Last-Event-ID</c> carries.</param>
/// <param name="Type">One of the above.</param>
/// <param name="Subject">What it is about: a work id, <c>sweep/NAME</c>, <c>dataset/NAME</c> or <c>model/NAME</c>.</param>
/// <param name="AtMs">Milliseconds since 1970, UTC.</param>
/// <param name="Data">Facts, by type.</param>
/// <param name="Traceparent">W3C trace context.</param>
public sealed record TemperEvent(long Seq, string Type, string Subject, long AtMs, JsonElement Data, string? Traceparent);

/// <summary>
/// Copies events one way to somebody else: at least once, in order per subject where the target can. Implementations: signed webhooks (registry),
/// Service Bus topic (plug-in).
/// </summary>
public interface IEventRelay
{
    /// <summary>Sends one event; returns when the target has it, throws when it has not and the caller shall try again later.</summary>
    Task RelayAsync(TemperEvent occurred, CancellationToken ct);
}
