using Amazon.Runtime;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Storage.Blobs;
using Temper.Storage.S3;
using Temper.Testing.Servers;

namespace Temper.Storage.Tests.Blobs;

[Trait("Needs", "s3rver")]
public sealed class S3BlobStoreTests : BlobStoreContract
{
    private string _address = "";

    protected override async Task<IBlobStore> NewStoreAsync()
    {
        _address = await (await S3Server.SharedAsync()).NewAddressAsync();
        return BlobStores.Open(_address, TimeProvider.System);
    }

    protected override Task<IBlobStore> ReopenAsync(IBlobStore store) => Task.FromResult(BlobStores.Open(_address, TimeProvider.System));

    [Fact]
    public async Task What_a_listing_says_of_a_version_pins_it_too()
    {
        var store = await NewStoreAsync();
        var made = await CreateAsync(store, "a/b", "x");
        var listed = Assert.Single(await InfosAsync(store));
        Assert.Equal((made.Key, made.Size), (listed.Key, listed.Size));
        await using (var stream = await store.OpenAsync(made.Key, 0, null, listed.ETag, Ct))
            Assert.Equal("x", await new StreamReader(stream).ReadToEndAsync(Ct));
        await store.ReplaceAsync(made.Key, "y"u8.ToArray(), listed.ETag, Ct);
        Assert.Equal("blob_changed", (await Assert.ThrowsAsync<TemperException>(() => store.OpenAsync(made.Key, 0, null, listed.ETag, Ct))).Code);
        Assert.Equal("blob_changed", (await Assert.ThrowsAsync<TemperException>(() => store.DeleteAsync(made.Key, listed.ETag, Ct))).Code);
    }

    [Fact]
    public async Task A_version_with_the_same_bytes_in_between_is_another_version()
    {
        var store = await NewStoreAsync();
        var key = BlobKey.Parse("k");
        var first = await CreateAsync(store, "k", "same");
        await store.ReplaceAsync(key, "same"u8.ToArray(), first.ETag, Ct);
        Assert.Equal("blob_changed", (await Assert.ThrowsAsync<TemperException>(() => store.ReplaceAsync(key, "mine"u8.ToArray(), first.ETag, Ct))).Code);
        Assert.Equal("blob_changed", (await Assert.ThrowsAsync<TemperException>(() => store.OpenAsync(key, 0, null, first.ETag, Ct))).Code);
        Assert.Equal("blob_changed", (await Assert.ThrowsAsync<TemperException>(() => store.DeleteAsync(key, first.ETag, Ct))).Code);
    }

    [Fact]
    public async Task Parts_of_unknown_length_come_back_whole_however_large()
    {
        var store = await NewStoreAsync();
        var key = BlobKey.Parse("uploads/d/u/big");
        var token = await store.BeginPartsAsync(key, Ct);
        var content = Bytes(30_000_000);
        var first = await store.StagePartAsync(key, token, 1, new OneWayStream(content[..21_000_000]), Ct);
        var second = await store.StagePartAsync(key, token, 2, new OneWayStream(content[21_000_000..]), Ct);
        Assert.Equal((21_000_000, 9_000_000), (first.Size, second.Size));
        Assert.Equal(content.Length, (await store.CommitPartsAsync(key, token, [first, second], Ct))!.Size);
        Assert.Equal(content, await ReadAsync(store, key));
    }

    [Fact]
    public async Task Two_thousand_blobs_are_listed_page_by_page_each_once()
    {
        var store = await NewStoreAsync();
        var names = Enumerable.Range(0, 2100).Select(i => $"n/{i:x}").ToList();
        await Parallel.ForEachAsync(names, async (name, ct) => await CreateAsync(store, name, ""));
        Assert.Equal(names.Order(StringComparer.Ordinal), await ListAsync(store, "n/"));
    }

