using Azure.Identity;
using Azure.Storage.Blobs;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Storage.AzureBlobs;
using Temper.Storage.Folder;
using Temper.Storage.S3;

namespace Temper.Storage.Blobs;

/// <summary>Stores by address, as settings write them.</summary>
public static class BlobStores
{
    private const string DefaultContainer = "temper";
    private const string Several = "Containers=";

    /// <summary>
    /// A folder (a path or <c>file:…</c>), an Azure connection string (the container behind <c>;Container=</c>, else <c>temper</c>), or the
    /// address of an Azure account or container (<c>https://ACCOUNT.blob.core.windows.net/CONTAINER</c>, with the identity of the process, or with
    /// a signature behind <c>?</c>), or a bucket of S3 (<c>s3://BUCKET/PREFIX?endpoint=…&amp;region=…</c>, see <see cref="S3Address"/>).
    /// Behind either of Azure's, <c>;Containers=uploads,cache,models</c> names several containers: blobs under a prefix of that name lie in its
    /// container, all others in the last.
    /// </summary>
    /// <exception cref="TemperException">Code <c>storage_unavailable</c> when the address cannot be understood; the folder's own errors.</exception>
    public static IBlobStore Open(string address, TimeProvider clock)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(address);
        if (address.StartsWith(S3Address.Scheme, StringComparison.OrdinalIgnoreCase))
            return S3(S3Address.Parse(address), clock);
        if (Settings(address).FirstOrDefault(s => s.StartsWith(Several, StringComparison.OrdinalIgnoreCase)) is { } containers)
            return Split(string.Join(';', Settings(address).Where(s => s != containers)), containers[Several.Length..].Split(',', StringSplitOptions.TrimEntries), clock);
        if (IsUri(address))
            return new AzureBlobStore(ByUri(address), clock);
        if (address.Contains('=', StringComparison.Ordinal) && IsConnectionString(address))
            return new AzureBlobStore(ByConnectionString(address), clock);
        return new FolderBlobStore(address.StartsWith("file:", StringComparison.OrdinalIgnoreCase) ? new Uri(address).LocalPath : address, clock);
    }

    private static bool IsUri(string address) => address.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || address.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    private static SplitBlobStore Split(string account, string[] containers, TimeProvider clock)
    {
        IBlobStore Container(string name) => Open(IsUri(account) ? $"{account.TrimEnd('/')}/{name}" : $"{account};Container={name}", clock);
        return new(containers[..^1].ToDictionary(name => name, Container, StringComparer.Ordinal), Container(containers[^1]));
    }

    private static S3BlobStore S3(S3Address address, TimeProvider clock) => new(address.Open(), address, clock);

    private static bool IsConnectionString(string address) =>
        Settings(address).Any(s => s.StartsWith("AccountName=", StringComparison.OrdinalIgnoreCase) || s.StartsWith("BlobEndpoint=", StringComparison.OrdinalIgnoreCase)
            || s.StartsWith("UseDevelopmentStorage=", StringComparison.OrdinalIgnoreCase));

    private static BlobContainerClient ByConnectionString(string address)
    {
        const string Ours = "Container=";
        var container = Settings(address).FirstOrDefault(s => s.StartsWith(Ours, StringComparison.OrdinalIgnoreCase))?[Ours.Length..] ?? DefaultContainer;
        try
        {
            return new(string.Join(';', Settings(address).Where(s => !s.StartsWith(Ours, StringComparison.OrdinalIgnoreCase))), container);
        }
        catch (Exception error) when (error is FormatException or ArgumentException)
        {
            // Neither the text nor the driver's words about it: they may hold a key.
            throw new TemperException("storage_unavailable", "The connection string of the blob store cannot be understood.", hint: "Copy it again from the storage account's access keys.");
        }
    }

    private static BlobContainerClient ByUri(string address)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri))
            throw new TemperException("storage_unavailable", $"'{address.Split('?')[0]}' is not the address of a blob store.");
        var parts = new BlobUriBuilder(uri);
        if (parts.BlobContainerName.Length == 0)
            parts.BlobContainerName = DefaultContainer;
        return parts.Sas is null ? new(parts.ToUri(), new DefaultAzureCredential()) : new(parts.ToUri());
    }

    private static string[] Settings(string address) => address.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
