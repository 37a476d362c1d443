using System.IO.Compression;
using System.Runtime.InteropServices;

namespace Temper.Versioning.Packs;

/// <summary>Raw deflate (RFC 1951) of whole buffers.</summary>
internal static class Deflating
{
    /// <summary>For text and what else repeats.</summary>
    public static readonly ZLibCompressionOptions Text = new() { CompressionLevel = 1 };

    /// <summary>For byte planes: their values repeat, strings of them hardly do, but for runs.</summary>
    public static readonly ZLibCompressionOptions Numbers = new() { CompressionLevel = 1, CompressionStrategy = ZLibCompressionStrategy.RunLengthEncoding };

    /// <summary>The packed bytes.</summary>
    public static ReadOnlyMemory<byte> Pack(ReadOnlySpan<byte> body, ZLibCompressionOptions options)
    {
        using var packed = new MemoryStream(body.Length / 4 + 64);
        using (var deflate = new DeflateStream(packed, options, leaveOpen: true))
            deflate.Write(body);
        return packed.GetBuffer().AsMemory(0, (int)packed.Length);
    }

    /// <summary>Whether <paramref name="stored"/> is a whole stream of exactly the bytes that <paramref name="body"/> takes.</summary>
    public static bool Unpack(ReadOnlyMemory<byte> stored, Span<byte> body)
    {
        var array = MemoryMarshal.TryGetArray(stored, out var segment) ? segment : new(stored.ToArray());
        try
        {
            using var source = new MemoryStream(array.Array!, array.Offset, array.Count, writable: false);
            using var inflate = new DeflateStream(source, CompressionMode.Decompress);
            // A bomb is stopped at the size that is known.
            return inflate.ReadAtLeast(body, body.Length, throwOnEndOfStream: false) == body.Length && inflate.ReadByte() < 0;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }
}
