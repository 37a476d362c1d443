using System.Net;
using System.Net.Sockets;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Storage.Blobs;
using Temper.Storage.Folder;
using Temper.Testing;
using Temper.Testing.Servers;

namespace Temper.Storage.Tests.Blobs;

public sealed class SplitBlobStoreTests : BlobStoreContract, IDisposable
{
    private readonly TempFolder _folder = new();
    private int _stores;

    public void Dispose() => _folder.Dispose();

    protected override Task<IBlobStore> NewStoreAsync()
    {
        _stores++;
        return ReopenAsync(null!);
    }

    protected override Task<IBlobStore> ReopenAsync(IBlobStore store) =>
        Task.FromResult<IBlobStore>(new SplitBlobStore(new Dictionary<string, IBlobStore> { ["datasets"] = Part("d"), ["a"] = Part("a"), ["uploads"] = Part("u") }, Part("rest")));

    [Fact]
    public async Task A_part_holds_its_blobs_under_shorter_names()
    {
        var store = await NewStoreAsync();
        await CreateAsync(store, "uploads/chats/file", "x");
        Assert.Equal("x", await ReadTextAsync(Part("u"), "chats/file"));
        Assert.Null(await Part("rest").FindAsync(BlobKey.Parse("uploads/chats/file"), Ct));
    }

    [Fact]
    public async Task A_listing_of_all_has_one_order()
    {
        var store = await NewStoreAsync();
        string[] keys = ["a", "a/1", "aa", "b", "datasets-old", "datasets/x/1", "datasets/x/2", "packs/1", "uploads/z", "v"];
        foreach (var key in keys.Reverse())
            await CreateAsync(store, key, key);
        var listed = new List<string>();
        await foreach (var blob in store.ListAsync("", Ct))
            listed.Add(blob.Key.ToString());
        Assert.Equal(keys, listed);
    }

    [Fact]
    public async Task Containers_of_an_account_are_found_with_its_signature()
    {
        using var account = new HttpListener();
        var port = FreePort();
        account.Prefixes.Add($"http://127.0.0.1:{port}/");
        account.Start();
        var store = BlobStores.Open($"http://127.0.0.1:{port}/somebody?sv=2024-05-04&sig=a%2Bb;Containers=uploads,models", TimeProvider.System);
        foreach (var (key, container, name) in new[] { ("uploads/chats/one", "uploads", "chats/one"), ("packs/two", "models", "packs/two") })
        {
            var asking = store.FindAsync(BlobKey.Parse(key), Ct);
            string[] asked = [await AnswerAsync(account, 201), await AnswerAsync(account, 404)];
            Assert.Null(await asking);
            Assert.Equal([$"PUT /somebody/{container} a+b", $"HEAD /somebody/{container}/{name} a+b"], asked);
        }
    }

    [Theory]
    [InlineData("https://somebody.blob.core.windows.net/uploads;Containers=uploads,models")]
    [InlineData("https://somebody.blob.core.windows.net/uploads?sv=1&sig=secret;Containers=uploads,models")]
    [InlineData("UseDevelopmentStorage=true;Container=temper;Containers=uploads,models")]
    [InlineData("https://somebody.blob.core.windows.net;Containers=models,models")]
    [InlineData("https://somebody.blob.core.windows.net;Containers=uploads,,models")]
    [InlineData("./blobs;Containers=uploads,models")]
    public void What_names_no_containers_of_one_account_is_refused(string address)
    {
        var error = Assert.Throws<TemperException>(() => BlobStores.Open(address, TimeProvider.System));
        Assert.Equal("storage_unavailable", error.Code);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "azurite")]
    public async Task Containers_of_one_account_are_one_store()
    {
        var azurite = (await AzuriteServer.SharedAsync()).NewContainer();
        var account = string.Join(';', azurite.Split(';').Where(setting => !setting.StartsWith("Container=", StringComparison.Ordinal)));
        var names = Enumerable.Range(0, 3).Select(_ => "p" + Core.Ids.Ulid.New(TimeProvider.System).ToLowerInvariant()).ToArray();
        var store = BlobStores.Open($"{account};Containers={string.Join(',', names)}", TimeProvider.System);
        await CreateAsync(store, $"{names[0]}/chats/one", "1");
        await CreateAsync(store, "packs/two", "2");
        Assert.Equal("1", await ReadTextAsync(BlobStores.Open($"{account};Container={names[0]}", TimeProvider.System), "chats/one"));
        Assert.Equal("2", await ReadTextAsync(BlobStores.Open($"{account};Container={names[2]}", TimeProvider.System), "packs/two"));
    }

    /// <summary>What was asked, with the signature.</summary>
    private static async Task<string> AnswerAsync(HttpListener account, int status)
    {
        var http = await account.GetContextAsync();
        http.Response.StatusCode = status;
        http.Response.AddHeader("x-ms-error-code", "BlobNotFound");
        http.Response.Close();
        return $"{http.Request.HttpMethod} {http.Request.Url!.AbsolutePath} {http.Request.QueryString["sig"]}";
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private FolderBlobStore Part(string name) => new(_folder.Of($"{_stores}-{name}"), TimeProvider.System);
}
