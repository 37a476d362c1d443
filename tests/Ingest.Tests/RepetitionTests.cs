using System.Text;
using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Errors;

namespace Temper.Ingest.Tests;

/// <summary>Killed, repeated, done by two at once: one upload is one version.</summary>
public sealed class RepetitionTests
{
    private static readonly (string, byte[])[] Files =
    [
        ("a.jsonl", Uploads.Lines([.. Uploads.Chats(30), "broken", .. Uploads.Chats(3)])),
        ("b.jsonl.gz", Uploads.Gzip(Uploads.Lines([.. Uploads.Chats(30, 100), "", Uploads.Chat("x", "")]))),
        ("dataset.yaml", "max_bad_fraction: 0.5\n"u8.ToArray()),
    ];

    private static readonly IngestOptions Small = new() { SliceBytes = 3000, ShardBytes = 5000 };

    [Fact]
    public async Task Killed_at_any_write_the_next_attempt_seals_the_same_bytes()
    {
        using var calm = new Uploads { Options = Small };
        var expected = await calm.IngestAsync(Files);
        Assert.Equal(new Ledger(65, 60, 2, 3, 0), expected.Ledger);
        Assert.True(expected.Result.Files.Count > 5);
        var died = true;
        for (var write = 1; died; write++)
        {
            using var uploads = new Uploads { Options = Small };
            var payload = await uploads.PutAsync("up", Files);
            var dying = new DyingBlobStore(uploads.Blobs, write, inside: write % 2 == 0);
            if (await Record.ExceptionAsync(() => uploads.IngestAsync(payload, dying)) is { } cut)
                Assert.IsType<PowerCutException>(cut);
            died = dying.Died;
            Assert.Equal(expected.Result.Files, (await uploads.IngestAsync(payload)).Result.Files);
        }
    }

    [Fact]
    public async Task Killed_again_and_again_it_still_ends()
    {
        using var calm = new Uploads { Options = Small };
        var expected = await calm.IngestAsync(Files);
        using var uploads = new Uploads { Options = Small };
        var payload = await uploads.PutAsync("up", Files);
        for (var attempt = 0; attempt < 8; attempt++)
            await Record.ExceptionAsync(() => uploads.IngestAsync(payload, new DyingBlobStore(uploads.Blobs, 4, inside: attempt % 2 == 0)));
        Assert.Equal(expected.Result.Files, (await uploads.IngestAsync(payload)).Result.Files);
    }

    [Fact]
    public async Task Slices_and_shards_do_not_change_what_is_found()
    {
        using var whole = new Uploads();
        using var sliced = new Uploads { Options = Small };
        var (a, b) = (await whole.IngestAsync(Files), await sliced.IngestAsync(Files));
        Assert.Equal(a.Records.Select(r => (r.RecId, r.Source)), b.Records.Select(r => (r.RecId, r.Source)));
        Assert.Equal(a.SetAside, b.SetAside);
        Assert.Equal(await whole.ReadAsync(a.Result, DatasetManifest.ReportName), await sliced.ReadAsync(b.Result, DatasetManifest.ReportName));
    }

