using Azure.Messaging.ServiceBus;
using Temper.Core.Work;

namespace Temper.Plugins.ServiceBus;

/// <summary>A ring as a message: <c>MessageId = {workId}.{attempt}</c>, so that the queue's duplicate detection drops a second one.</summary>
internal static class RingMessage
{
    public static ServiceBusMessage Write(WorkRing ring) => new(BinaryData.FromBytes(RingText.Write(ring)))
    {
        MessageId = RingText.Name(ring),
        Subject = ring.Kind.ToString(),
        ContentType = "application/json",
    };
}
