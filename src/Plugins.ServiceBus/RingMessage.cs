using System.Globalization;
using System.Text.Json;
using Azure.Messaging.ServiceBus;
using Temper.Core.Json;
using Temper.Core.Work;

namespace Temper.Plugins.ServiceBus;

/// <summary>A ring as a message: <c>MessageId = {workId}.{attempt}</c>, so that the queue's duplicate detection drops a second one.</summary>
internal static class RingMessage
{
    public static ServiceBusMessage Write(WorkRing ring) => new(BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(ring, Wire.Json)))
    {
        MessageId = string.Create(CultureInfo.InvariantCulture, $"{ring.Id}.{ring.Attempt}"),
        Subject = ring.Kind.ToString(),
        ContentType = "application/json",
    };

    /// <summary>Null, and why, when the body is not a ring of <paramref name="kind"/>.</summary>
    public static (WorkRing? Ring, string Fault) Read(BinaryData body, WorkKind kind)
    {
        try
        {
            var ring = JsonSerializer.Deserialize<WorkRing>(body.ToMemory().Span, Wire.Strict);
            return ring?.Kind == kind ? (ring, "") : (null, $"the ring is for {ring?.Kind}, the queue for {kind}");
        }
        catch (JsonException e)
        {
            return (null, e.Message);
        }
    }
}
