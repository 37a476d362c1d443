using Aspire.Hosting.Azure;

namespace Temper.AppHost;

/// <summary>Queues that ring and carry no truth, and the topic that copies what happened.</summary>
internal static class Doorbells
{
    /// <summary>The emulator takes no more; in Azure it is enough, because a ring is sent again within seconds or not at all.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(5);

    /// <summary>A second ring for the same attempt is dropped; a lock lasts as long as the service allows and is renewed while the work runs.</summary>
    public static void Configure(AzureServiceBusQueueResource queue)
    {
        queue.MaxDeliveryCount = 5;
        queue.LockDuration = TimeSpan.FromMinutes(5);
        queue.RequiresDuplicateDetection = true;
        queue.DuplicateDetectionHistoryTimeWindow = Memory;
        queue.DeadLetteringOnMessageExpiration = true;
    }

    /// <summary>An event that is relayed twice arrives once.</summary>
    public static void Configure(AzureServiceBusTopicResource topic)
    {
        topic.RequiresDuplicateDetection = true;
        topic.DuplicateDetectionHistoryTimeWindow = Memory;
    }
}
