using System.Text;

namespace Temper.Ingest.Tests;

/// <summary>Compressed files that are not what they seem. The platform's own reader takes most of them without a word.</summary>
public sealed class GzipTests
{
    private static readonly byte[] Text = Uploads.Lines(Uploads.Chats(400));
    private static readonly byte[] Packed = Uploads.Gzip(Text);

    [Fact]
    public async Task A_whole_file_of_several_members_is_read_to_its_end()
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.jsonl.gz", [.. Packed, .. Uploads.Gzip(Uploads.Lines(Uploads.Chats(7, 1000))), .. Uploads.Gzip([])]));
        Assert.Equal(407, ingested.Ledger.Accepted);
        Assert.True(ingested.Result.Sealed);
    }

    [Fact]
    public async Task Members_that_hold_nothing_are_members_too()
    {
        // What bgzip ends every file with; other programs write it without the extra field.
        byte[] marker = [0x1F, 0x8B, 8, 4, 0, 0, 0, 0, 0, 0xFF, 6, 0, 0x42, 0x43, 2, 0, 0x1B, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        byte[] plain = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.jsonl.gz", [.. plain, .. Packed, .. marker, .. plain, .. Uploads.Gzip(Uploads.Lines(Uploads.Chats(7, 1000))), .. marker]));
        Assert.Equal((407L, true), (ingested.Ledger.Accepted, ingested.Result.Sealed));
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public async Task A_file_that_was_cut_is_refused_whole(double share)
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.jsonl.gz", Packed[..(int)(Packed.Length * share)]));
        Assert.False(ingested.Result.Sealed);
        Assert.Equal(0, ingested.Ledger.Accepted);
        Assert.True(ingested.Ledger.Closes);
        Assert.Equal("FILE_TRUNCATED", ingested.Result.Problems[0].Code);
        Assert.Contains($"{ingested.Ledger.RecordsIn} records were read before", ingested.Result.Problems[0].Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(8)]
    public async Task A_file_without_its_trailer_is_refused_whole(int missing)
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.jsonl.gz", Packed[..^missing]));
        Assert.False(ingested.Result.Sealed);
        Assert.Equal((400, 0), (ingested.Ledger.Quarantined, ingested.Ledger.Accepted));
        Assert.Contains(ingested.Result.Problems[0].Code, (string[])["FILE_TRUNCATED", "FILE_CORRUPT"]);
    }

    [Fact]
    public async Task An_empty_file_with_a_gz_name_is_truncated()
    {
        using var uploads = new Uploads();
        Assert.Equal("FILE_TRUNCATED", (await uploads.IngestAsync(("a.jsonl.gz", []))).Result.Problems[0].Code);
    }

    [Fact]
    public async Task A_second_member_that_was_cut_spoils_the_first()
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.jsonl.gz", [.. Packed, .. Packed[..(Packed.Length / 2)]]));
        Assert.Equal(("FILE_TRUNCATED", 0L), (ingested.Result.Problems[0].Code, ingested.Ledger.Accepted));
    }

    [Fact]
    public async Task Bytes_behind_the_last_member_are_refused()
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.jsonl.gz", [.. Packed, .. "tail"u8]));
        Assert.Equal(("FILE_CORRUPT", 0L), (ingested.Result.Problems[0].Code, ingested.Ledger.Accepted));
    }

    [Fact]
    public async Task Text_under_a_gz_name_is_not_read_as_text()
    {
        using var uploads = new Uploads();
        Assert.Equal("FILE_CORRUPT", (await uploads.IngestAsync(("a.jsonl.gz", Text))).Result.Problems[0].Code);
    }

    [Fact]
    public async Task Gzip_under_another_name_is_unpacked()
    {
        using var uploads = new Uploads();
        Assert.Equal(400, (await uploads.IngestAsync(("a.jsonl", Packed))).Ledger.Accepted);
    }

    [Fact]
    public async Task One_flipped_bit_anywhere_in_the_data_is_noticed()
    {
        for (var at = 10; at < Packed.Length; at += Packed.Length / 23)
        {
            using var uploads = new Uploads();
            var damaged = Packed.ToArray();
            damaged[at] ^= 4;
            var ingested = await uploads.IngestAsync(("a.jsonl.gz", damaged));
            Assert.False(ingested.Result.Sealed, $"bit flipped at {at} of {Packed.Length}");
            Assert.Equal(0, ingested.Ledger.Accepted);
            Assert.True(ingested.Ledger.Closes);
        }
    }

    [Fact]
    public async Task Accept_partial_keeps_the_records_before_the_cut()
    {
        using var uploads = new Uploads();
        var config = Encoding.UTF8.GetBytes("format: messages\naccept_partial: true\nmax_bad_records: 1\n");
        var ingested = await uploads.IngestAsync(("a.jsonl.gz", Packed[..(Packed.Length / 2)]), ("dataset.yaml", config));
        Assert.True(ingested.Result.Sealed);
        Assert.InRange(ingested.Ledger.Accepted, 100, 399);
        Assert.Contains(ingested.Result.Problems, p => p.Code == "FILE_TRUNCATED");
    }

    [Fact]
    public async Task A_damaged_file_is_not_accepted_in_part()
    {
        using var uploads = new Uploads();
        var damaged = Packed.ToArray();
        damaged[Packed.Length / 2] ^= 1;
        var ingested = await uploads.IngestAsync(("a.jsonl.gz", damaged), ("dataset.yaml", Encoding.UTF8.GetBytes("format: messages\naccept_partial: true\n")));
        Assert.Equal(0, ingested.Ledger.Accepted);
    }

    [Fact]
    public async Task Allow_file_errors_seals_the_other_files()
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.jsonl.gz", Packed[..^100]), ("b.jsonl", Uploads.Lines(Uploads.Chats(5, 900))), ("dataset.yaml", Encoding.UTF8.GetBytes("allow_file_errors: true\n")));
        Assert.True(ingested.Result.Sealed);
        Assert.Equal(5, ingested.Ledger.Accepted);
        Assert.All(ingested.SetAside, e => Assert.Equal("a.jsonl.gz", e.File));
    }

    [Fact]
    public async Task A_bomb_is_stopped_at_its_ratio()
    {
        using var uploads = new Uploads();
        var bomb = Uploads.Gzip(Encoding.UTF8.GetBytes(new string(' ', 60 << 20)));
        var ingested = await uploads.IngestAsync(("a.jsonl.gz", [.. Uploads.Gzip(Uploads.Lines(Uploads.Chats(1))), .. bomb]));
        Assert.Equal("FILE_RATIO", ingested.Result.Problems[0].Code);
    }
}
