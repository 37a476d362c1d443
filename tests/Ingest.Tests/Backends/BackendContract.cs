using System.Security.Cryptography;
using Temper.Core.Errors;

namespace Temper.Ingest.Tests.Backends;

/// <summary>A source that a test may change, and backends that read it.</summary>
public abstract class SourceUnderTest : IAsyncDisposable
{
    /// <summary>Puts a file there, over an earlier one.</summary>
    public abstract Task WriteAsync(string path, byte[] content);

    /// <summary>Takes it away.</summary>
    public abstract Task RemoveAsync(string path);

    /// <summary>A new backend over the source.</summary>
    public abstract Task<IDataBackend> OpenAsync();

    /// <summary>How the backend calls the file.</summary>
    public virtual string ItemOf(string path, byte[] content) => path;

    /// <summary>Puts many files there.</summary>
    public virtual Task WriteManyAsync(IEnumerable<(string Path, byte[] Content)> files) =>
        Parallel.ForEachAsync(files, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (file, _) => await WriteAsync(file.Path, file.Content));

    public abstract ValueTask DisposeAsync();
}

/// <summary>What every data backend promises. Each implementation runs all of it, against a real server where there is one.</summary>
public abstract class BackendContract
{
    protected static readonly CancellationToken Ct = CancellationToken.None;

    /// <summary>A source that nobody has used.</summary>
    protected abstract Task<SourceUnderTest> NewAsync();

    /// <summary>Whether the source keeps what was listed for ever, whatever is written later: then it must give exactly that.</summary>
    protected virtual bool KeepsVersions => false;

    /// <summary>Names that files of the source may have.</summary>
    protected virtual string[] Names =>
    [
        "a", "b/a", "b/a-b", "b/a.b", "b/a0", "b/B", "c/d/e/f.png", "café.png", "cafe\u0301.png", "日本語/画像 1.png", "😀.png", "\uFB01.png", "x y+z&q=1#2?.png", "100%25.png", "CON", "%2e%2e%2f.png",
        "‮gnp.exe", "~", "'q'", "-rf", new string('n', 190) + ".png",
    ];

    [Fact]
    public virtual async Task An_empty_source_has_no_items()
    {
        await using var source = await NewAsync();
        await using var backend = await source.OpenAsync();
        Assert.Empty(await ListAsync(backend));
        Assert.Empty(backend.LeftOut);
    }

    [Fact]
    public async Task Items_are_listed_in_ordinal_order_each_once_whatever_their_names()
    {
        await using var source = await NewAsync();
        var files = Names.Select((name, i) => (Name: name, Content: Picture(20 + i, i))).ToList();
        foreach (var (name, content) in files.AsEnumerable().Reverse())
            await source.WriteAsync(name, content);
        await using var backend = await source.OpenAsync();
        var items = await ListAsync(backend);
        Assert.Equal(files.Select(f => source.ItemOf(f.Name, f.Content)).Order(StringComparer.Ordinal), items.Select(i => i.Path));
        Assert.All(items, item => Assert.Null(item.Problem));
        foreach (var (name, content) in files)
            Assert.Equal(content, await ReadAsync(backend, items.Single(i => i.Path == source.ItemOf(name, content))));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(65_536)]
    [InlineData(9_500_000)]
    public async Task What_is_listed_is_read_back_whole(int size)
    {
        await using var source = await NewAsync();
        var content = Picture(size, 1);
        await source.WriteAsync("some/file.png", content);
        await using var backend = await source.OpenAsync();
        var item = Assert.Single(await ListAsync(backend));
        Assert.Equal(size, item.Size ?? size);
        Assert.Equal(content, await ReadAsync(backend, item));
    }

    [Theory]
    [InlineData(0, 4L)]
    [InlineData(0, 1L)]
    [InlineData(30, 2L)]
    [InlineData(39, 1000L)]
    [InlineData(20, null)]
    [InlineData(40, null)]
    [InlineData(99, 5L)]
    [InlineData(2, 0L)]
    public async Task A_range_is_read_and_cut_at_the_end(long offset, long? length)
    {
        await using var source = await NewAsync();
        var content = Picture(40, 1);
        await source.WriteAsync("digits.png", content);
        await using var backend = await source.OpenAsync();
        var item = Assert.Single(await ListAsync(backend));
        Assert.Equal(content.Skip((int)offset).Take((int)(length ?? 1000)), await ReadAsync(backend, item, offset, length));
    }

    [Fact]
    public async Task A_file_of_the_same_size_that_changed_after_the_listing_is_never_read_as_the_listed_one()
    {
        await using var source = await NewAsync();
        var (before, after) = (Picture(5_000, 1), Picture(5_000, 2));
        await source.WriteAsync("k.png", before);
        await source.WriteAsync("other.png", Picture(50, 3));
        await using var backend = await source.OpenAsync();
        var item = (await ListAsync(backend)).Single(i => i.Path == source.ItemOf("k.png", before));
        await source.WriteAsync("k.png", after);
        await AssertRefusedOrKeptAsync("SRC_CHANGED", backend, item, before);

        await using var later = await source.OpenAsync();
        var now = (await ListAsync(later)).Single(i => i.Path == source.ItemOf("k.png", after));
        Assert.NotEqual(item.Version, now.Version);
        Assert.Equal(after, await ReadAsync(later, now));
    }

