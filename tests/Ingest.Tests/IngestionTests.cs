using System.Globalization;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Testing;

namespace Temper.Ingest.Tests;

/// <summary>Events that come again, workers that die anywhere, data that changes underneath: one upload is one version, and nothing is computed twice.</summary>
public sealed class IngestionTests
{
    private const string Config = "dataset.yaml";

    private static readonly (string, byte[])[] Files =
    [
        ("a.jsonl", Uploads.Lines([.. Uploads.Chats(30), "broken", .. Uploads.Chats(3)])),
        ("b.jsonl.gz", Uploads.Gzip(Uploads.Lines([.. Uploads.Chats(30, 100), "", Uploads.Chat("x", "")]))),
        (Config, "max_bad_fraction: 0.5\nsplit: {eval: 0.2}\nembedding: {model: letters}\ncontamination: {action: drop}\n"u8.ToArray()),
    ];

    private static readonly IngestOptions Small = new() { SliceBytes = 3000, ShardBytes = 5000, Embedders = (_, _) => Task.FromResult<IEmbedder>(new Letters([])) };

    [Fact]
    public async Task The_same_event_fifty_times_is_one_version()
    {
        using var uploads = Make([]);
        var payload = await uploads.PutAsync("up", Files);
        var first = await uploads.IngestAsync(payload);
        var blobs = (await uploads.Blobs.ListAsync("datasets/", default).ToListAsync()).Select(b => (b.Key, b.ETag)).ToList();
        for (var again = 1; again < 50; again++)
            Assert.Equal(first.Result.Files, (await uploads.IngestAsync(payload)).Result.Files);
        Assert.Equal(blobs, (await uploads.Blobs.ListAsync("datasets/", default).ToListAsync()).Select(b => (b.Key, b.ETag)));
    }

    [Fact]
    public async Task Killed_at_random_writes_again_and_again_every_upload_ends_in_the_same_manifest()
    {
        var runs = int.TryParse(Environment.GetEnvironmentVariable("TEMPER_INGEST_KILLS"), CultureInfo.InvariantCulture, out var asked) ? asked : 20;
        using var calm = Make([]);
        var expected = await calm.IngestAsync(Files);
        Assert.True(expected.Ledger is { Closes: true, Accepted: > 40, Duplicates: 3, Quarantined: 2 }, expected.Ledger.ToString());
        var deaths = 0;
        for (var run = 0; run < runs; run++)
        {
            using var uploads = Make([]);
            var payload = await uploads.PutAsync("up", Files);
            Ingested? ended = null;
            for (var attempt = 0; ended is null; attempt++)
            {
                // Attempts die ever later, at a write that the run and the attempt choose, inside it or right behind it.
                var choice = Convert.ToInt32(Digest.OfText($"{run}/{attempt}").Hex[..6], 16);
                var dying = new DyingBlobStore(uploads.Blobs, 1 + (choice % (6 + (attempt * 6))), inside: choice % 2 == 0);
                if (await Record.ExceptionAsync(async () => ended = await uploads.IngestAsync(payload, dying)) is { } cut)
                    Assert.IsType<PowerCutException>(cut);
                deaths += ended is null ? 1 : 0;
                Assert.True(attempt < 60);
            }
            Assert.Equal(expected.Result.Files.Single(f => f.Path == DatasetManifest.FileName), ended.Result.Files.Single(f => f.Path == DatasetManifest.FileName));
            Assert.Equal(expected.Result.Files, ended.Result.Files);
            Assert.Equal(expected.Ledger, ended.Ledger);
        }
        Assert.True(deaths >= 2 * runs, $"{deaths} deaths in {runs} runs");
    }

