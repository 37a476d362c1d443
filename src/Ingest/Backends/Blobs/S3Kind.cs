using Amazon.Runtime;
using Temper.Core.Errors;
using Temper.Storage.S3;

namespace Temper.Ingest;

/// <summary>Opens <c>type: aws</c>, with SimpleTuner's keys. An endpoint of the dataset's own is reached by checked connections alone.</summary>
internal static class S3Kind
{
    private const int MostConnections = 128;

    public static readonly DataBackendKind Kind = new("aws", OpenAsync)
    {
        Aliases = ["s3"],
        Keys =
        [
            new("aws_bucket_name", Required: true), new("aws_data_prefix"), new("aws_region_name"), new("aws_endpoint_url"), new("aws_access_key_id", BackendKeyKind.Secret),
            new("aws_secret_access_key", BackendKeyKind.Secret), new("aws_session_token", BackendKeyKind.Secret), new("aws_max_pool_connections", BackendKeyKind.Number),
        ],
    };

    private static async Task<IDataBackend> OpenAsync(BackendRequest request, CancellationToken ct)
    {
        var (settings, services) = (request.Settings, request.Services);
        var address = new S3Address(settings.Required("aws_bucket_name"), "", Endpoint(settings, services.Fetch), settings.Text("aws_region_name"));
        var connections = (int)Math.Clamp(settings.Number("aws_max_pool_connections") ?? MostConnections, 1, MostConnections);
        var http = new CheckedHttp(services.Fetch with { PerHost = connections });
        var client = address.Open(await CredentialsAsync(settings, services.Secrets, ct), address.Endpoint is null ? null : http);
        var store = new S3BlobStore(client, address, services.Clock);
        var prefix = settings.Text("aws_data_prefix") ?? "";
        return new BlobBackend(store, store.ListNamesAsync, prefix, (address with { Prefix = prefix.Trim('/') }).ToString(), client, http);
    }

    private static Uri? Endpoint(BackendSettings settings, FetchPolicy policy)
    {
        if (settings.Text("aws_endpoint_url") is not { } url)
            return null;
        var address = FetchAddress.Parse(url);
        new SafeConnections(policy).Check(address.Uri);
        return address.Uri;
    }

    private static async Task<AWSCredentials?> CredentialsAsync(BackendSettings settings, SecretSource secrets, CancellationToken ct)
    {
        var key = await settings.SecretAsync("aws_access_key_id", secrets, ct);
        var secret = await settings.SecretAsync("aws_secret_access_key", secrets, ct);
        var session = await settings.SecretAsync("aws_session_token", secrets, ct);
        if (key is null != secret is null || (session is not null && key is null))
            throw new TemperException([new Problem("CFG_MISSING_KEY", "aws_access_key_id and aws_secret_access_key go together, and aws_session_token with both.") { Path = "/aws_access_key_id" }]);
        return key is null ? null : session is null ? new BasicAWSCredentials(key, secret) : new SessionAWSCredentials(key, secret, session);
    }

    /// <summary>The driver's client over checked connections: one for all calls.</summary>
    private sealed class CheckedHttp(FetchPolicy policy) : HttpClientFactory, IDisposable
    {
        private readonly HttpClient _http = new(new SafeConnections(policy).Handler()) { Timeout = TimeSpan.FromMinutes(5) };

        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => _http;

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

        public void Dispose() => _http.Dispose();
    }
}
