using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace Temper.Ingest.Tests;

/// <summary>Image files for tests: PNG of one colour, and the golden files of the decoders.</summary>
internal static class Pictures
{
    /// <summary>A PNG of a size, all pixels alike.</summary>
    public static byte[] Png(int width, int height, byte shade = 128)
    {
        var head = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(head, width);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4), height);
        (head[8], head[9]) = (8, 2);
        var rows = new byte[height * (3 * width + 1)];
        for (var y = 0; y < height; y++)
            rows.AsSpan(y * (3 * width + 1) + 1, 3 * width).Fill(shade);
        return [0x89, .. "PNG\r\n\u001a\n"u8, .. Chunk("IHDR", head), .. Chunk("IDAT", Zlib(rows)), .. Chunk("IEND", [])];
    }

    /// <summary>A golden file of the decoders' tests.</summary>
    public static byte[] Golden(string name) => File.ReadAllBytes(Path.Combine(Testing.RepoRoot.Path, "tests", "Models.Tests", "data", "images", name));

    public static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

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
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest))
            zlib.Write(bytes);
        return packed.ToArray();
    }
}
