using System.Text;
using Temper.Core.Datasets;

namespace Temper.Ingest.Tests;

/// <summary>Archives that someone made to do harm. What is harmless in them is still read where the configuration says so.</summary>
public sealed class HostileArchiveTests
{
    private static readonly byte[] Good = Uploads.Lines(Uploads.Chats(3));
    private static readonly (string, byte[]) Lenient = ("dataset.yaml", "format: messages\nallow_file_errors: true\n"u8.ToArray());

    [Theory]
    [InlineData("../../x.jsonl", "leads out")]
    [InlineData("a/../../x.jsonl", "leads out")]
    [InlineData("/etc/passwd", "absolute")]
    [InlineData("C:\\x.jsonl", "backslash")]
    [InlineData("C:x.jsonl", "absolute")]
    [InlineData("a\\..\\x.jsonl", "backslash")]
    [InlineData("CON", "device")]
    [InlineData("a/nul.jsonl", "device")]
    [InlineData("com1 .jsonl", "device")]
    [InlineData("x.jsonl\0.png", "cannot be seen")]
    [InlineData("gpj.\u202Elnosj.jsonl", "cannot be seen")]
    [InlineData("%2e%2e%2fx.jsonl", "percent signs")]
    [InlineData("%252e%252e%252fx.jsonl", "percent signs")]
    [InlineData("a//x.jsonl", "empty part")]
    [InlineData("x.jsonl.", "full stop")]
    [InlineData("\u0007.jsonl", "cannot be seen")]
    public async Task A_name_that_no_data_file_needs_is_refused_and_shown_safely(string name, string reason)
    {
        foreach (var archive in (string[])["a.zip", "a.tgz"])
        {
            if (archive != "a.zip" && name.Contains('\0', StringComparison.Ordinal))
                continue;
            using var uploads = new Uploads();
            var text = Encoding.UTF8.GetString(Good);
            var ingested = await uploads.IngestAsync((archive, ArchiveTests.Pack(archive, [(name, text), ("good.jsonl", text)])), Lenient);
            var problem = Assert.Single(ingested.Result.Problems);
            Assert.Equal("ARCHIVE_ENTRY_REFUSED", problem.Code);
            Assert.Contains(reason, problem.Message);
            Assert.DoesNotContain(problem.Message, c => char.IsControl(c) || c == '\u202E');
            Assert.Equal((true, new Ledger(3, 3, 0, 0, 0)), (ingested.Result.Sealed, ingested.Ledger));
        }
    }

