using System.Diagnostics.Metrics;
using System.Text;
using Temper.Core.Ids;
using Temper.Storage.Cache;
using Temper.Storage.Folder;
using Temper.Testing;

namespace Temper.Storage.Tests.Cache;

public sealed class RecordCacheTests : IDisposable
{
    private static readonly CancellationToken Ct = CancellationToken.None;
    private static readonly Digest Space = Digest.OfText("model and tokenizer");
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_was_kept_is_there_for_the_next_process()
    {
        var cache = await OpenAsync();
        await cache.AppendAsync([Entry("a"), Entry("b"), Entry("")], Ct);
        var later = await OpenAsync();
        Assert.Equal("a", await TextAsync(later, "a"));
        Assert.Equal("", await TextAsync(later, ""));
        Assert.Equal("a", await TextAsync(cache, "a"));
        Assert.Null(await TextAsync(later, "c"));
        Assert.Equal(new CacheCounts(2, 1, 0), later.Counts);
    }

    [Fact]
    public async Task Another_space_or_kind_is_another_cache()
    {
        await (await OpenAsync()).AppendAsync([Entry("a")], Ct);
        Assert.False((await RecordCache.OpenAsync(Blobs(), "tokens", Digest.OfText("another model"), TimeProvider.System, Ct)).Contains(Digest.OfText("a")));
        Assert.False((await RecordCache.OpenAsync(Blobs(), "embeddings", Space, TimeProvider.System, Ct)).Contains(Digest.OfText("a")));
    }

    [Fact]
    public async Task What_is_kept_already_is_not_written_again()
    {
        var cache = await OpenAsync();
        await cache.AppendAsync([Entry("a"), Entry("a")], Ct);
        await cache.AppendAsync([Entry("a")], Ct);
        Assert.Single(Shards());
    }

