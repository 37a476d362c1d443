using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using Temper.Core.Errors;
using Temper.Tensors;

namespace Temper.Models.Tests;

/// <summary>Files that are broken, lie, or want to be something else.</summary>
public sealed class HostileImageTests
{
    private static readonly string Folder = TinyModel.DataPath("images");

    [Theory]
    [InlineData("PNG of 50,000 × 50,000 pixels", "IMG_TOO_LARGE")]
    [InlineData("PNG of 1 × 500,000,000 pixels", "IMG_TOO_LARGE")]
    [InlineData("PNG of 20,000 × 20,000 pixels", "IMG_TOO_LARGE")]
    [InlineData("PNG of 10,000 × 10,000 pixels in 100 bytes", "IMG_BOMB")]
    [InlineData("PNG of 0 × 0 pixels", "IMG_NO_PIXELS")]
    [InlineData("PNG of 2,000 × 1,000 pixels in 100 bytes", "IMG_TRUNCATED")]
    [InlineData("PNG with more pixels than it says", "IMG_CORRUPT")]
    [InlineData("PNG with a wrong Adler", "IMG_CORRUPT")]
    [InlineData("PNG whose deflate ends early", "IMG_TRUNCATED")]
    [InlineData("PNG with an unknown critical chunk", "IMG_UNSUPPORTED")]
    [InlineData("PNG with a wrong CRC", "IMG_CORRUPT")]
    [InlineData("GIF of 100,000 frames", "IMG_UNSUPPORTED")]
    [InlineData("animated WebP", "IMG_UNSUPPORTED")]
    [InlineData("SVG with an entity bomb", "IMG_UNSUPPORTED")]
    [InlineData("BMP", "IMG_UNSUPPORTED")]
    [InlineData("TIFF", "IMG_UNSUPPORTED")]
    [InlineData("HEIC", "IMG_UNSUPPORTED")]
    [InlineData("HTML", "IMG_UNSUPPORTED")]
    [InlineData("nothing", "IMG_TRUNCATED")]
    [InlineData("JPEG cut in half", "IMG_TRUNCATED")]
    [InlineData("progressive JPEG cut in half and closed", "IMG_TRUNCATED")]
    [InlineData("JPEG of 65,000 × 65,000 pixels", "IMG_TOO_LARGE")]
    [InlineData("JPEG of 0 rows", "IMG_NO_PIXELS")]
    [InlineData("JPEG of 12 bits", "IMG_UNSUPPORTED")]
    [InlineData("JPEG with arithmetic coding", "IMG_UNSUPPORTED")]
    [InlineData("lossless JPEG", "IMG_UNSUPPORTED")]
    [InlineData("CMYK JPEG without an Adobe marker", "IMG_UNSUPPORTED")]
    [InlineData("JPEG of 1,000 scans", "IMG_BOMB")]
    public void A_bad_image_is_refused_by_its_code(string what, string code)
    {
        var error = Assert.Throws<TemperException>(() => ImageDecoder.Decode(Bad(what)));
        Assert.Equal(code, error.Code);
        Assert.DoesNotContain("mapped", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_cut_anywhere_is_truncated_and_never_half_an_image()
    {
        foreach (var name in (string[])["png-2-8-n.png", "png-3-4-i-t.png", "jpeg-16x16-2x2.jpg", "jpeg-16x16-2x2-p.jpg", "jpeg-restart.jpg", "jpeg-cmyk-90.jpg"])
        {
            var whole = Read(name);
            for (var length = 0; length < whole.Length; length += length < 900 ? 1 : 13)
            {
                var error = Assert.Throws<TemperException>(() => ImageDecoder.Decode(whole[..length]));
                Assert.True(error.Code == "IMG_TRUNCATED", $"{name} cut to {length} of {whole.Length}: {error.Code} {error.Message}");
                Assert.Throws<TemperException>(() => ImageDecoder.ReadHeader(whole[..length]));
            }
        }
    }

    [Fact]
    public void A_PNG_with_one_flipped_bit_never_decodes_to_other_pixels()
    {
        var whole = Read("png-6-8-i.png");
        var pixels = ImageDecoder.Decode(whole).Image.Pixels;
        for (var bit = 0; bit < whole.Length * 8; bit += 3)
        {
            var bad = (byte[])whole.Clone();
            bad[bit / 8] ^= (byte)(1 << bit % 8);
            try
            {
                Assert.Equal(pixels, ImageDecoder.Decode(bad).Image.Pixels);
            }
            catch (TemperException e)
            {
                Assert.StartsWith("IMG_", e.Code, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Damaged_files_decode_or_fail_with_a_code_and_take_little()
    {
        var files = Directory.EnumerateFiles(Folder).Where(f => ImageSignature.OfName(f) != ImageFormat.Unknown).Order(StringComparer.Ordinal).Select(File.ReadAllBytes).ToArray();
        var limits = new ImageLimits { MaxPixels = 1_000_000, MaxMemory = 16 << 20 };
        var before = GC.GetAllocatedBytesForCurrentThread();
        var fed = 0;
        Fuzzing.Run("images", 4000, key =>
        {
            fed++;
            var bad = Fuzzing.Damage(files[Philox.Below(key, 200, files.Length)], key);
            Mend(bad, key);
            try
            {
                ImageDecoder.Decode(bad, limits);
            }
            catch (TemperException e)
            {
                Assert.StartsWith("IMG_", e.Code, StringComparison.Ordinal);
            }
        });
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < fed * (limits.MaxMemory + (1 << 20)));
    }

    [Fact]
    public void Bytes_behind_the_end_animations_and_profiles_are_warnings()
    {
        var png = Read("png-2-8-n.png");
        Assert.Equal(["IMG_TRAILING_DATA"], ImageDecoder.Decode([.. png, .. "PK\u0003\u0004 a zip"u8]).Header.Warnings);
        Assert.Equal(["IMG_TRAILING_DATA"], ImageDecoder.Decode([.. Read("jpeg-q1.jpg"), .. Read("jpeg-q1.jpg")]).Header.Warnings);
        Assert.Equal(["IMG_ANIMATED"], ImageDecoder.Decode([.. png[..33], .. Chunk("acTL", new byte[8]), .. png[33..]]).Header.Warnings);
        Assert.Equal(["IMG_COLOUR_PROFILE"], ImageDecoder.Decode([.. png[..33], .. Chunk("iCCP", new byte[8]), .. png[33..]]).Header.Warnings);
        Assert.Empty(ImageDecoder.Decode(png).Header.Warnings);
    }

    [Fact]
    public void Decoding_stops_when_it_is_asked_to()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => ImageDecoder.Decode(Read("png-2-8-n.png"), ct: stop.Token));
        Assert.Throws<OperationCanceledException>(() => ImageDecoder.Decode(Read("jpeg-q1.jpg"), ct: stop.Token));
    }

    /// <summary>Gives chunks of a PNG their check sums back, so that damage reaches what lies behind them; for every other case.</summary>
    private static void Mend(byte[] file, RandomKey key)
    {
        if (ImageSignature.Of(file) != ImageFormat.Png || Philox.Below(key, 201, 2) == 0) return;
        for (var at = 8; at + 12 <= file.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at));
            if (length > file.Length - at - 12) return;
            BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(at + 8 + (int)length), Crc32.HashToUInt32(file.AsSpan(at + 4, (int)length + 4)));
            at += 12 + (int)length;
        }
    }

