using System.Text;
using Temper.Tensors;

namespace Temper.Ingest.Tests;

/// <summary>Files that Zstandard compressed: whole, cut, damaged and hostile.</summary>
public sealed class ZstdTests
{
    private static readonly byte[] Text = Uploads.Lines(Uploads.Chats(40));
    private static readonly byte[] Packed = Zstd.Store(Text);

    [Theory]
    [InlineData("level-19.jsonl.zst", 7000, 1)]
    [InlineData("small-window.jsonl.zst", 7000, 1)]
    [InlineData("unchecked.jsonl.zst", 400, 1)]
    [InlineData("frames.jsonl.zst", 400, 3)]
    public async Task What_another_program_compressed_is_read_to_its_end(string name, int rows, int frames)
    {
        using var feeds = new Feeds();
        var read = await feeds.ReadAsync(name, Zstd.Golden(name));
        Assert.Equal(Enumerable.Range(1, rows).Select(i => $"{{\"text\": \"note {i} of {i * 7919L % 10007}, which says {i * 104729L % 65537}\"}}"), read.Json);
        Assert.Equal((null, frames), (read.Fault, read.Members));
        Assert.Equal(read.Json, (await feeds.ReadAsync(name[..^4], Zstd.Golden(name))).Json);
    }

    [Fact]
    public async Task A_frame_that_needs_a_larger_window_than_is_kept_is_refused_by_its_size()
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.jsonl.zst", Zstd.Golden("large-window.jsonl.zst")));
        Assert.Equal(("FILE_UNSUPPORTED", 0L), (ingested.Result.Problems[0].Code, ingested.Ledger.RecordsIn));
        Assert.Contains("needs a window of 134217728 bytes; at most 33554432 are kept", ingested.Result.Problems[0].Message);
    }

    [Fact]
    public async Task A_file_that_was_cut_anywhere_is_refused_whole()
    {
        var golden = Zstd.Golden("frames.jsonl.zst");
        foreach (var share in (double[])[0.01, 0.1, 0.3, 0.6, 0.9])
        {
            using var uploads = new Uploads();
            var ingested = await uploads.IngestAsync(("a.jsonl.zst", golden[..(int)(golden.Length * share)]));
            Assert.Equal(("FILE_TRUNCATED", 0L), (ingested.Result.Problems[0].Code, ingested.Ledger.Accepted));
            Assert.True(ingested.Ledger.Closes);
        }
        foreach (var missing in (int[])[1, 2, 4, 5])
        {
            using var uploads = new Uploads();
            Assert.Equal("FILE_TRUNCATED", (await uploads.IngestAsync(("a.jsonl.zst", Packed[..^missing]))).Result.Problems[0].Code);
        }
    }

    [Theory]
    [InlineData("", "FILE_TRUNCATED")]
    [InlineData("text", "FILE_CORRUPT")]
    public async Task A_zst_name_is_a_promise(string content, string code)
    {
        using var uploads = new Uploads();
        Assert.Equal(code, (await uploads.IngestAsync(("a.jsonl.zst", Encoding.UTF8.GetBytes(content)))).Result.Problems[0].Code);
    }

    [Fact]
    public async Task Bytes_behind_the_last_frame_and_a_wrong_check_sum_are_refused()
    {
        foreach (var (tail, code) in new[] { ("tail!", "FILE_CORRUPT"), ("t", "FILE_CORRUPT"), ("\u0050\u002A\u004D\u0018\u0005", "FILE_TRUNCATED") })
        {
            using var uploads = new Uploads();
            var ingested = await uploads.IngestAsync(("a.jsonl.zst", [.. Packed, .. Encoding.UTF8.GetBytes(tail)]));
            Assert.Equal((code, 0L), (ingested.Result.Problems[0].Code, ingested.Ledger.Accepted));
        }
        for (var at = 6; at < Packed.Length; at += Packed.Length / 11)
        {
            using var uploads = new Uploads();
            var damaged = Packed.ToArray();
            damaged[at] ^= 4;
            var ingested = await uploads.IngestAsync(("a.jsonl.zst", damaged));
            Assert.Equal((false, 0L), (ingested.Result.Sealed, ingested.Ledger.Accepted));
        }
    }

    [Fact]
    public async Task Accept_partial_keeps_the_records_before_the_cut()
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.jsonl.zst", Packed[..(Packed.Length / 2)]), ("dataset.yaml", "format: messages\naccept_partial: true\nmax_bad_records: 1\nmax_bad_fraction: 1\n"u8.ToArray()));
        Assert.True(ingested.Result.Sealed);
        Assert.InRange(ingested.Ledger.Accepted, 10, 39);
    }

    [Fact]
    public async Task A_bomb_ends_where_the_ratio_is_passed()
    {
        using var uploads = new Uploads();
        var bomb = Zstd.Run((byte)'x', 128 << 10, 4000);
        var ingested = await uploads.IngestAsync(("a.jsonl.zst", bomb), ("dataset.yaml", "max_bad_fraction: 1\n"u8.ToArray()));
        Assert.Equal("FILE_RATIO", ingested.Result.Problems[0].Code);
        await using var members = new ZstdMembers(new MemoryStream(bomb));
        var buffer = new byte[1 << 20];
        while (await members.ReadAsync(buffer) > 0)
            continue;
        Assert.InRange(members.Expanded, 10 << 20, 11 << 20);
    }

    [Theory]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F, 0xFD, 0x08, 0x00, 1, 0, 0 }, "FILE_CORRUPT")]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F, 0xFD, 0x21, 7, 3, 0x19, 0, 0, 1, 2, 3 }, "FILE_UNSUPPORTED")]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F, 0xFD, 0x20, 3, 7, 0, 0 }, "FILE_CORRUPT")]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F, 0xFD, 0x20, 2, 0x19, 0, 0, 1, 2, 3 }, "FILE_CORRUPT")]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F, 0xFD, 0x20, 4, 0x19, 0, 0, 1, 2, 3 }, "FILE_CORRUPT")]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x00, 0x0B, 0x20, 0, 7 }, "FILE_CORRUPT")]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xFF, 1, 0, 0 }, "FILE_UNSUPPORTED")]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F, 0xFD, 0xE0, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0, 0 }, "FILE_UNSUPPORTED")]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F }, "FILE_TRUNCATED")]
    public async Task Frames_that_break_a_rule_are_named(byte[] frame, string code)
    {
        await using var members = new ZstdMembers(new MemoryStream(frame));
        var buffer = new byte[100];
        while (await members.ReadAsync(buffer) > 0)
            continue;
        Assert.Equal(code, members.Fault?.Code);
    }

    [Fact]
    public async Task Whatever_is_done_to_a_file_reading_it_ends_and_gives_the_same_in_pieces_of_any_size()
    {
        byte[][] goldens = [Zstd.Golden("frames.jsonl.zst"), Zstd.Golden("unchecked.jsonl.zst")];
        for (var i = 0u; i < 300; i++)
        {
            var key = new RandomKey(23, 6, i);
            var bytes = goldens[i % 2].ToArray();
            for (var n = 0; n < 1 + i % 3; n++)
                bytes[Philox.Below(key, n, bytes.Length)] = (byte)Philox.Below(key, 10 + n, 256);
            var (whole, fault) = await ReadAsync(bytes, 1 << 20);
            var (pieces, again) = await ReadAsync(bytes, 1 + (int)Philox.Below(key, 20, 3000));
            Assert.Equal(fault, again);
            Assert.Equal(whole, pieces);
        }
    }

    [Theory]
    [InlineData("a.tar.zst")]
    [InlineData("a.tzst")]
    [InlineData("a.tar")]
    public async Task A_tar_archive_may_be_packed_by_it(string name)
    {
        using var uploads = new Uploads();
        var tar = Zstd.Store(Archives.Tar(("x/b.jsonl", string.Join('\n', Uploads.Chats(5))), ("x/a.jsonl", string.Join('\n', Uploads.Chats(5, 5)))));
        var ingested = await uploads.IngestAsync((name, tar));
        if (name == "a.tar")
        {
            // Its content is a tar archive, which the name says, too.
            Assert.Equal(10, ingested.Ledger.Accepted);
            return;
        }
        Assert.Equal((10L, true), (ingested.Ledger.Accepted, ingested.Result.Sealed));
        Assert.Equal(["FILE_TRUNCATED"], (await uploads.IngestAsync(await uploads.PutAsync("cut", (name, tar[..^600])))).Result.Problems.Select(p => p.Code).Take(1));
    }

    private static async Task<(byte[] Bytes, string? Fault)> ReadAsync(byte[] file, int piece)
    {
        await using var members = new ZstdMembers(new MemoryStream(file));
        using var all = new MemoryStream();
        var buffer = new byte[piece];
        while (await members.ReadAsync(buffer) is > 0 and var read)
            all.Write(buffer, 0, read);
        return (all.ToArray(), members.Fault?.Code);
    }
}