    [Fact]
    public async Task A_file_that_changes_while_it_is_read_is_never_mixed()
    {
        await using var source = await NewAsync();
        var (before, after) = (Picture(6_000_000, 1), Picture(6_000_000, 2));
        await source.WriteAsync("k.png", before);
        await using var backend = await source.OpenAsync();
        var item = Assert.Single(await ListAsync(backend));
        await using var stream = await backend.OpenAsync(item, 0, null, Ct);
        var read = new byte[before.Length];
        await stream.ReadExactlyAsync(read.AsMemory(0, 1000), Ct);
        await source.WriteAsync("k.png", after);
        try
        {
            await stream.ReadExactlyAsync(read.AsMemory(1000), Ct);
            Assert.Equal(before, read);
        }
        catch (TemperException error)
        {
            Assert.Equal("SRC_CHANGED", error.Code);
        }
    }

    [Fact]
    public async Task A_file_that_is_gone_is_missing()
    {
        await using var source = await NewAsync();
        await source.WriteAsync("k.png", Picture(50, 1));
        await using var backend = await source.OpenAsync();
        var item = Assert.Single(await ListAsync(backend));
        await source.RemoveAsync("k.png");
        await AssertRefusedOrKeptAsync("SRC_MISSING", backend, item, Picture(50, 1));
    }

    [Fact]
    public async Task An_untouched_file_keeps_its_version_and_another_process_can_open_what_was_listed()
    {
        await using var source = await NewAsync();
        var content = Picture(50, 1);
        await source.WriteAsync("k.png", content);
        await using var first = await source.OpenAsync();
        var item = Assert.Single(await ListAsync(first));
        await using var second = await source.OpenAsync();
        Assert.Equal(content, await ReadAsync(second, item));
        Assert.Equal(item, Assert.Single(await ListAsync(second)));
        Assert.Equal(item, Assert.Single(await ListAsync(first)));
    }

    [Fact]
    public async Task Many_readers_at_once_get_their_own_bytes()
    {
        await using var source = await NewAsync();
        var files = Enumerable.Range(0, 12).Select(i => (Path: $"f{i}.png", Content: Picture(100_000 + i, i))).ToList();
        await source.WriteManyAsync(files);
        await using var backend = await source.OpenAsync();
        var items = await ListAsync(backend);
        var read = await Task.WhenAll(items.Concat(items).Select(item => Task.Run(() => ReadAsync(backend, item))));
        Assert.Equal(files.Concat(files).Select(f => Hash(f.Content)).Order(), read.Select(Hash).Order());
    }

    [Fact]
    public async Task Ten_thousand_items_are_listed_each_once_in_order()
    {
        await using var source = await NewAsync();
        var files = Enumerable.Range(0, 10_000).Select(i => (Path: $"d{i % 7}/{i:x}.png", Content: Picture(20, i % 50))).ToList();
        await source.WriteManyAsync(files);
        await using var backend = await source.OpenAsync();
        var paths = (await ListAsync(backend)).Select(i => i.Path).ToList();
        Assert.Equal(10_000, paths.Distinct().Count());
        Assert.Equal(paths.Order(StringComparer.Ordinal), paths);
    }

    [Fact]
    public async Task Listing_and_opening_stop_when_cancelled()
    {
        await using var source = await NewAsync();
        await source.WriteAsync("a.png", Picture(50, 1));
        await source.WriteAsync("b.png", Picture(50, 2));
        await using var backend = await source.OpenAsync();
        var item = (await ListAsync(backend))[0];
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in backend.ListAsync(cancelled.Token))
            {
            }
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => backend.OpenAsync(item, 0, null, cancelled.Token));
        Assert.Equal(2, (await ListAsync(backend)).Count);
    }

    [Theory]
    [InlineData("../../x")]
    [InlineData("/etc/passwd")]
    [InlineData("a/../../x")]
    [InlineData("C:\\x")]
    [InlineData("a\0b")]
    public async Task An_invented_path_reaches_nothing(string path)
    {
        await using var source = await NewAsync();
        await source.WriteAsync("a.png", Picture(50, 1));
        await using var backend = await source.OpenAsync();
        var item = Assert.Single(await ListAsync(backend));
        var error = await Assert.ThrowsAsync<TemperException>(() => ReadAsync(backend, item with { Path = path }));
        Assert.Contains(error.Code, (string[])["SRC_NAME", "SRC_MISSING", "SRC_CHANGED"]);
    }

    private async Task AssertRefusedOrKeptAsync(string code, IDataBackend backend, DataItem item, byte[] listed)
    {
        if (KeepsVersions)
        {
            Assert.Equal(listed, await ReadAsync(backend, item));
            return;
        }
        Assert.Equal(code, (await Assert.ThrowsAsync<TemperException>(() => ReadAsync(backend, item))).Code);
        Assert.Equal(code, (await Assert.ThrowsAsync<TemperException>(() => ReadAsync(backend, item, 10, 5))).Code);
    }

    internal static async Task<List<DataItem>> ListAsync(IDataBackend backend)
    {
        var items = new List<DataItem>();
        await foreach (var item in backend.ListAsync(Ct))
            items.Add(item);
        return items;
    }

    internal static async Task<byte[]> ReadAsync(IDataBackend backend, DataItem item, long offset = 0, long? length = null)
    {
        await using var stream = await backend.OpenAsync(item, offset, length, Ct);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy, Ct);
        return copy.ToArray();
    }

    /// <summary>Bytes that begin as a PNG file does.</summary>
    internal static byte[] Picture(int size, int seed)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        new byte[] { 0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A }.CopyTo(bytes, 0);
        return bytes;
    }

    private static string Hash(byte[] content) => Convert.ToHexString(SHA256.HashData(content));
}
