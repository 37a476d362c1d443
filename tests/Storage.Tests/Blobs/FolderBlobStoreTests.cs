using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Storage.Folder;
using Temper.Testing;

namespace Temper.Storage.Tests.Blobs;

public sealed class FolderBlobStoreTests : BlobStoreContract, IDisposable
{
    private readonly TempFolder _folder = new();

    protected override Task<IBlobStore> NewStoreAsync() => Task.FromResult<IBlobStore>(new FolderBlobStore(_folder.Path, TimeProvider.System));

    protected override Task<IBlobStore> ReopenAsync(IBlobStore store) => Task.FromResult<IBlobStore>(new FolderBlobStore(((FolderBlobStore)store).Root, TimeProvider.System));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Names_stay_readable_in_the_folder()
    {
        var store = await NewStoreAsync();
        await CreateAsync(store, "datasets/support-bot/records-00000.jsonl", "x");
        Assert.True(File.Exists(_folder.Of("blobs", "datasets+", "support-bot+", "records-00000.jsonl")));
    }

    [Fact]
    public async Task Every_blob_lies_inside_the_folder_and_nothing_else_is_written()
    {
        var store = await NewStoreAsync();
        foreach (var name in (string[])["...", "~", "c:", "-", "%2e%2e", "..%2f..", new string('Ä', 100)])
            await CreateAsync(store, $"{name}/{name}", name);
        Assert.Empty(Directory.GetFiles(_folder.Of("tmp")));
        Assert.Equal(7, Directory.GetFiles(_folder.Of("blobs"), "*", SearchOption.AllDirectories).Length);
        Assert.All(Directory.GetFileSystemEntries(_folder.Of("blobs"), "*", SearchOption.AllDirectories), path => Assert.True(Path.GetFileName(path).Length <= 182));
    }

    [Fact]
    public async Task Files_that_somebody_else_put_there_are_not_blobs()
    {
        var store = await NewStoreAsync();
        await CreateAsync(store, "a/b", "x");
        foreach (var name in (string[])["README.TXT", ".DS_Store", "%zz", "%4", "%61", "x%", "ä", "con"])
            await File.WriteAllTextAsync(_folder.Of("blobs", "a+", name), "foreign");
        Directory.CreateDirectory(_folder.Of("blobs", "plain"));
        Assert.Equal(["a/b"], await ListAsync(store, ""));
    }

    [Fact]
    public async Task What_a_dead_writer_left_an_hour_ago_is_removed_and_what_a_living_one_holds_is_kept()
    {
        var store = await NewStoreAsync();
        await File.WriteAllTextAsync(_folder.Of("tmp", "old"), "x");
        await File.WriteAllTextAsync(_folder.Of("tmp", "young"), "x");
        await File.WriteAllTextAsync(_folder.Of("tmp", "held"), "x");
        using var held = new FileStream(_folder.Of("tmp", "held"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        File.SetLastWriteTimeUtc(_folder.Of("tmp", "old"), DateTime.UtcNow.AddHours(-2));
        File.SetLastWriteTimeUtc(held.SafeFileHandle, DateTime.UtcNow.AddHours(-2));
        await ReopenAsync(store);
        Assert.Equal(["held", "young"], Directory.GetFiles(_folder.Of("tmp")).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Parts_that_nobody_can_use_any_more_are_removed_after_an_hour_and_others_stay()
    {
        var store = await NewStoreAsync();
        var tokens = new List<string>();
        foreach (var name in (string[])["finished", "waiting"])
        {
            tokens.Add(await store.BeginPartsAsync(BlobKey.Parse(name), Ct));
            await store.StagePartAsync(BlobKey.Parse(name), tokens[^1], 1, Text("x"), Ct);
        }
        await CreateAsync(store, "finished", "x");
        Directory.CreateDirectory(_folder.Of("parts", "without-key"));
        foreach (var place in Directory.GetDirectories(_folder.Of("parts")))
            Directory.SetLastWriteTimeUtc(place, DateTime.UtcNow.AddHours(-2));
        await ReopenAsync(store);
        Assert.Equal([tokens[1]], Directory.GetDirectories(_folder.Of("parts")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_folder_that_may_not_be_written_is_named_in_the_error()
    {
        var file = _folder.Of("a-file");
        await File.WriteAllTextAsync(file, "x");
        var error = Assert.Throws<TemperException>(() => new FolderBlobStore(Path.Combine(file, "below"), TimeProvider.System));
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorKind.Environment, error.Kind);
    }

    [Theory]
    [InlineData(28, "disk_full")]
    [InlineData(122, "disk_full")]
    [InlineData(30, "permission_denied")]
    [InlineData(13, "permission_denied")]
    [InlineData(5, "storage_unavailable")]
    public void Errors_of_the_system_get_the_code_that_says_what_to_do(int errno, string code)
    {
        var error = DiskErrors.Translate(new IOException("as the system says", errno), "/some/path")!;
        Assert.Equal(code, error.Code);
        Assert.Contains("/some/path", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_says_so_and_leaves_nothing_behind()
    {
        using var disk = SmallDisk.TryMake(_folder.Of("disk"));
        if (disk is null)
            return; // Mounting needs root; DiskErrors is tested above.
        var store = new FolderBlobStore(_folder.Of("disk"), TimeProvider.System);
        await CreateAsync(store, "small", "fits");
        Assert.Equal("disk_full", (await Assert.ThrowsAsync<TemperException>(() => store.CreateAsync(BlobKey.Parse("big"), new MemoryStream(Bytes(3_000_000)), Ct))).Code);
        Assert.Empty(Directory.GetFiles(_folder.Of("disk", "tmp")));
        Assert.Equal(["small"], await ListAsync(store, ""));
        Assert.Equal("fits", await ReadTextAsync(store, "small"));
    }

    [Fact]
    public async Task A_token_that_is_not_ours_reaches_no_file()
    {
        var store = await NewStoreAsync();
        var key = BlobKey.Parse("k");
        foreach (var token in (string[])["../blobs", "", "..", "01arz3ndektsv4rrffq69g5fav"])
            Assert.Equal("blob_missing", (await Assert.ThrowsAsync<TemperException>(() => store.StagePartAsync(key, token, 1, Text("x"), Ct))).Code);
        var mine = await store.BeginPartsAsync(key, Ct);
        Assert.Equal("blob_missing", (await Assert.ThrowsAsync<TemperException>(() => store.StagePartAsync(BlobKey.Parse("other"), mine, 1, Text("x"), Ct))).Code);
    }
}
