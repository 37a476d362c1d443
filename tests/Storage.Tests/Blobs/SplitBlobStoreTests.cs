using Temper.Core.Blobs;
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

    private FolderBlobStore Part(string name) => new(_folder.Of($"{_stores}-{name}"), TimeProvider.System);
}