    private static byte[] Read(string name) => File.ReadAllBytes(Path.Combine(Folder, name));

    private static byte[] Bad(string what) => what switch
    {
        "PNG of 50,000 × 50,000 pixels" => Png(50_000, 50_000, []),
        "PNG of 1 × 500,000,000 pixels" => Png(1, 500_000_000, []),
        "PNG of 20,000 × 20,000 pixels" => Png(20_000, 20_000, new byte[100_000]),
        "PNG of 10,000 × 10,000 pixels in 100 bytes" => Png(10_000, 10_000, []),
        "PNG of 0 × 0 pixels" => Png(0, 0, []),
        "PNG of 2,000 × 1,000 pixels in 100 bytes" => Png(2000, 1000, new byte[30]),
        "PNG with more pixels than it says" => Png(4, 4, Zlib(new byte[4 * 13 + 1])),
        "PNG with a wrong Adler" => Png(4, 4, [.. Zlib(new byte[4 * 13])[..^1], 77]),
        "PNG whose deflate ends early" => Png(4, 4, Zlib(new byte[3 * 13])),
        "PNG with an unknown critical chunk" => [.. Png(4, 4, [])[..33], .. Chunk("CODE", []), .. Png(4, 4, [])[33..]],
        "PNG with a wrong CRC" => [.. Read("png-2-8-n.png")[..^1], 0],
        "GIF of 100,000 frames" => [.. "GIF89a"u8, .. Enumerable.Repeat<byte[]>([0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0], 100_000).SelectMany(f => f), 0x3B],
        "animated WebP" => [.. "RIFF\u0040\0\0\0WEBPVP8X"u8, .. new byte[60]],
        "SVG with an entity bomb" => Encoding.UTF8.GetBytes("<?xml version=\"1.0\"?><!DOCTYPE s [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\"><!ENTITY x SYSTEM \"file:///etc/passwd\">]><svg>&b;&x;</svg>"),
        "BMP" => [.. "BM"u8, .. new byte[60]],
        "TIFF" => [.. "II*\0"u8, .. new byte[60]],
        "HEIC" => [0, 0, 0, 24, .. "ftypheic"u8, .. new byte[60]],
        "HTML" => Encoding.UTF8.GetBytes("<!DOCTYPE html><html><body>404</body></html>"),
        "nothing" => [],
        "JPEG cut in half" => Read("jpeg-q100.jpg")[..2000],
        "progressive JPEG cut in half and closed" => CutAndClosed("jpeg-37x29-2x2-p.jpg"),
        "JPEG of 65,000 × 65,000 pixels" => Frame(f => f.AsSpan(1, 4).Fill(0xFD)),
        "JPEG of 0 rows" => Frame(f => f.AsSpan(1, 2).Clear()),
        "JPEG of 12 bits" => Frame(f => f[0] = 12),
        "JPEG with arithmetic coding" => Marker(0xC9),
        "lossless JPEG" => Marker(0xC3),
        "CMYK JPEG without an Adobe marker" => Replaced(Read("jpeg-cmyk-90.jpg"), "Adobe"u8, "Agobe"u8),
        "JPEG of 1,000 scans" => Scans(1000),
        _ => throw new ArgumentOutOfRangeException(nameof(what), what, null),
    };