    [Fact]
    public async Task A_name_of_three_hundred_characters_is_refused()
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.tar", Archives.Tar((new string('n', 300) + ".jsonl", "{}"), ("good.jsonl", Encoding.UTF8.GetString(Good)))), Lenient);
        Assert.Contains("longer than 255 bytes", Assert.Single(ingested.Result.Problems).Message);
        Assert.True(ingested.Result.Problems[0].Message.Length < 350);
    }

    [Theory]
    [InlineData("a.jsonl", "a.jsonl")]
    [InlineData("a.jsonl", "A.jsonl")]
    [InlineData("\u00E9.jsonl", "e\u0301.jsonl")]
    [InlineData("\u00C9.jsonl", "e\u0301.jsonl")]
    public async Task Twins_are_both_refused(string first, string second)
    {
        using var uploads = new Uploads();
        var text = Encoding.UTF8.GetString(Good);
        var ingested = await uploads.IngestAsync(("a.zip", Archives.Zip((first, text), (second, text), ("good.jsonl", text))), Lenient);
        Assert.Equal(["ARCHIVE_ENTRY_REFUSED", "ARCHIVE_ENTRY_REFUSED"], ingested.Result.Problems.Select(p => p.Code));
        Assert.Equal(3, ingested.Ledger.Accepted);
    }

    [Fact]
    public async Task Links_devices_and_encrypted_entries_are_refused()
    {
        using var uploads = new Uploads();
        byte[] tar = [.. Archives.TarEntry("link.jsonl", [], '2'), .. Archives.TarEntry("hard.jsonl", [], '1'), .. Archives.TarEntry("tty.jsonl", [], '3'), .. Archives.TarEntry("fifo.jsonl", [], '6'),
            .. Archives.TarEntry("odd.jsonl", Good, 'V'), .. Archives.TarEntry("sparse.jsonl", Good, 'S'), .. Archives.TarEntry("./good.jsonl", Good), .. new byte[1024]];
        var zip = Archives.Raw([new("link.jsonl", Good) { Mode = 0xA1FF }, new("fifo.jsonl", Good) { Mode = 0x1000 }, new("secret.jsonl", Good) { Flags = 1 }, new("lzma.jsonl", Good) { Method = 14 }, new("folder/", Good), new("good.jsonl", Uploads.Lines(Uploads.Chats(2, 50))) { Mode = 0x81A4 }]);
        var ingested = await uploads.IngestAsync(("a.tar", tar), ("b.zip", zip), Lenient);
        Assert.Equal(11, ingested.Result.Problems.Count(p => p.Code == "ARCHIVE_ENTRY_REFUSED"));
        Assert.Equal(["a.tar!/good.jsonl", "b.zip!/good.jsonl"], ingested.Records.Select(r => r.Source.File).Distinct());
    }

    [Fact]
    public async Task A_bomb_is_told_by_what_it_states_and_by_what_it_unpacks_to()
    {
        using var uploads = new Uploads();
        var spaces = new byte[30 << 20];
        spaces.AsSpan().Fill((byte)' ');
        var ingested = await uploads.IngestAsync(("a.zip", Archives.Raw([new("bomb.jsonl", spaces), new("liar.jsonl", spaces) { Size = 100 }, new("good.jsonl", Good)])), ("b.tgz", Uploads.Gzip(Archives.Tar(("a.jsonl", Encoding.UTF8.GetString(spaces))))), Lenient);
        Assert.Equal([("a.zip!/bomb.jsonl", "ARCHIVE_ENTRY_REFUSED"), ("a.zip!/liar.jsonl", "FILE_CORRUPT"), ("b.tgz", "FILE_RATIO")], ingested.Result.Problems.Select(p => (p.File!, p.Code)).Order());
        Assert.Equal((3L, true), (ingested.Ledger.Accepted, ingested.Ledger.Closes));
    }

    [Fact]
    public async Task An_archive_in_an_archive_is_not_opened()
    {
        using var uploads = new Uploads();
        var inner = Encoding.Latin1.GetString(Archives.Zip(("x.jsonl", "{}")));
        var ingested = await uploads.IngestAsync(("a.zip", Archives.Zip(("r.zip", inner), ("x.jsonl.gz", inner), ("x.tgz", inner), ("x.7z", inner), ("photo.png", "x"), ("x.parquet", "x"), ("hidden.jsonl", inner), ("good.jsonl", Encoding.UTF8.GetString(Good)))), Lenient);
        Assert.Equal(["ARCHIVE_NESTED", "ARCHIVE_NESTED", "ARCHIVE_NESTED", "ARCHIVE_NESTED", "FILE_KIND_MISMATCH", "FILE_UNSUPPORTED", "FILE_UNSUPPORTED"], ingested.Result.Problems.Select(p => p.Code).Order(StringComparer.Ordinal));
        Assert.Equal(3, ingested.Ledger.Accepted);
    }

    [Fact]
    public async Task Entries_that_share_their_bytes_are_refused()
    {
        using var uploads = new Uploads();
        RawEntry[] entries = [new("a.jsonl", Good), new("b.jsonl", Good) { At = 0, LocalName = "a.jsonl" }, new("c.jsonl", Good) { At = 5 }, new("good.jsonl", Good)];
        var ingested = await uploads.IngestAsync(("a.zip", Archives.Raw(entries)), Lenient);
        Assert.Equal(["a.zip!/a.jsonl", "a.zip!/b.jsonl", "a.zip!/c.jsonl"], ingested.Result.Problems.Select(p => p.File!).Order(StringComparer.Ordinal));
        Assert.All(ingested.Result.Problems, p => Assert.Contains("overlap", p.Message));
        Assert.Equal(3, ingested.Ledger.Accepted);
    }

    [Fact]
    public async Task A_million_entries_are_not_even_listed()
    {
        using var uploads = new Uploads();
        var one = Archives.TarEntry("a", []);
        var million = new byte[one.Length * 150_000];
        for (var at = 0; at < million.Length; at += one.Length)
            one.CopyTo(million, at);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var ingested = await uploads.IngestAsync(("a.zip", Archives.Raw([new("a.jsonl", Good)], entries: 1_000_000, zip64: true)), ("b.tgz", Uploads.Gzip(million, System.IO.Compression.CompressionLevel.Optimal)), ("c.jsonl", Good), Lenient);
        Assert.Equal([("a.zip", "ARCHIVE_LIMIT"), ("b.tgz", "ARCHIVE_LIMIT")], ingested.Result.Problems.Take(2).Select(p => (p.File!, p.Code)));
        Assert.True(GC.GetTotalMemory(forceFullCollection: true) - before < 64 << 20);
    }

    [Fact]
    public async Task A_crowd_of_refused_entries_does_not_fill_the_report()
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.zip", Archives.Raw([.. Enumerable.Range(0, 500).Select(i => new RawEntry($"../{i}", [])), new("good.jsonl", Good)])), Lenient);
        Assert.Equal(101, ingested.Result.Problems.Count);
        Assert.Contains("400 more entries", ingested.Result.Problems[100].Message);
        Assert.Equal(3, ingested.Ledger.Accepted);
    }

    [Theory]
    [InlineData("Something stands behind", 1)]
    [InlineData("damaged", 2)]
    [InlineData("damaged", 3)]
    [InlineData("at most 1048576", 4)]
    [InlineData("extended header", 5)]
    public async Task A_tar_that_does_not_hold_together_is_refused_whole(string reason, int kind)
    {
        using var uploads = new Uploads();
        var entry = Archives.TarEntry("a.jsonl", Good);
        byte[] tar = kind switch
        {
            1 => [.. entry, .. new byte[1024], .. entry, .. new byte[1024]],
            2 => [.. entry, .. new byte[100], 1, .. new byte[411]],
            3 => [.. entry, .. Archives.TarEntry("huge.jsonl", Good, '0', 1L << 33).AsSpan(0, 130), 0xFF, .. new byte[381]],
            4 => [.. entry, .. Archives.TarEntry("pax", Good, 'x', 1L << 30), .. new byte[1024]],
            _ => [.. entry, .. Archives.TarEntry("pax", "99 path=x\n"u8.ToArray(), 'x'), .. entry, .. new byte[1024]],
        };
        var ingested = await uploads.IngestAsync(("a.tar", tar), Lenient);
        Assert.Contains(reason, ingested.Result.Problems.Single(p => p.File == "a.tar").Message);
        Assert.Equal(0, ingested.Ledger.RecordsIn);
    }
}
