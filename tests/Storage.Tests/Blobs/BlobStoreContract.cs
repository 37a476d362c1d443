using System.Text;
using Temper.Core.Blobs;
using Temper.Core.Errors;

namespace Temper.Storage.Tests.Blobs;

/// <summary>What every blob store promises. Each implementation runs all of it.</summary>
public abstract class BlobStoreContract
{
    protected static readonly CancellationToken Ct = CancellationToken.None;

    /// <summary>A store nobody has used.</summary>
    protected abstract Task<IBlobStore> NewStoreAsync();

    /// <summary>The same store as another process would open it.</summary>
    protected abstract Task<IBlobStore> ReopenAsync(IBlobStore store);

    [Fact]
    public async Task A_blob_that_nobody_wrote_is_not_there()
    {
        var store = await NewStoreAsync();
        Assert.Null(await store.FindAsync(BlobKey.Parse("a/b"), Ct));
        Assert.False(await store.DeleteAsync(BlobKey.Parse("a/b"), null, Ct));
        Assert.Equal("blob_missing", (await Assert.ThrowsAsync<TemperException>(() => store.OpenAsync(BlobKey.Parse("a/b"), 0, null, null, Ct))).Code);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(300_000)]
    [InlineData(9_500_000)]
    public async Task What_was_written_is_read_back_whole(int size)
    {
        var store = await NewStoreAsync();
        var key = BlobKey.Parse("datasets/x/file.bin");
        var content = Bytes(size);
        var made = await store.CreateAsync(key, new MemoryStream(content), Ct);
        Assert.Equal(size, made!.Size);
        Assert.Equal(made, await store.FindAsync(key, Ct));
        Assert.Equal(content, await ReadAsync(await ReopenAsync(store), key));
    }

    [Fact]
    public async Task A_second_put_of_the_same_name_is_refused_and_changes_nothing()
    {
        var store = await NewStoreAsync();
        var key = BlobKey.Parse("one");
        var first = await CreateAsync(store, "one", "first");
        Assert.Null(await store.CreateAsync(key, Text("second, longer"), Ct));
        Assert.Equal(first, await store.FindAsync(key, Ct));
        Assert.Equal("first", await ReadTextAsync(store, "one"));
    }

    [Fact]
    public async Task Of_many_writers_of_one_name_exactly_one_wins_and_its_bytes_are_whole()
    {
        var store = await NewStoreAsync();
        var other = await ReopenAsync(store);
        var writers = Enumerable.Range(0, 12).Select(i => (Text: new string((char)('a' + i), 5_000 + i), Store: i % 2 == 0 ? store : other)).ToList();
        var made = await Task.WhenAll(writers.Select(w => Task.Run(() => w.Store.CreateAsync(BlobKey.Parse("race"), Text(w.Text), Ct))));
        var winner = Assert.Single(Enumerable.Range(0, 12), i => made[i] is not null);
        Assert.Equal(writers[winner].Text, await ReadTextAsync(store, "race"));
    }

    [Fact]
    public async Task Replacing_needs_the_version_that_was_read()
    {
        var store = await NewStoreAsync();
        var key = BlobKey.Parse("pointer");
        var first = await CreateAsync(store, "pointer", "1");
        var second = await store.ReplaceAsync(key, "2"u8.ToArray(), first.ETag, Ct);
        Assert.NotEqual(first.ETag, second.ETag);
        Assert.Equal("blob_changed", (await Assert.ThrowsAsync<TemperException>(() => store.ReplaceAsync(key, "3"u8.ToArray(), first.ETag, Ct))).Code);
        Assert.Equal("2", await ReadTextAsync(store, "pointer"));
        Assert.Equal("blob_changed", (await Assert.ThrowsAsync<TemperException>(() => store.ReplaceAsync(BlobKey.Parse("gone"), "3"u8.ToArray(), first.ETag, Ct))).Code);
    }