    [Fact]
    public async Task Cut_into_turns_of_no_length_and_killed_in_some_of_them_every_upload_ends_in_the_same_files()
    {
        // More than one file of records, a near-duplicate every few lines, and a quarantine; each turn commits one piece of work of one stage.
        (string, byte[])[] files =
        [
            ("a.jsonl", Uploads.Lines([.. Enumerable.Range(0, 60).Select(i => Uploads.Chat($"What is {Digest.OfText($"q{i % 40}").Hex}?", $"It is {Digest.OfText($"a{i % 40}").Hex}{(i < 40 ? "" : "!")}"))])),
            ("b.jsonl", Uploads.Lines([.. Uploads.Chats(30, 100), "broken", .. Uploads.Chats(3)])),
            (Config, "max_bad_fraction: 0.5\nsplit: {eval: 0.2}\nembedding: {model: letters}\ncontamination: {action: drop}\ndedup: {near: {action: drop}}\n"u8.ToArray()),
        ];
        using var calm = Make([]);
        var expected = await calm.IngestAsync(files);
        Assert.True(expected.Ledger is { Closes: true, Duplicates: > 15, Quarantined: 1 }, expected.Ledger.ToString());
        for (var run = 0; run < 3; run++)
        {
            using var uploads = new Uploads { Options = Small with { LongestTurn = TimeSpan.Zero }, Resolve = calm.Resolve };
            var payload = await uploads.PutAsync("up", files);
            var (turns, ended) = (new HashSet<string>(), (Ingested?)null);
            for (var attempt = 0; ended is null; attempt++)
            {
                var choice = Convert.ToInt32(Digest.OfText($"turn {run}/{attempt}").Hex[..6], 16);
                var dying = new DyingBlobStore(uploads.Blobs, run == 0 ? int.MaxValue : 8 + (choice % 30), inside: choice % 2 == 0);
                var cut = await Record.ExceptionAsync(async () => ended = await uploads.IngestAsync(payload, dying));
                Assert.True(cut is null or TurnOverException or PowerCutException, cut?.ToString());
                Assert.True(attempt < 1000);
            }
            foreach (var blob in await uploads.Blobs.ListAsync("cache/ingest/", default).ToListAsync())
                turns.Add(blob.Key.Name.Split('-')[0]);
            Assert.Superset(new HashSet<string> { "slice", "signs", "near", "seal", "quarantine" }, turns);
            Assert.Equal(expected.Result.Files, ended.Result.Files);
            Assert.Equal(expected.Ledger, ended.Ledger);
        }
    }

    [Fact]
    public async Task However_many_threads_judge_a_file_its_slices_are_the_same()
    {
        var lines = Uploads.Lines([.. Enumerable.Range(0, 4000).Select(i => i % 97 == 5 ? $"broken {i}" : i % 53 == 7 ? " " : Uploads.Chats(1, i % 3000)[0])]);
        List<string>? expected = null;
        foreach (var threads in (int[])[1, 2, 7])
        {
            using var uploads = new Uploads { Options = new() { Threads = threads, SliceBytes = 300_000 } };
            await uploads.IngestAsync(("a.jsonl", lines), (Config, "max_bad_fraction: 0.5\n"u8.ToArray()));
            var slices = new List<string>();
            foreach (var blob in await uploads.Blobs.ListAsync("cache/ingest/", default).ToListAsync())
            {
                await using var stream = await uploads.Blobs.OpenAsync(blob.Key, 0, null, null, default);
                if (blob.Key.Name.StartsWith("slice-", StringComparison.Ordinal) || blob.Key.Name.StartsWith("signs-", StringComparison.Ordinal) || blob.Key.Name.StartsWith("aside-", StringComparison.Ordinal))
                    slices.Add($"{blob.Key} {(await Digest.OfAsync(stream, default)).Hex}");
            }
            Assert.True(slices.Count > 10, $"{slices.Count}");
            expected ??= slices;
            Assert.Equal(expected, slices);
        }
    }

    [Fact]
    public async Task A_file_that_is_overwritten_between_two_turns_ends_the_work_and_nothing_is_mixed()
    {
        using var uploads = new Uploads { Options = Small with { LongestTurn = TimeSpan.Zero } };
        var payload = await uploads.PutAsync("up", ("a.jsonl", Uploads.Lines(Uploads.Chats(40))));
        await Assert.ThrowsAsync<TurnOverException>(() => uploads.IngestAsync(payload));
        var key = BlobKey.Parse(payload.Files[0].Key);
        var found = (await uploads.Blobs.FindAsync(key, default))!;
        await uploads.Blobs.ReplaceAsync(key, Uploads.Lines(Uploads.Chats(40, 1)).AsMemory(0, (int)found.Size), found.ETag, default);
        var changed = await Assert.ThrowsAsync<TemperException>(() => uploads.IngestAsync(payload));
        Assert.Equal("SRC_CHANGED", changed.Code);
        Assert.Empty(await uploads.Blobs.ListAsync("datasets/", default).ToListAsync());
    }

