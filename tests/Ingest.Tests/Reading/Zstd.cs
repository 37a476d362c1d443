using System.Buffers.Binary;
using System.IO.Hashing;

namespace Temper.Ingest.Tests;

/// <summary>Zstandard files, written by another program or, where every byte matters, block by block.</summary>
internal static class Zstd
{
    /// <summary>A file of <c>tests/Ingest.Tests/data/zstd</c>.</summary>
    public static byte[] Golden(string name) => File.ReadAllBytes(Path.Combine(Temper.Testing.RepoRoot.Path, "tests", "Ingest.Tests", "data", "zstd", name));

    /// <summary>One frame that stores bytes as they are.</summary>
    public static byte[] Store(byte[] bytes)
    {
        var blocks = bytes.Chunk(1000).Select(chunk => (Head: chunk.Length << 3, Content: chunk)).ToList();
        return Frame(10, blocks.Count == 0 ? [(0, [])] : blocks, bytes);
    }

    /// <summary>One frame of which each block is one byte, so many times.</summary>
    public static byte[] Run(byte value, int times, int blocks) => Frame(17, [.. Enumerable.Repeat((2 | (times << 3), new[] { value }), blocks)], null);

    /// <summary>One frame without a size.</summary>
    /// <param name="window">Its window is two to this power.</param>
    /// <param name="blocks">Kind and size as their header has them, the mark of the last one added here.</param>
    /// <param name="content">For the check sum; null for none.</param>
    public static byte[] Frame(int window, IReadOnlyList<(int Head, byte[] Content)> blocks, byte[]? content)
    {
        var bytes = new List<byte>([0x28, 0xB5, 0x2F, 0xFD, (byte)(content is null ? 0 : 4), (byte)((window - 10) << 3)]);
        foreach (var (i, (head, packed)) in blocks.Index())
        {
            var value = head | (i == blocks.Count - 1 ? 1 : 0);
            bytes.AddRange([(byte)value, (byte)(value >> 8), (byte)(value >> 16), .. packed]);
        }
        var check = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(check, unchecked((uint)XxHash64.HashToUInt64(content ?? [])));
        return [.. bytes, .. content is null ? [] : check];
    }
}
