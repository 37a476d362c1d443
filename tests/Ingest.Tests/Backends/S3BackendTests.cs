using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Temper.Core.Errors;
using Temper.Storage.S3;
using Temper.Testing.Servers;
using static Temper.Ingest.Tests.Backends.BackendContract;

namespace Temper.Ingest.Tests.Backends;

[Trait("Needs", "s3rver")]
public sealed class S3BackendContractTests : BackendContract
{
    protected override async Task<SourceUnderTest> NewAsync() => await S3Source.NewAsync();
}

[Trait("Needs", "s3rver")]
public sealed class S3BackendTests
{
    [Fact]
    public async Task Other_peoples_names_and_folder_markers_are_told()
    {
        await using var source = await S3Source.NewAsync();
        foreach (var name in (string[])["good.png", "back\\slash.png", new string('n', 201)])
            await source.WriteAsync(name, Picture(20, 1));
        await source.WriteAsync("sub/", []);
        await using var backend = await source.OpenAsync();
        var items = await ListAsync(backend);
        Assert.Equal("good.png", Assert.Single(items, i => i.Problem is null).Path);
        Assert.Equal(2, items.Count(i => i.Problem?.Code == "SRC_NAME"));
        Assert.Equal(1, backend.LeftOut["folder_marker"]);
    }

    [Fact]
    public async Task A_bucket_that_does_not_exist_is_missing()
    {
        await using var source = await S3Source.NewAsync();
        await using var backend = await source.Host.OpenAsync("s3", source.Settings("no-such-bucket"));
        Assert.Equal("SRC_MISSING", (await Assert.ThrowsAsync<TemperException>(() => ListAsync(backend))).Code);
    }

    [Fact]
    public async Task An_endpoint_inside_the_operators_network_is_refused_unless_it_is_allowed()
    {
        await using var source = await S3Source.NewAsync();
        await source.WriteAsync("a.png", Picture(20, 1));
        var server = await S3Server.SharedAsync();
        source.Host.Policy = new() { AllowHttp = true, Ports = [server.Port] };
        Assert.Equal("FETCH_BLOCKED", (await Assert.ThrowsAsync<TemperException>(() => source.OpenAsync())).Code);
        source.Host.Policy = new();
        Assert.Equal("FETCH_URL", (await Assert.ThrowsAsync<TemperException>(() => source.OpenAsync())).Code);
        source.Host.Policy = new() { AllowedHosts = [$"127.0.0.1:{server.Port}"] };
        await using var backend = await source.OpenAsync();
        Assert.Single(await ListAsync(backend));
    }

    [Fact]
    public async Task A_name_that_leads_inside_is_refused_when_connecting()
    {
        await using var source = await S3Source.NewAsync();
        var server = await S3Server.SharedAsync();
        source.Host.Policy = new() { AllowHttp = true, Ports = [server.Port] };
        await using var backend = await source.Host.OpenAsync("aws", source.Settings("bucket", $"http://localhost:{server.Port}"));
        var error = await Assert.ThrowsAsync<TemperException>(() => ListAsync(backend));
        Assert.Contains("not public", error.Message);
    }

    [Fact]
    public async Task Credentials_come_by_reference_alone_and_are_not_repeated()
    {
        using var host = new BackendHost();
        var plain = await Assert.ThrowsAsync<TemperException>(() => host.OpenAsync("aws", new { aws_bucket_name = "bucket", aws_region_name = "eu-west-1", aws_access_key_id = "AKIAPLAIN", aws_secret_access_key = "hush" }));
        Assert.Equal("CFG_WRONG_TYPE", plain.Code);
        Assert.DoesNotContain("AKIAPLAIN", plain.ToString());
        host.Secrets["id"] = "AKIA";
        var half = await Assert.ThrowsAsync<TemperException>(() => host.OpenAsync("aws", new { aws_bucket_name = "bucket", aws_region_name = "eu-west-1", aws_access_key_id = new { secretRef = "id" } }));
        Assert.Equal("CFG_MISSING_KEY", half.Code);
        var unknown = await Assert.ThrowsAsync<TemperException>(() => host.OpenAsync("aws", new { aws_bucket_name = "bucket", aws_access_key_id = new { secretRef = "other" } }));
        Assert.Equal("CFG_SECRET_UNKNOWN", unknown.Code);
    }
}

/// <summary>A prefix of a bucket as a dataset's source.</summary>
internal sealed class S3Source : SourceUnderTest
{
    private readonly AmazonS3Client _client;
    private readonly string _bucket, _endpoint;

    private S3Source(string bucket, string endpoint)
    {
        (_bucket, _endpoint) = (bucket, endpoint);
        _client = new S3Address(bucket, "", new Uri(endpoint), null).Open(new BasicAWSCredentials(S3Server.Key, S3Server.Key));
        Host.Secrets["s3-id"] = S3Server.Key;
        Host.Secrets["s3-key"] = S3Server.Key;
        Host.Policy = Host.Policy with { Ports = [new Uri(endpoint).Port] };
    }

    public BackendHost Host { get; } = new();

    public static async Task<S3Source> NewAsync()
    {
        var server = await S3Server.SharedAsync();
        return new(await server.NewBucketAsync(), server.Endpoint);
    }

    public object Settings(string bucket, string? endpoint = null) => new
    {
        aws_bucket_name = bucket,
        aws_data_prefix = "data/set",
        aws_endpoint_url = endpoint ?? _endpoint,
        aws_access_key_id = new { secretRef = "s3-id" },
        aws_secret_access_key = new { secretRef = "s3-key" },
    };

    public override Task WriteAsync(string path, byte[] content) => _client.PutObjectAsync(new PutObjectRequest
    {
        BucketName = _bucket,
        Key = "data/set/" + path,
        InputStream = new MemoryStream(content),
        UseChunkEncoding = false,
    });

    public override Task RemoveAsync(string path) => _client.DeleteObjectAsync(_bucket, "data/set/" + path);

    public override Task<IDataBackend> OpenAsync() => Host.OpenAsync("aws", Settings(_bucket));

    public override ValueTask DisposeAsync()
    {
        _client.Dispose();
        Host.Dispose();
        return ValueTask.CompletedTask;
    }
}
