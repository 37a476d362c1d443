using System.Net;
using System.Net.Sockets;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Storage.Blobs;
using Temper.Testing.Servers;

namespace Temper.Storage.Tests.Blobs;

[Trait("Needs", "azurite")]
public sealed class AzureBlobStoreTests : BlobStoreContract
{
    private string _address = "";

    protected override async Task<IBlobStore> NewStoreAsync()
    {
        _address = (await AzuriteServer.SharedAsync()).NewContainer();
        return BlobStores.Open(_address, TimeProvider.System);
    }

    protected override Task<IBlobStore> ReopenAsync(IBlobStore store) => Task.FromResult(BlobStores.Open(_address, TimeProvider.System));

    [Fact]
    public async Task A_listed_blob_has_the_etag_that_reading_it_gives()
    {
        var store = await NewStoreAsync();
        var made = await CreateAsync(store, "a/b", "x");
        await foreach (var blob in store.ListAsync("a/", Ct))
            Assert.Equal(made, blob);
        Assert.Equal(made, await store.FindAsync(BlobKey.Parse("a/b"), Ct));
    }

    [Fact]
    public async Task Parts_larger_than_a_block_come_back_whole()
    {
        var store = await NewStoreAsync();
        var key = BlobKey.Parse("uploads/d/u/big");
        var token = await store.BeginPartsAsync(key, Ct);
        var content = Bytes(20_000_000);
        var first = await store.StagePartAsync(key, token, 1, new MemoryStream(content, 0, 11_000_000), Ct);
        var second = await store.StagePartAsync(key, token, 2, new MemoryStream(content, 11_000_000, 9_000_000), Ct);
        Assert.Equal(content.Length, (await store.CommitPartsAsync(key, token, [first, second], Ct))!.Size);
        Assert.Equal(content, await ReadAsync(store, key));
    }

    [Fact]
    public async Task A_write_whose_answer_was_lost_is_known_as_our_own()
    {
        await NewStoreAsync();
        await using var proxy = new LosingProxy((await AzuriteServer.SharedAsync()).Port);
        var store = BlobStores.Open(_address.Replace($":{(await AzuriteServer.SharedAsync()).Port}/", $":{proxy.Port}/", StringComparison.Ordinal), TimeProvider.System);
        await CreateAsync(store, "warm", "up");
        proxy.LoseNextAnswerTo("PUT");
        Assert.NotNull(await store.CreateAsync(BlobKey.Parse("k"), Text("mine"), Ct));
        Assert.True(proxy.Lost);
        Assert.Equal("mine", await ReadTextAsync(store, "k"));
    }
}
