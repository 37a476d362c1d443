using Azure.Storage.Blobs;
using Temper.Core.Errors;
using Temper.Testing.Servers;
using static Temper.Ingest.Tests.Backends.BackendContract;

namespace Temper.Ingest.Tests.Backends;

[Trait("Needs", "azurite")]
public sealed class AzureBackendContractTests : BackendContract
{
    protected override async Task<SourceUnderTest> NewAsync() => await AzureContainer.NewAsync();
}

[Trait("Needs", "azurite")]
public sealed class AzureBackendTests
{
    [Fact]
    public async Task Names_that_cannot_be_stored_are_told_and_other_prefixes_are_not_seen()
    {
        await using var source = await AzureContainer.NewAsync();
        foreach (var name in (string[])["data/a//b.png", "data/good.png", "data/" + new string('n', 201)])
            await source.Client.UploadBlobAsync(name, BinaryData.FromBytes(Picture(20, 1)));
        await source.Client.UploadBlobAsync("elsewhere/x.png", BinaryData.FromString("x"));
        await source.Client.UploadBlobAsync("database/x.png", BinaryData.FromString("x"));
        await using var backend = await source.OpenAsync();
        var items = await ListAsync(backend);
        Assert.Equal("good.png", Assert.Single(items, i => i.Problem is null).Path);
        Assert.All(items.Where(i => i.Path != "good.png"), i => Assert.Equal("SRC_NAME", i.Problem!.Code));
    }

    [Fact]
    public async Task A_container_that_does_not_exist_is_missing_and_not_made()
    {
        await using var source = await AzureContainer.NewAsync();
        await using var backend = await source.Host.OpenAsync("azure", new { azure_connection_name = "store", azure_container_name = "no-such-container" });
        Assert.Equal("SRC_MISSING", (await Assert.ThrowsAsync<TemperException>(() => ListAsync(backend))).Code);
        Assert.Equal("SRC_MISSING", (await Assert.ThrowsAsync<TemperException>(() => ListAsync(backend))).Code);
    }

    [Theory]
    [InlineData("https://evil.example/", "FETCH_BLOCKED")]
    [InlineData("https://account.blob.core.windows.net.evil.example/", "FETCH_BLOCKED")]
    [InlineData("http://account.blob.core.windows.net/", "FETCH_URL")]
    [InlineData("https://key:secret@account.blob.core.windows.net/", "FETCH_URL")]
    [InlineData("https://169.254.169.254/", "FETCH_BLOCKED")]
    public async Task The_hosts_identity_is_shown_to_azure_alone(string url, string code)
    {
        using var host = new BackendHost { Policy = new() };
        var error = await Assert.ThrowsAsync<TemperException>(() => host.OpenAsync("azure", new { azure_account_url = url, azure_container_name = "c" }));
        Assert.Equal(code, error.Code);
        Assert.DoesNotContain("secret", error.Message);
    }

    [Fact]
    public async Task The_address_that_people_see_holds_no_key()
    {
        await using var source = await AzureContainer.NewAsync();
        await using var backend = await source.OpenAsync();
        Assert.EndsWith("/data", backend.Address);
        Assert.DoesNotContain("Key", backend.Address);
    }

    [Fact]
    public async Task A_connection_that_the_host_does_not_have_is_named()
    {
        using var host = new BackendHost();
        var error = await Assert.ThrowsAsync<TemperException>(() => host.OpenAsync("azure", new { azure_connection_name = "nope", azure_container_name = "c" }));
        Assert.Equal("CFG_SECRET_UNKNOWN", error.Code);
        Assert.Contains("'nope'", error.Message);
    }
}

/// <summary>A container of Azurite as a dataset's source.</summary>
internal sealed class AzureContainer : SourceUnderTest
{
    private readonly string _name;

    private AzureContainer(string connection, string name)
    {
        (_name, Client) = (name, new(connection, name));
        Host.Secrets["store"] = connection;
    }

    public BackendHost Host { get; } = new();

    public BlobContainerClient Client { get; }

    public static async Task<AzureContainer> NewAsync()
    {
        var address = (await AzuriteServer.SharedAsync()).NewContainer();
        var cut = address.LastIndexOf(";Container=", StringComparison.Ordinal);
        var source = new AzureContainer(address[..cut], address[(cut + ";Container=".Length)..]);
        await source.Client.CreateAsync();
        return source;
    }

    public override Task WriteAsync(string path, byte[] content) => Client.GetBlobClient("data/" + path).UploadAsync(BinaryData.FromBytes(content), overwrite: true);

    public override Task RemoveAsync(string path) => Client.DeleteBlobAsync("data/" + path);

    public override Task<IDataBackend> OpenAsync() => Host.OpenAsync("azure", new { azure_connection_name = "store", azure_container_name = _name, azure_data_prefix = "data" });

    public override ValueTask DisposeAsync()
    {
        Host.Dispose();
        return ValueTask.CompletedTask;
    }
}
