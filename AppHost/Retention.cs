using Aspire.Hosting.Azure;
using Azure.Provisioning.Storage;

namespace Temper.AppHost;

/// <summary>What was deleted or overwritten in the storage account can be had again for two weeks. Older versions are not kept beside that: almost everything is written
/// once, and what makes room in the cache would lie there for ever.</summary>
internal static class Retention
{
    private const int Days = 14;

    /// <summary>Of blobs, and of whole containers.</summary>
    public static void KeepDeleted(AzureResourceInfrastructure infrastructure)
    {
        foreach (var blobs in infrastructure.GetProvisionableResources().OfType<BlobService>())
        {
            blobs.DeleteRetentionPolicy = new DeleteRetentionPolicy { IsEnabled = true, Days = Days };
            blobs.ContainerDeleteRetentionPolicy = new DeleteRetentionPolicy { IsEnabled = true, Days = Days };
        }
    }
}
