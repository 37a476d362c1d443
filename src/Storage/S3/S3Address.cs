using System.Text;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Temper.Core.Errors;

namespace Temper.Storage.S3;

/// <summary>
/// <c>s3://BUCKET/PREFIX?endpoint=URL&amp;region=NAME</c>. Prefix, endpoint (of a store that is not Amazon's) and region may be absent. Credentials are
/// never part of it: they come from the process's environment, its profile or the machine's role, as Amazon's tools find them.
/// </summary>
/// <param name="Bucket">An existing bucket.</param>
/// <param name="Prefix">Put before every key, without a <c>/</c> at either end; empty for none.</param>
/// <param name="Endpoint">Address of the service; null for Amazon's.</param>
/// <param name="Region">Region; null for the environment's, or us-east-1 at an endpoint.</param>
public sealed record S3Address(string Bucket, string Prefix, Uri? Endpoint, string? Region)
{
    /// <summary>What such addresses begin with.</summary>
    public const string Scheme = "s3://";

    private const int LongestPrefix = 120;

    /// <summary>Reads an address.</summary>
    /// <exception cref="TemperException">Code <c>storage_unavailable</c>: not such an address; what it says is not repeated, in case it holds a secret.</exception>
    public static S3Address Parse(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var cut = address[Scheme.Length..].Split('?', 2);
        var place = cut[0].Split('/', 2);
        var settings = cut.Length == 1 ? [] : cut[1].Split('&', StringSplitOptions.RemoveEmptyEntries).Select(s => s.Split('=', 2)).ToList();
        if (place[0].Length is < 3 or > 63 || !place[0].All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-'))
            throw Fault("its bucket's name is none (3 to 63 of a-z, 0-9, '.' and '-'; no user or password in front)");
        if (settings.Find(s => s.Length != 2 || s[0] is not ("endpoint" or "region")) is not null)
            throw Fault("behind '?' it may have endpoint=… and region=… only");
        var prefix = Uri.UnescapeDataString(place.Length == 1 ? "" : place[1]).Trim('/');
        if (Encoding.UTF8.GetByteCount(prefix) > LongestPrefix)
            throw Fault($"its prefix has more than {LongestPrefix} bytes");
        return new(place[0], prefix, Value(settings, "endpoint") is { } url ? EndpointOf(url) : null, Value(settings, "region"));
    }

    /// <summary>For people.</summary>
    public override string ToString() => $"{Scheme}{Bucket}{(Prefix.Length == 0 ? "" : "/" + Prefix)}{(Endpoint is null ? "" : " at " + Endpoint.GetLeftPart(UriPartial.Authority))}";

    /// <summary>A client for this address.</summary>
    /// <param name="credentials">Null for those that the process finds.</param>
    /// <param name="http">Makes the connections; null for the driver's own.</param>
    /// <exception cref="TemperException">Code <c>storage_unavailable</c>: no region is known.</exception>
    public AmazonS3Client Open(AWSCredentials? credentials = null, HttpClientFactory? http = null)
    {
        // Other stores than Amazon's do not understand the driver's own chunks and check sums.
        var config = new AmazonS3Config
        {
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = 4,
        };
        if (http is not null)
            config.HttpClientFactory = http;
        if (Endpoint is not null)
        {
            (config.ServiceURL, config.UseHttp) = (Endpoint.AbsoluteUri, Endpoint.Scheme == Uri.UriSchemeHttp);
            (config.ForcePathStyle, config.AuthenticationRegion) = (true, Region ?? "us-east-1");
        }
        else if (Region is not null)
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(Region);
        }
        try
        {
            return credentials is null ? new(config) : new(credentials, config);
        }
        catch (AmazonClientException error)
        {
            throw new TemperException("storage_unavailable", $"{this} cannot be opened: {error.Message.Split('\n')[0]}", "Name the region: ?region=… behind the address, or AWS_REGION.", error);
        }
    }

    private static string? Value(List<string[]> settings, string name) => settings.Find(s => s[0] == name) is { } found ? Uri.UnescapeDataString(found[1]) : null;

    private static Uri EndpointOf(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp) && uri.UserInfo.Length == 0
            ? uri
            : throw Fault("its endpoint is no https or http address without user information");

    private static TemperException Fault(string why) =>
        new("storage_unavailable", $"The address of the S3 store cannot be understood: {why}.", "Write s3://BUCKET/PREFIX?endpoint=https://…&region=…; credentials come from the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY).");
}
