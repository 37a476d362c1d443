using Temper.Core.Blobs;
using Temper.Core.Errors;

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
}
