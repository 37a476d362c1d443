using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Storage.Blobs;

namespace Temper.Storage.AzureBlobs;

/// <summary>Keys as names of Azure blobs: the same text.</summary>
internal static class BlobNames
{
    public static string Write(BlobKey key) => key.ToString();

    /// <summary>Null for a name that is no key: somebody else's blob.</summary>
    public static BlobKey? Read(string name)
    {
        try
        {
            return BlobKey.Parse(name);
        }
        catch (TemperException)
        {
            return null;
        }
    }

    /// <summary>What of a service's listing are blobs of ours.</summary>
    public static async IAsyncEnumerable<BlobInfo> Ours(IAsyncEnumerable<StoredName> names)
    {
        await foreach (var found in names)
            if (Read(found.Name) is { } key)
                yield return new(key, found.Size, found.ETag);
    }
}