    [Theory]
    [InlineData("PUT", "small")]
    [InlineData("POST", "large")]
    public async Task A_write_whose_answer_was_lost_is_known_as_our_own(string verb, string size)
    {
        await NewStoreAsync();
        var server = await S3Server.SharedAsync();
        await using var proxy = new LosingProxy(server.Port);
        var store = BlobStores.Open(_address.Replace($"{server.Port}", $"{proxy.Port}", StringComparison.Ordinal), TimeProvider.System);
        var content = size == "small" ? "mine"u8.ToArray() : Bytes(9_000_000);
        await CreateAsync(store, "warm", "up");
        var key = BlobKey.Parse("k");
        if (size == "small")
        {
            proxy.LoseNextAnswerTo(verb);
            Assert.NotNull(await store.CreateAsync(key, new MemoryStream(content), Ct));
        }
        else
        {
            var token = await store.BeginPartsAsync(key, Ct);
            var part = await store.StagePartAsync(key, token, 1, new MemoryStream(content), Ct);
            proxy.LoseNextAnswerTo(verb);
            Assert.NotNull(await store.CommitPartsAsync(key, token, [part], Ct));
        }
        Assert.True(proxy.Lost);
        Assert.Equal(content, await ReadAsync(store, key));
    }

    [Fact]
    public async Task A_read_that_breaks_off_goes_on_at_the_same_version()
    {
        var store = await NewStoreAsync();
        var server = await S3Server.SharedAsync();
        var content = Bytes(5_000_000);
        await store.CreateAsync(BlobKey.Parse("k"), new MemoryStream(content), Ct);
        await using var proxy = new BreakingProxy(server.Port, breakAfter: 1_000_000, breaks: 3);
        var far = BlobStores.Open(_address.Replace($"{server.Port}", $"{proxy.Port}", StringComparison.Ordinal), TimeProvider.System);
        Assert.Equal(content, await ReadAsync(far, BlobKey.Parse("k")));
        Assert.Equal(3, proxy.Broken);
    }

    [Fact]
    public async Task A_bucket_that_does_not_exist_is_named_and_not_made()
    {
        var server = await S3Server.SharedAsync();
        var store = BlobStores.Open($"s3://no-such-bucket?endpoint={server.Endpoint}", TimeProvider.System);
        var error = await Assert.ThrowsAsync<TemperException>(() => store.CreateAsync(BlobKey.Parse("k"), Text("x"), Ct));
        Assert.Equal("storage_unavailable", error.Code);
        Assert.Contains("'no-such-bucket'", error.Message);
        Assert.Equal("storage_unavailable", (await Assert.ThrowsAsync<TemperException>(() => store.FindAsync(BlobKey.Parse("k"), Ct))).Code);
    }

    [Fact]
    public async Task Wrong_credentials_are_refused_and_not_repeated()
    {
        await NewStoreAsync();
        var address = S3Address.Parse(_address);
        var store = new S3BlobStore(address.Open(new BasicAWSCredentials("WRONGKEY", "hush-hush")), address, TimeProvider.System);
        var error = await Assert.ThrowsAsync<TemperException>(() => store.CreateAsync(BlobKey.Parse("k"), Text("x"), Ct));
        Assert.Equal("permission_denied", error.Code);
        Assert.DoesNotContain("hush-hush", error.ToString());
    }

    [Theory]
    [InlineData("s3://AKIAKEY:topsecret@bucket/prefix")]
    [InlineData("s3://bucket?endpoint=https://user:topsecret@host/")]
    [InlineData("s3://bucket?secret=topsecret")]
    [InlineData("s3://bucket?endpoint=ftp://topsecret")]
    [InlineData("s3://")]
    public void An_address_that_cannot_be_understood_is_refused_without_repeating_it(string address)
    {
        var error = Assert.Throws<TemperException>(() => BlobStores.Open(address, TimeProvider.System));
        Assert.Equal("storage_unavailable", error.Code);
        Assert.DoesNotContain("topsecret", error.ToString());
    }

    [Fact]
    public async Task Two_prefixes_of_one_bucket_do_not_see_each_other()
    {
        var store = await NewStoreAsync();
        var other = BlobStores.Open(_address.Replace("/some/place", "/some/plac", StringComparison.Ordinal), TimeProvider.System);
        await CreateAsync(store, "k", "1");
        await CreateAsync(other, "k", "2");
        Assert.Equal(["k"], await ListAsync(store, ""));
        Assert.Equal("2", await ReadTextAsync(other, "k"));
    }

    private static async Task<List<BlobInfo>> InfosAsync(IBlobStore store)
    {
        var found = new List<BlobInfo>();
        await foreach (var blob in store.ListAsync("", Ct))
            found.Add(blob);
        return found;
    }
}