    [Fact]
    public async Task Two_workers_at_once_make_one_version()
    {
        using var uploads = new Uploads { Options = Small };
        var payload = await uploads.PutAsync("up", Files);
        var results = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => uploads.IngestAsync(payload))));
        Assert.All(results, r => Assert.Equal(results[0].Result.Files, r.Result.Files));
    }

    [Fact]
    public async Task The_same_files_under_another_upload_are_the_same_version_and_one_byte_more_is_another()
    {
        using var uploads = new Uploads();
        var first = await uploads.IngestAsync(await uploads.PutAsync("one", Files));
        Assert.Equal(first.Result.Files, (await uploads.IngestAsync(await uploads.PutAsync("two", Files))).Result.Files);
        var other = await uploads.IngestAsync(await uploads.PutAsync("three", [.. Files, ("c.jsonl", "\n"u8.ToArray())]));
        Assert.NotEqual(first.Result.VersionKey, other.Result.VersionKey);
    }

    [Fact]
    public async Task What_one_upload_alone_needed_is_swept_at_its_end_and_validated_files_when_nobody_used_them_for_long()
    {
        using var uploads = new Uploads { Options = Small with { CacheDays = 7 } };
        var clock = new FixedClock();
        var payload = await uploads.PutAsync("up", Files);
        var pipeline = uploads.Pipeline(uploads.Blobs, clock);
        var result = await pipeline.RunAsync(payload, (_, _) => { }, default);
        var before = await CountAsync(uploads);
        await pipeline.SweepAsync(default);
        Assert.InRange(await CountAsync(uploads), 1, before - 1);
        Assert.Equal(0, await new StageSweep(uploads.Blobs, uploads.Options with { CacheBytes = 0 }, clock).RunAsync(default));
        clock.Now += TimeSpan.FromDays(7);
        Assert.Equal(0, await new StageSweep(uploads.Blobs, uploads.Options, clock).RunAsync(default));
        await uploads.Pipeline(uploads.Blobs, clock).RunAsync(await uploads.PutAsync("two", Files[0], Files[2]), (_, _) => { }, default);
        clock.Now += TimeSpan.FromDays(1);
        Assert.Equal(2, await new StageSweep(uploads.Blobs, uploads.Options, clock).RunAsync(default));
        clock.Now += TimeSpan.FromDays(8);
        Assert.True(await new StageSweep(uploads.Blobs, uploads.Options, clock).RunAsync(default) > 0);
        Assert.Equal(0, await CountAsync(uploads));
        Assert.Equal(result.Files, (await uploads.IngestAsync(payload)).Result.Files);
    }

    [Fact]
    public async Task Beyond_its_size_the_cache_gives_up_what_was_used_longest_ago_but_nothing_of_yesterday()
    {
        using var uploads = new Uploads { Options = Small };
        var clock = new FixedClock();
        for (var day = 0; day < 4; day++, clock.Now += TimeSpan.FromDays(1))
            await uploads.Pipeline(uploads.Blobs, clock).RunAsync(await uploads.PutAsync($"up{day}", ("a.jsonl", Uploads.Lines(Uploads.Chats(20, day * 20)))), (_, _) => { }, default);
        clock.Now -= TimeSpan.FromDays(1);
        await new StageSweep(uploads.Blobs, uploads.Options with { CacheBytes = 1 }, clock).RunAsync(default);
        var left = (await uploads.Blobs.ListAsync("cache/ingest/", default).ToListAsync()).Select(b => b.Key.Name).Where(n => n.StartsWith("used-", StringComparison.Ordinal)).Distinct();
        Assert.Equal(["used-20260103", "used-20260104"], left.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Another_version_reads_only_the_files_that_changed()
    {
        using var uploads = new Uploads { Options = Small };
        var first = await uploads.IngestAsync(await uploads.PutAsync("one", Files));
        var second = await uploads.PutAsync("two", Files[0], Files[1], ("c.jsonl", Uploads.Lines(Uploads.Chats(4, 500))), Files[2]);
        // The unchanged files cannot even be read any more: nobody asks for them.
        foreach (var same in second.Files.Where(f => f.Path is "a.jsonl" or "b.jsonl.gz"))
            await uploads.Blobs.DeleteAsync(Core.Blobs.BlobKey.Parse(same.Key), null, default);
        var config = second with { Files = [.. second.Files.Where(f => f.Path != "dataset.yaml"), (await uploads.PutAsync("cfg", ("dataset.yaml", "format: messages\nmax_bad_fraction: 0.5\n"u8.ToArray()))).Files[0]] };
        var detected = await uploads.IngestAsync(config with { Files = [.. config.Files.OrderBy(f => f.Path, StringComparer.Ordinal)] });
        Assert.Equal(first.Ledger + new Ledger(4, 4, 0, 0, 0), detected.Ledger);
    }

    [Fact]
    public async Task Ingesting_again_what_is_sealed_looks_only_for_its_mark()
    {
        using var uploads = new Uploads { Options = Small };
        var payload = await uploads.PutAsync("up", Files);
        var first = await uploads.IngestAsync(payload);
        // Sealed again in place of being found, the files would have to be read, and they are gone.
        foreach (var file in payload.Files.Where(f => f.Path != "dataset.yaml"))
            await uploads.Blobs.DeleteAsync(Core.Blobs.BlobKey.Parse(file.Key), null, default);
        foreach (var entry in await uploads.Blobs.ListAsync("cache/ingest/", default).ToListAsync())
        {
            if (entry.Key.Name.StartsWith("slice-", StringComparison.Ordinal))
                await uploads.Blobs.DeleteAsync(entry.Key, null, default);
        }
        Assert.Equal(first.Result.Files, (await uploads.IngestAsync(payload)).Result.Files);
    }

    [Fact]
    public async Task A_turn_ends_behind_a_commit_and_the_next_goes_on_there()
    {
        using var calm = new Uploads { Options = Small };
        var expected = await calm.IngestAsync(Files);
        using var uploads = new Uploads { Options = Small with { LongestTurn = TimeSpan.Zero } };
        var payload = await uploads.PutAsync("up", Files);
        var turns = 0;
        Ingested? ended = null;
        while (ended is null)
        {
            var before = await CountAsync(uploads);
            if (await Record.ExceptionAsync(async () => ended = await uploads.IngestAsync(payload)) is { } over)
                Assert.IsType<TurnOverException>(over);
            Assert.True(await CountAsync(uploads) > before);
            turns++;
        }
        Assert.True(turns > 3, $"{turns} turns");
        Assert.Equal(expected.Result.Files, ended.Result.Files);
    }

    [Fact]
    public async Task A_file_that_changed_after_the_upload_ends_the_work()
    {
        using var uploads = new Uploads();
        var payload = await uploads.PutAsync("up", ("a.jsonl", Uploads.Lines(Uploads.Chats(3))));
        var wrong = payload with { Files = [payload.Files[0] with { Size = payload.Files[0].Size - 1 }] };
        Assert.Equal("SRC_CHANGED", (await Assert.ThrowsAsync<TemperException>(() => uploads.IngestAsync(wrong))).Code);
    }

    [Fact]
    public async Task Progress_never_falls_and_a_stop_leaves_nothing_sealed()
    {
        using var uploads = new Uploads { Options = Small };
        var payload = await uploads.PutAsync("up", Files);
        using var stop = new CancellationTokenSource();
        var shares = new List<double>();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => uploads.Pipeline(uploads.Blobs).RunAsync(payload, (share, phase) =>
        {
            shares.Add(share);
            if (phase == "seal")
                stop.Cancel();
        }, stop.Token));
        Assert.Equal(shares.Order(), shares);
        Assert.DoesNotContain(await uploads.Blobs.ListAsync("datasets/", default).ToListAsync(), b => b.Key.Name == DatasetManifest.FileName);
    }

    private static async Task<int> CountAsync(Uploads uploads) => (await uploads.Blobs.ListAsync("cache/ingest/", default).ToListAsync()).Count;

    private sealed class FixedClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
