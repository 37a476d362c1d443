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
    public async Task What_the_stages_left_behind_is_swept()
    {
        using var uploads = new Uploads { Options = Small };
        var payload = await uploads.PutAsync("up", Files);
        var pipeline = uploads.Pipeline(uploads.Blobs);
        var result = await pipeline.RunAsync(payload, (_, _) => { }, default);
        await pipeline.SweepAsync(default);
        Assert.Empty(await uploads.Blobs.ListAsync("cache/", default).ToListAsync());
        Assert.Equal(result.Files, (await uploads.IngestAsync(payload)).Result.Files);
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
}
