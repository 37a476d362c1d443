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
    private const string Several = "Containers=", Ours = "Container=";

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
        if (containers.Any(name => name.Length == 0) || containers.Distinct(StringComparer.Ordinal).Count() < containers.Length)
            throw new TemperException("storage_unavailable", $"{Several}{string.Join(',', containers)} names a container twice, or none.", hint: $"Write {Several}uploads,cache,models.");
        var uri = IsUri(account) ? Parsed(account) : null;
        if (uri is null && !IsConnectionString(account))
            throw new TemperException("storage_unavailable", $"{Several} divides an Azure account, and what stands before it is none.", hint: $"Remove ;{Several}…, or name an account.");
        if (uri?.BlobContainerName.Length > 0 || Settings(account).Any(IsContainer))
            throw new TemperException("storage_unavailable", $"The address names one container, and {Several} several.", hint: "Name the account alone before it.");
        IBlobStore Container(string name) => Open(uri is null ? $"{account};{Ours}{name}" : new BlobUriBuilder(uri.ToUri()) { BlobContainerName = name }.ToUri().AbsoluteUri, clock);
        return new(containers[..^1].ToDictionary(name => name, Container, StringComparer.Ordinal), Container(containers[^1]));
    }

    private static S3BlobStore S3(S3Address address, TimeProvider clock) => new(address.Open(), address, clock);

    private static bool IsConnectionString(string address) =>
        Settings(address).Any(s => s.StartsWith("AccountName=", StringComparison.OrdinalIgnoreCase) || s.StartsWith("BlobEndpoint=", StringComparison.OrdinalIgnoreCase)
            || s.StartsWith("UseDevelopmentStorage=", StringComparison.OrdinalIgnoreCase));

    private static BlobContainerClient ByConnectionString(string address)
    {
        var container = Settings(address).FirstOrDefault(IsContainer)?[Ours.Length..] ?? DefaultContainer;
        try
        {
            return new(string.Join(';', Settings(address).Where(s => !IsContainer(s))), container);
        }
        catch (Exception error) when (error is FormatException or ArgumentException)
        {
            // Neither the text nor the driver's words about it: they may hold a key.
            throw new TemperException("storage_unavailable", "The connection string of the blob store cannot be understood.", hint: "Copy it again from the storage account's access keys.");
        }
    }

    private static BlobContainerClient ByUri(string address)
    {
        var parts = Parsed(address);
        if (parts.BlobContainerName.Length == 0)
            parts.BlobContainerName = DefaultContainer;
        return parts.Sas is null ? new(parts.ToUri(), new DefaultAzureCredential()) : new(parts.ToUri());
    }

    private static BlobUriBuilder Parsed(string address) => Uri.TryCreate(address, UriKind.Absolute, out var uri) ? new(uri)
        : throw new TemperException("storage_unavailable", $"'{address.Split('?')[0]}' is not the address of a blob store.");

    private static bool IsContainer(string setting) => setting.StartsWith(Ours, StringComparison.OrdinalIgnoreCase);

    private static string[] Settings(string address) => address.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
