using System.Text;

namespace Temper.Ingest.Tests;

/// <summary>Decoders of our own, byte by byte.</summary>
public sealed class PageCodecTests
{
    [Fact]
    public void Snappy_takes_literals_and_copies_that_overlap_themselves()
    {
        var target = new byte[12];
        // 12 bytes: literal "ab", then copies of 10 from 2 before (two-byte offset).
        Assert.True(SnappyBlock.TryUnpack([12, 0b0000_0100, (byte)'a', (byte)'b', (10 - 1) << 2 | 2, 2, 0], target));
        Assert.Equal("abababababab", Encoding.ASCII.GetString(target));
        // The short copy: length 4 to 11, eleven bits of offset.
        Assert.True(SnappyBlock.TryUnpack([6, 0b0000_0100, (byte)'x', (byte)'y', 1, 1], target.AsSpan(0, 6)));
        Assert.Equal("xyyyyy", Encoding.ASCII.GetString(target, 0, 6));
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 3, 8, 1, 2 })]
    [InlineData(new byte[] { 3, 1, 0 })]
    [InlineData(new byte[] { 3, 0, 1, 5, 1 })]
    [InlineData(new byte[] { 3, 240 })]
    [InlineData(new byte[] { 3, 252, 255, 255, 255, 255 })]
    [InlineData(new byte[] { 4, 8, 1, 2, 3 })]
    [InlineData(new byte[] { 255, 255, 255, 255, 255, 8 })]
    [InlineData(new byte[] { 3, 12, 1, 2, 3, 4 })]
    public void Damaged_snappy_is_refused(byte[] packed) => Assert.False(SnappyBlock.TryUnpack(packed, new byte[3]));

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 0x40, 1, 2, 3 })]
    [InlineData(new byte[] { 0x10, 1, 0, 0 })]
    [InlineData(new byte[] { 0x10, 1, 2, 0 })]
    [InlineData(new byte[] { 0xF0, 255, 255 })]
    [InlineData(new byte[] { 0x1F, 1, 1, 0, 255, 255 })]
    public void Damaged_lz4_is_refused(byte[] packed) => Assert.False(Lz4Block.TryUnpack(packed, new byte[3]));

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F, 0xFD })]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F, 0xFD, 0x20, 3, 1, 0, 0 })]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F, 0xFD, 0x20, 4, 0x19, 0, 0, 1, 2, 3 })]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F, 0xFD, 0x21, 7, 3, 0x19, 0, 0, 1, 2, 3 })]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F, 0xFD, 0x24, 3, 0x19, 0, 0, 1, 2, 3, 1, 2, 3, 4 })]
    [InlineData(new byte[] { 0x28, 0xB5, 0x2F, 0xFD, 0x20, 3, 7, 0, 0 })]
    public void Damaged_zstd_is_refused(byte[] packed) => Assert.False(ZstdFrame.TryUnpack(packed, new byte[3]));

    [Fact]
    public void Zstd_takes_frames_one_after_another_skips_what_is_to_be_skipped_and_verifies()
    {
        var target = new byte[9];
        byte[] raw = [0x28, 0xB5, 0x2F, 0xFD, 0x20, 3, 0x19, 0, 0, 1, 2, 3];
        byte[] run = [0x28, 0xB5, 0x2F, 0xFD, 0x20, 3, 0x1B, 0, 0, 7];
        byte[] skipped = [0x51, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 9, 9];
        var check = (uint)(System.IO.Hashing.XxHash64.HashToUInt64([1, 2, 3]) & uint.MaxValue);
        byte[] verified = [0x28, 0xB5, 0x2F, 0xFD, 0x24, 3, 0x19, 0, 0, 1, 2, 3, .. BitConverter.GetBytes(check)];
        Assert.True(ZstdFrame.TryUnpack([.. raw, .. skipped, .. run, .. verified], target));
        Assert.Equal([1, 2, 3, 7, 7, 7, 1, 2, 3], target);
    }

    [Fact]
    public void A_gzip_page_that_was_cut_is_refused_though_the_platform_takes_it()
    {
        var text = Encoding.ASCII.GetBytes(string.Join(' ', Enumerable.Range(0, 1000)));
        var packed = Uploads.Gzip(text);
        Assert.True(PageCodecs.TryUnpack((int)PageCodec.Gzip, packed, new byte[text.Length]));
        Assert.False(PageCodecs.TryUnpack((int)PageCodec.Gzip, packed.AsMemory(0, packed.Length - 4), new byte[text.Length]));
        Assert.False(PageCodecs.TryUnpack((int)PageCodec.Gzip, packed, new byte[text.Length - 1]));
        Assert.False(PageCodecs.TryUnpack((int)PageCodec.Gzip, packed, new byte[text.Length + 1]));
    }

    [Fact]
    public void A_page_may_hold_nothing_in_every_codec()
    {
        // A page of nulls alone, as Arrow's writer packs it: an empty stream of the codec.
        Assert.True(PageCodecs.TryUnpack((int)PageCodec.Gzip, new byte[] { 0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, []));
        Assert.True(PageCodecs.TryUnpack((int)PageCodec.Brotli, new byte[] { 0x06 }, []));
        Assert.True(PageCodecs.TryUnpack((int)PageCodec.Snappy, new byte[] { 0 }, []));
        Assert.True(PageCodecs.TryUnpack((int)PageCodec.Lz4Raw, new byte[] { 0 }, []));
    }
}