    [Fact]
    public async Task Counting_up_by_compare_and_swap_loses_no_step()
    {
        var store = await NewStoreAsync();
        var other = await ReopenAsync(store);
        await CreateAsync(store, "counter", "0");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => CountAsync(i % 2 == 0 ? store : other, 10))));
        Assert.Equal("40", await ReadTextAsync(store, "counter"));
    }

    [Fact]
    public async Task Every_version_of_one_name_has_its_own_etag_even_after_removal()
    {
        var store = await NewStoreAsync();
        var seen = new HashSet<string>();
        for (var i = 0; i < 20; i++)
        {
            Assert.True(seen.Add((await CreateAsync(store, "same", "x")).ETag));
            Assert.True(await store.DeleteAsync(BlobKey.Parse("same"), null, Ct));
        }
    }

    [Fact]
    public async Task Removing_may_name_the_version()
    {
        var store = await NewStoreAsync();
        var key = BlobKey.Parse("x/y");
        var first = await CreateAsync(store, "x/y", "1");
        var second = await store.ReplaceAsync(key, "2"u8.ToArray(), first.ETag, Ct);
        Assert.Equal("blob_changed", (await Assert.ThrowsAsync<TemperException>(() => store.DeleteAsync(key, first.ETag, Ct))).Code);
        Assert.True(await store.DeleteAsync(key, second.ETag, Ct));
        Assert.Null(await store.FindAsync(key, Ct));
    }

    [Theory]
    [InlineData(0, 4L, "0123")]
    [InlineData(3, 2L, "34")]
    [InlineData(8, 100L, "89")]
    [InlineData(8, null, "89")]
    [InlineData(10, null, "")]
    [InlineData(99, 5L, "")]
    [InlineData(2, 0L, "")]
    public async Task A_range_is_read_and_cut_at_the_end(long offset, long? length, string expected)
    {
        var store = await NewStoreAsync();
        await CreateAsync(store, "digits", "0123456789");
        await using var stream = await store.OpenAsync(BlobKey.Parse("digits"), offset, length, null, Ct);
        Assert.Equal(expected, await new StreamReader(stream).ReadToEndAsync(Ct));
    }

    [Fact]
    public async Task A_pinned_read_fails_rather_than_giving_another_version()
    {
        var store = await NewStoreAsync();
        var key = BlobKey.Parse("pinned");
        var first = await CreateAsync(store, "pinned", "first");
        await using (var stream = await store.OpenAsync(key, 1, null, first.ETag, Ct))
            Assert.Equal("irst", await new StreamReader(stream).ReadToEndAsync(Ct));
        await store.ReplaceAsync(key, "other"u8.ToArray(), first.ETag, Ct);
        Assert.Equal("blob_changed", (await Assert.ThrowsAsync<TemperException>(async () =>
        {
            await using var stream = await store.OpenAsync(key, 0, null, first.ETag, Ct);
            await new StreamReader(stream).ReadToEndAsync(Ct);
        })).Code);
    }

    [Fact]
    public async Task Blobs_are_listed_by_prefix_in_ordinal_order()
    {
        var store = await NewStoreAsync();
        string[] names = ["a", "a-b", "a.b", "a/b", "a/b/c", "a/c", "a0", "B", "ab", "b/" + new string('ä', 90) + "/x", "b/ü"];
        foreach (var name in names.Reverse())
            await CreateAsync(store, name, name);
        Assert.Equal(names.Order(StringComparer.Ordinal), await ListAsync(store, ""));
        Assert.Equal(["a/b", "a/b/c", "a/c"], await ListAsync(store, "a/"));
        Assert.Equal(["a/b", "a/b/c"], await ListAsync(store, "a/b"));
        Assert.Equal(["b/" + new string('ä', 90) + "/x"], await ListAsync(store, "b/ä"));
        Assert.Empty(await ListAsync(store, "c"));
        Assert.Empty(await ListAsync(store, "../"));
        Assert.Equal(6, (await store.FindAsync(BlobKey.Parse("a/b/c"), Ct))!.Size + 1);
    }

    [Theory]
    [InlineData("CON", "con", "Con.txt", "con.txt")]
    [InlineData("readme", "README", "ReadMe", "readme.")]
    [InlineData(" x", "x ", "x", ".x")]
    [InlineData("100%", "100%25", "a+b", "a b")]
    [InlineData("x?y#z", "x&y=z", "x:y", "café")]
    [InlineData("x*y|<z>", "\"q\"", "'q'", "日本語 😀")]
    public async Task Names_that_some_file_systems_confuse_are_different_blobs(string one, string two, string three, string four)
    {
        var store = await NewStoreAsync();
        string[] names = [$"d/{one}", $"d/{two}", $"d/{three}", $"d/{four}", $"{one}/{two}"];
        foreach (var name in names)
            Assert.NotNull(await store.CreateAsync(BlobKey.Parse(name), Text(name), Ct));
        foreach (var name in names)
            Assert.Equal(name, await ReadTextAsync(store, name));
        Assert.Equal(names.Order(StringComparer.Ordinal), await ListAsync(store, ""));
    }

    [Fact]
    public async Task A_blob_in_parts_appears_whole_when_it_is_committed()
    {
        var store = await NewStoreAsync();
        var key = BlobKey.Parse("uploads/d/u/big.jsonl");
        var token = await store.BeginPartsAsync(key, Ct);
        var third = await store.StagePartAsync(key, token, 3, Text("third"), Ct);
        var first = await store.StagePartAsync(key, token, 1, Text("first "), Ct);
        Assert.Empty(await ListAsync(store, ""));
        Assert.Null(await store.FindAsync(key, Ct));

        var later = await ReopenAsync(store);
        var second = await later.StagePartAsync(key, token, 2, Text("wrong "), Ct);
        second = await later.StagePartAsync(key, token, 2, Text("second "), Ct);
        var made = await later.CommitPartsAsync(key, token, [first, second, third], Ct);
        Assert.Equal(18, made!.Size);
        Assert.Equal("first second third", await ReadTextAsync(store, key.ToString()));
        Assert.Equal(made, await store.FindAsync(key, Ct));
    }

    [Fact]
    public async Task Committing_twice_or_over_a_taken_name_makes_nothing()
    {
        var store = await NewStoreAsync();
        var key = BlobKey.Parse("k");
        var mine = await store.BeginPartsAsync(key, Ct);
        var part = await store.StagePartAsync(key, mine, 1, Text("mine"), Ct);
        Assert.NotNull(await store.CommitPartsAsync(key, mine, [part], Ct));
        Assert.Null(await store.CommitPartsAsync(key, mine, [part], Ct));
        var late = await store.BeginPartsAsync(key, Ct);
        var other = await store.StagePartAsync(key, late, 1, Text("late"), Ct);
        Assert.Null(await store.CommitPartsAsync(key, late, [other], Ct));
        Assert.Equal("mine", await ReadTextAsync(store, "k"));
    }

    [Fact]
    public async Task A_commit_that_names_a_part_which_never_arrived_fails_and_shows_nothing()
    {
        var store = await NewStoreAsync();
        var key = BlobKey.Parse("k");
        var token = await store.BeginPartsAsync(key, Ct);
        var part = await store.StagePartAsync(key, token, 1, Text("one"), Ct);
        var invented = part with { Number = 2, Token = part.Token.Replace(part.Token[^1], part.Token[^1] == 'A' ? 'B' : 'A') };
        Assert.Equal("blob_missing", (await Assert.ThrowsAsync<TemperException>(() => store.CommitPartsAsync(key, token, [part, invented], Ct))).Code);
        Assert.Null(await store.FindAsync(key, Ct));
        Assert.NotNull(await store.CommitPartsAsync(key, token, [part], Ct));
    }

    [Fact]
    public async Task A_single_part_and_no_part_at_all_make_blobs_too()
    {
        var store = await NewStoreAsync();
        var one = await store.BeginPartsAsync(BlobKey.Parse("one"), Ct);
        var part = await store.StagePartAsync(BlobKey.Parse("one"), one, 1, Text("all"), Ct);
        Assert.Equal(3, (await store.CommitPartsAsync(BlobKey.Parse("one"), one, [part], Ct))!.Size);
        var none = await store.BeginPartsAsync(BlobKey.Parse("none"), Ct);
        Assert.Equal(0, (await store.CommitPartsAsync(BlobKey.Parse("none"), none, [], Ct))!.Size);
    }

    [Fact]
    public async Task Given_up_parts_leave_no_blob_and_the_name_stays_free()
    {
        var store = await NewStoreAsync();
        var key = BlobKey.Parse("k");
        var token = await store.BeginPartsAsync(key, Ct);
        await store.StagePartAsync(key, token, 1, Text("one"), Ct);
        await store.AbandonPartsAsync(key, token, Ct);
        await store.AbandonPartsAsync(key, token, Ct);
        Assert.Empty(await ListAsync(store, ""));
        await CreateAsync(store, "k", "again");
        Assert.Equal("again", await ReadTextAsync(store, "k"));
    }

    [Fact]
    public async Task Content_that_breaks_off_leaves_no_blob()
    {
        var store = await NewStoreAsync();
        await Assert.ThrowsAsync<InvalidDataException>(() => store.CreateAsync(BlobKey.Parse("k"), new BreakingStream(200_000), Ct));
        await Assert.ThrowsAsync<InvalidDataException>(() => store.CreateAsync(BlobKey.Parse("k"), new BreakingStream(9_500_000), Ct));
        Assert.Null(await store.FindAsync(BlobKey.Parse("k"), Ct));
        Assert.Empty(await ListAsync(store, ""));
    }

    protected static Stream Text(string text) => new MemoryStream(Encoding.UTF8.GetBytes(text));

    protected static async Task<BlobInfo> CreateAsync(IBlobStore store, string key, string text) => (await store.CreateAsync(BlobKey.Parse(key), Text(text), Ct))!;

    protected static async Task<string> ReadTextAsync(IBlobStore store, string key) => Encoding.UTF8.GetString(await ReadAsync(store, BlobKey.Parse(key)));

    protected static async Task<byte[]> ReadAsync(IBlobStore store, BlobKey key)
    {
        await using var stream = await store.OpenAsync(key, 0, null, null, Ct);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy, Ct);
        return copy.ToArray();
    }

    protected static async Task<List<string>> ListAsync(IBlobStore store, string prefix)
    {
        var keys = new List<string>();
        await foreach (var blob in store.ListAsync(prefix, Ct))
            keys.Add(blob.Key.ToString());
        return keys;
    }

    protected static byte[] Bytes(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }

    private static async Task CountAsync(IBlobStore store, int steps)
    {
        for (var done = 0; done < steps;)
        {
            var seen = (await store.FindAsync(BlobKey.Parse("counter"), Ct))!;
            try
            {
                await using var stream = await store.OpenAsync(seen.Key, 0, null, seen.ETag, Ct);
                var value = int.Parse(await new StreamReader(stream).ReadToEndAsync(Ct), System.Globalization.CultureInfo.InvariantCulture);
                await store.ReplaceAsync(seen.Key, Encoding.UTF8.GetBytes($"{value + 1}"), seen.ETag, Ct);
                done++;
            }
            catch (TemperException error) when (error.Code == "blob_changed")
            {
                await Task.Yield();
            }
        }
    }
}