    private static byte[] Png(int width, int height, byte[] data)
    {
        var head = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(head, width);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4), height);
        (head[8], head[9]) = (8, 2);
        return [0x89, .. "PNG\r\n\u001a\n"u8, .. Chunk("IHDR", head), .. Chunk("IDAT", data), .. Chunk("IEND", [])];
    }

    private static byte[] Chunk(string kind, byte[] body)
    {
        byte[] chunk = [0, 0, 0, 0, .. Encoding.ASCII.GetBytes(kind), .. body, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(chunk, body.Length);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(chunk.Length - 4), Crc32.HashToUInt32(chunk.AsSpan(4, body.Length + 4)));
        return chunk;
    }

    private static byte[] Zlib(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal))
            zlib.Write(bytes);
        return packed.ToArray();
    }

    private static byte[] CutAndClosed(string name)
    {
        var file = Read(name);
        var last = file.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]);
        return [.. file[..last], 0xFF, 0xD9];
    }

    private static byte[] Frame(Action<byte[]> change)
    {
        var file = Read("jpeg-q100.jpg");
        var at = file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]) + 4;
        var frame = file[at..(at + 15)];
        change(frame);
        frame.CopyTo(file, at);
        return file;
    }

    private static byte[] Marker(byte marker)
    {
        var file = Read("jpeg-q100.jpg");
        file[file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]) + 1] = marker;
        return file;
    }

    private static byte[] Scans(int count)
    {
        var file = Read("jpeg-greyp.jpg");
        var (first, second) = (file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]), 0);
        second = first + 2 + file.AsSpan(first + 2).IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC4]);
        return [.. file[..first], .. Enumerable.Repeat(file[first..second], count).SelectMany(scan => scan), 0xFF, 0xD9];
    }

    private static byte[] Replaced(byte[] file, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        to.CopyTo(file.AsSpan(file.AsSpan().IndexOf(from)));
        return file;
    }
}
