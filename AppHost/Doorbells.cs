using Aspire.Hosting.Azure;

namespace Temper.AppHost;

/// <summary>Queues that ring and carry no truth.</summary>
internal static class Doorbells
{
    /// <summary>A second ring for the same attempt is dropped; a lock lasts as long as the service allows and is renewed while the work runs.</summary>
    public static void Configure(AzureServiceBusQueueResource queue)
    {
        queue.MaxDeliveryCount = 5;
        queue.LockDuration = TimeSpan.FromMinutes(5);
        queue.RequiresDuplicateDetection = true;
        queue.DuplicateDetectionHistoryTimeWindow = TimeSpan.FromMinutes(5);   // the emulator's maximum
        queue.DeadLetteringOnMessageExpiration = true;
    }
}