    [Fact]
    public async Task One_byte_changed_is_another_version_that_embeds_one_record_and_reads_one_file()
    {
        var embedded = new List<string>();
        using var uploads = Make(embedded);
        var (a, b) = (Uploads.Chats(30), Uploads.Chats(30, 100));
        (string, byte[]) config = (Config, "embedding: {model: letters}\n"u8.ToArray());
        var first = await uploads.IngestAsync(await uploads.PutAsync("one", ("a.jsonl", Uploads.Lines(a)), ("b.jsonl", Uploads.Lines(b)), config));
        Assert.Equal(60, embedded.Count);
        b[7] = b[7].Replace("What", "That", StringComparison.Ordinal);
        var second = await uploads.PutAsync("two", ("a.jsonl", Uploads.Lines(a)), ("b.jsonl", Uploads.Lines(b)), config);
        var reads = new ReadCounter(uploads.Blobs);
        var ingested = await uploads.IngestAsync(second, reads);
        Assert.NotEqual(first.Result.VersionKey, ingested.Result.VersionKey);
        Assert.Equal(61, embedded.Count);
        // The format is told from the first file's begin; what is read to its end is the file that changed.
        Assert.DoesNotContain(reads.Validated, name => name == "a.jsonl");
        Assert.Equal(59, first.Records.Select(r => r.RecId).Intersect(ingested.Records.Select(r => r.RecId)).Count());
    }

    [Fact]
    public async Task The_same_content_under_two_names_is_embedded_once()
    {
        var embedded = new List<string>();
        using var uploads = Make(embedded);
        (string, byte[])[] files = [("a.jsonl", Uploads.Lines(Uploads.Chats(20))), (Config, "embedding: {model: letters}\n"u8.ToArray())];
        var first = await uploads.IngestAsync(await uploads.PutAsync("one", files));
        var other = await uploads.PutAsync("two", files) with { Dataset = ResourceName.Parse("other") };
        var second = await uploads.Pipeline(uploads.Blobs).RunAsync(other, (_, _) => { }, default);
        Assert.NotEqual(first.Result.VersionKey, second.VersionKey);
        Assert.Equal(first.Ledger, second.Ledger);
        Assert.Equal(20, embedded.Count);
    }

    [Fact]
    public async Task A_slice_that_was_evicted_under_a_running_row_is_made_again_by_the_next_attempt()
    {
        using var uploads = Make([]);
        var payload = await uploads.PutAsync("up", Files);
        var expected = await uploads.IngestAsync(payload);
        foreach (var entry in await uploads.Blobs.ListAsync("cache/ingest/", default).ToListAsync())
        {
            if (entry.Key.Name is "sealed.json" or "dedup.json" or "contamination.json" || (entry.Key.Name.StartsWith("slice-000000-", StringComparison.Ordinal) && entry.Size > 0))
                await uploads.Blobs.DeleteAsync(entry.Key, null, default);
        }
        for (var file = 0; file < 2; file++)
            Assert.Equal("storage_unavailable", (await Assert.ThrowsAsync<TemperException>(() => uploads.IngestAsync(payload))).Code);
        Assert.Equal(expected.Result.Files, (await uploads.IngestAsync(payload)).Result.Files);
    }

    private static Uploads Make(List<string> embedded) => new()
    {
        Options = Small with { Embedders = (_, _) => Task.FromResult<IEmbedder>(new Letters(embedded)) },
        Resolve = (_, _) => Task.FromResult(new ModelPin(ResourceName.Parse("letters"), 1, Digest.OfText("c"), Digest.OfText("letters"), [])),
    };

    /// <summary>How often each letter occurs; notes what it was asked.</summary>
    private sealed class Letters(List<string> embedded) : IEmbedder
    {
        public Digest Model => Digest.OfText("letters");

        public string Transform => "counts";

        public int Width => 26;

        public IReadOnlyList<float[]> Embed(IReadOnlyList<string> texts, CancellationToken ct)
        {
            embedded.AddRange(texts);
            return [.. texts.Select(text => Enumerable.Range('a', 26).Select(letter => (float)text.Count(c => c == letter)).ToArray())];
        }

        public void Dispose() { }
    }

    /// <summary>Which uploaded files are opened after the plan is fixed.</summary>
    private sealed class ReadCounter(IBlobStore inner) : PassingBlobStore(inner)
    {
        private bool _registered;

        public List<string> Validated { get; } = [];

        public override Task<BlobInfo?> CreateAsync(BlobKey key, Stream content, CancellationToken ct)
        {
            _registered |= key.Name == "register.json";
            return base.CreateAsync(key, content, ct);
        }

        public override Task<Stream> OpenAsync(BlobKey key, long offset, long? length, string? pinned, CancellationToken ct)
        {
            if (_registered && key.ToString().StartsWith("uploads/", StringComparison.Ordinal))
                Validated.Add(key.Name);
            return base.OpenAsync(key, offset, length, pinned, ct);
        }
    }
}
