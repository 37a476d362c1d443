using Azure.Core.Pipeline;
using Azure.Identity;
using Azure.Storage.Blobs;
using Temper.Core.Errors;
using Temper.Storage.AzureBlobs;

namespace Temper.Ingest;

/// <summary>
/// Opens <c>type: azure</c>: a connection of the host by its name, or the address of an account with the host's identity. That identity's token is sent
/// to Azure's own hosts and to those that the operator allows, to no other.
/// </summary>
internal static class AzureKind
{
    private static readonly string[] Clouds = [".blob.core.windows.net", ".blob.core.usgovcloudapi.net", ".blob.core.chinacloudapi.cn", ".blob.storage.azure.net"];

    public static readonly DataBackendKind Kind = new("azure", OpenAsync)
    {
        Keys = [new("azure_connection_name"), new("azure_account_url"), new("azure_container_name", Required: true), new("azure_data_prefix")],
    };

    private static async Task<IDataBackend> OpenAsync(BackendRequest request, CancellationToken ct)
    {
        var (settings, services) = (request.Settings, request.Services);
        var name = settings.Required("azure_container_name");
        var container = await ContainerAsync(request, name, ct);
        var address = $"{container.Uri.GetLeftPart(UriPartial.Path)}";
        var store = new AzureBlobStore(container, services.Clock, makeContainer: false);
        var prefix = settings.Text("azure_data_prefix") ?? "";
        return new BlobBackend(store, store.ListNamesAsync, prefix, prefix.Trim('/') is { Length: > 0 } folder ? $"{address}/{folder}" : address);
    }

    private static async Task<BlobContainerClient> ContainerAsync(BackendRequest request, string name, CancellationToken ct)
    {
        var (settings, services) = (request.Settings, request.Services);
        var (connection, account) = (settings.Text("azure_connection_name"), settings.Text("azure_account_url"));
        if (connection is null == account is null)
            throw new TemperException([new Problem("CFG_MISSING_KEY", $"Dataset '{request.Dataset}' needs one of azure_connection_name and azure_account_url.") { Path = "/azure_connection_name" }]);
        if (account is not null)
            return new(new Uri(AccountOf(account, services.Fetch), name), new DefaultAzureCredential(), new() { Transport = new HttpClientTransport(new HttpClient(new SafeConnections(services.Fetch).Handler())) });
        var text = await services.Secrets(connection!, ct)
            ?? throw new TemperException([new Problem("CFG_SECRET_UNKNOWN", $"Dataset '{request.Dataset}' refers to the connection '{connection}'; the host has none of that name.") { Path = "/azure_connection_name" }]);
        try
        {
            return new(text, name);
        }
        catch (Exception error) when (error is FormatException or ArgumentException)
        {
            // Neither the text nor the driver's words about it: they may hold a key.
            throw new TemperException("CFG_BAD_VALUE", $"The connection '{connection}' of the host is no connection string of Azure Blob Storage.");
        }
    }

    private static Uri AccountOf(string url, FetchPolicy policy)
    {
        var address = FetchAddress.Parse(url).Uri;
        new SafeConnections(policy).Check(address);
        if (!Clouds.Any(cloud => address.IdnHost.EndsWith(cloud, StringComparison.OrdinalIgnoreCase)) && !policy.AllowedHosts.Any(h => h.Split(':')[0] == address.IdnHost))
            throw new TemperException("FETCH_BLOCKED", $"{address.Host} is no host of Azure Blob Storage; the host's identity is not shown to others.", "Use https://ACCOUNT.blob.core.windows.net, or have the operator allow the host.");
        return address.AbsolutePath.EndsWith('/') ? address : new Uri(address.AbsoluteUri + "/");
    }
}