    [Fact]
    public async Task Two_processes_that_append_at_once_both_count()
    {
        var one = await OpenAsync();
        var two = await OpenAsync();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() => (i % 2 == 0 ? one : two).AppendAsync([Entry($"{i}"), Entry("both")], Ct))));
        var later = await OpenAsync();
        for (var i = 0; i < 20; i++)
            Assert.Equal($"{i}", await TextAsync(later, $"{i}"));
        Assert.Equal("both", await TextAsync(later, "both"));
    }

    [Fact]
    public async Task A_large_batch_becomes_several_shards()
    {
        var cache = await OpenAsync();
        var entries = Enumerable.Range(0, 5).Select(i => new CacheEntry(Digest.OfText($"{i}"), new byte[5 << 20])).ToList();
        await cache.AppendAsync(entries, Ct);
        Assert.Equal(3, Shards().Length);
        Assert.Equal(5 << 20, (await (await OpenAsync()).TryGetAsync(Digest.OfText("4"), Ct))!.Value.Length);
    }

    [Fact]
    public async Task A_flipped_bit_is_a_miss_that_is_counted_and_never_a_wrong_value()
    {
        await (await OpenAsync()).AppendAsync([.. Enumerable.Range(0, 20).Select(i => Entry($"value {i}"))], Ct);
        var path = Shards().Single();
        var sound = await File.ReadAllBytesAsync(path);
        for (var bit = 0; bit < sound.Length * 8; bit += 37)
        {
            var damaged = sound.ToArray();
            damaged[bit / 8] ^= (byte)(1 << bit % 8);
            await File.WriteAllBytesAsync(path, damaged);
            var cache = await OpenAsync();
            var found = 0;
            for (var i = 0; i < 20; i++)
            {
                var text = await TextAsync(cache, $"value {i}");
                Assert.True(text is null || text == $"value {i}");
                found += text is null ? 0 : 1;
            }
            Assert.Equal(20, found + cache.Counts.Misses);
            Assert.True(bit < 64 || cache.Counts.Corrupt == 1, $"bit {bit}: {cache.Counts}");
        }
    }

    [Fact]
    public async Task A_damaged_value_can_be_kept_anew()
    {
        await (await OpenAsync()).AppendAsync([Entry("a")], Ct);
        var path = Shards().Single();
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[8] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);
        var cache = await OpenAsync();
        Assert.Null(await TextAsync(cache, "a"));
        await cache.AppendAsync([Entry("a")], Ct);
        Assert.Equal("a", await TextAsync(cache, "a"));
        Assert.Equal("a", await TextAsync(await OpenAsync(), "a"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(60)]
    public async Task A_shortened_shard_is_passed_over(int length)
    {
        await (await OpenAsync()).AppendAsync([Entry("a"), Entry("b")], Ct);
        await File.WriteAllBytesAsync(Shards().Single(), (await File.ReadAllBytesAsync(Shards().Single()))[..length]);
        var cache = await OpenAsync();
        Assert.Null(await TextAsync(cache, "a"));
        Assert.Equal(1, cache.Counts.Corrupt);
    }

    [Fact]
    public async Task A_value_comes_from_memory_before_disk_and_from_disk_before_the_far_store()
    {
        using var disk = new TempFolder();
        using var tiers = new HitTiers("near-test");
        await (await OpenAsync("near-test")).AppendAsync([Entry("a"), Entry("b")], Ct);
        using var near = new NearShards(new FolderBlobStore(disk.Path, TimeProvider.System), 1 << 20);
        var first = await OpenAsync("near-test", near);
        Assert.Equal("a", await TextAsync(first, "a"));
        Assert.Equal("b", await TextAsync(first, "b"));
        var later = await OpenAsync("near-test", near);
        Assert.Equal("a", await TextAsync(later, "a"));
        Assert.Equal(["blob", "memory", "disk"], tiers.Seen);
    }

    [Fact]
    public async Task A_damaged_copy_on_the_disk_is_replaced_from_the_far_store()
    {
        using var disk = new TempFolder();
        await (await OpenAsync()).AppendAsync([Entry("a")], Ct);
        var near = new NearShards(new FolderBlobStore(disk.Path, TimeProvider.System), 1 << 20);
        Assert.Equal("a", await TextAsync(await OpenAsync("tokens", near), "a"));
        var copy = Directory.GetFiles(disk.Of("blobs", "cache+"), "*", SearchOption.AllDirectories).Single();
        var sound = await File.ReadAllBytesAsync(copy);
        await File.WriteAllBytesAsync(copy, [.. sound.Select((b, i) => i == 8 ? (byte)(b ^ 1) : b)]);
        var cache = await OpenAsync("tokens", near);
        Assert.Equal("a", await TextAsync(cache, "a"));
        Assert.Equal(new CacheCounts(1, 0, 0), cache.Counts);
        Assert.Equal(sound, await File.ReadAllBytesAsync(copy));
    }

    [Fact]
    public async Task The_disk_keeps_no_more_than_it_may_and_the_oldest_shards_go()
    {
        using var disk = new TempFolder();
        var cache = await OpenAsync();
        for (var i = 0; i < 5; i++)
            await cache.AppendAsync([new(Digest.OfText($"{i}"), new byte[300_000])], Ct);
        var near = new NearShards(new FolderBlobStore(disk.Path, TimeProvider.System), 1_000_000);
        cache = await OpenAsync("tokens", near);
        for (var i = 0; i < 5; i++)
            Assert.Equal(300_000, (await cache.TryGetAsync(Digest.OfText($"{i}"), Ct))!.Value.Length);
        var kept = Directory.GetFiles(disk.Of("blobs", "cache+"), "*", SearchOption.AllDirectories).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal);
        Assert.Equal(Shards().Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal).TakeLast(3), kept);
    }

    private FolderBlobStore Blobs() => new(_folder.Path, TimeProvider.System);

    private Task<RecordCache> OpenAsync(string kind = "tokens", NearShards? near = null) => RecordCache.OpenAsync(Blobs(), kind, Space, TimeProvider.System, Ct, near);

    private string[] Shards() => Directory.GetFiles(_folder.Of("blobs", "cache+"), "*", SearchOption.AllDirectories);

    private static CacheEntry Entry(string text) => new(Digest.OfText(text), Encoding.UTF8.GetBytes(text));

    private static async Task<string?> TextAsync(RecordCache cache, string text) =>
        await cache.TryGetAsync(Digest.OfText(text), Ct) is { } value ? Encoding.UTF8.GetString(value.Span) : null;

    /// <summary>Where the hits of one kind were found, as the metric says.</summary>
    private sealed class HitTiers : IDisposable
    {
        private readonly MeterListener _listener = new();

        public HitTiers(string kind)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "temper.cache.hits")
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
            {
                var facts = tags.ToArray().ToDictionary(t => t.Key, t => t.Value as string);
                if (facts["kind"] == kind)
                    Seen.Add(facts["tier"]!);
            });
            _listener.Start();
        }

        public List<string> Seen { get; } = [];

        public void Dispose() => _listener.Dispose();
    }
}
