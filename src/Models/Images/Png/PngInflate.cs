using System.Buffers.Binary;
using System.IO.Compression;
using Temper.Core.Files;

namespace Temper.Models;

/// <summary>
/// Unpacks a PNG's pixels and trusts nothing: the platform's stream ends without a word where data is cut, so that sizes are compared here, and the zlib
/// check sum (Adler-32) is computed over every byte.
/// </summary>
internal sealed class PngInflate : IDisposable
{
    private readonly DeflateStream _deflate;
    private readonly uint _expected;
    private uint _low = 1, _high;

    public PngInflate(PngFile png)
    {
        var parts = new PngData(png);
        Span<byte> head = stackalloc byte[2];
        if (parts.Length < 6) throw ImageFault.Truncated("The PNG's pixels end before they begin.");
        parts.ReadExactly(head);
        if ((head[0] & 0x0F) != 8 || head[0] >> 4 > 7 || (head[1] & 0x20) != 0 || BinaryPrimitives.ReadUInt16BigEndian(head) % 31 != 0)
            throw ImageFault.Corrupt("The PNG's pixels do not begin as zlib data.");
        _expected = parts.TakeTrailer();
        _deflate = new(parts, CompressionMode.Decompress);
    }

    /// <summary>Fills <paramref name="row"/>.</summary>
    public void Read(Span<byte> row)
    {
        int read;
        try
        {
            read = _deflate.ReadAtLeast(row, row.Length, throwOnEndOfStream: false);
        }
        catch (InvalidDataException)
        {
            throw ImageFault.Corrupt("The PNG's pixels do not unpack.");
        }
        if (read < row.Length) throw ImageFault.Truncated("The PNG's pixels end early.");
        Add(row);
    }

    /// <summary>Checks that nothing is left over and that the check sum is right.</summary>
    public void End()
    {
        int more;
        try
        {
            more = _deflate.ReadByte();
        }
        catch (InvalidDataException)
        {
            throw ImageFault.Corrupt("The PNG's pixels do not unpack to their end.");
        }
        if (more >= 0) throw ImageFault.Corrupt("The PNG unpacks to more pixels than it says.");
        if ((_high << 16 | _low) != _expected) throw ImageFault.Corrupt("The check sum over the PNG's pixels differs.");
    }

    public void Dispose() => _deflate.Dispose();

    private void Add(ReadOnlySpan<byte> bytes)
    {
        // 5,552 bytes are the most for which the sums cannot overflow 32 bits (RFC 1950).
        for (; bytes.Length > 0; bytes = bytes[Math.Min(bytes.Length, 5552)..])
        {
            foreach (var b in bytes[..Math.Min(bytes.Length, 5552)])
            {
                _low += b;
                _high += _low;
            }
            _low %= 65521;
            _high %= 65521;
        }
    }

    /// <summary>The IDAT chunks as one stream, without the four bytes of the check sum at its end.</summary>
    private sealed class PngData : ForwardStream
    {
        private readonly PngFile _png;
        private int _part, _at;
        private long _left;

        public PngData(PngFile png) => (_png, _left) = (png, png.Data.Sum(part => (long)part.Length));

        public override long Length => _left;

        public uint TakeTrailer()
        {
            var (sum, shift) = (0u, 0);
            for (var part = _png.Data.Count - 1; shift < 32; part--)
                for (var at = _png.Data[part].Length - 1; at >= 0 && shift < 32; at--, shift += 8)
                    sum |= (uint)_png.Bytes[_png.Data[part].At + at] << shift;
            _left -= 4;
            return sum;
        }

        public override int Read(Span<byte> buffer)
        {
            if (_left == 0 || buffer.Length == 0) return 0;
            while (_at == _png.Data[_part].Length) (_part, _at) = (_part + 1, 0);
            var count = (int)Math.Min(Math.Min(buffer.Length, _left), _png.Data[_part].Length - _at);
            _png.Bytes.AsSpan(_png.Data[_part].At + _at, count).CopyTo(buffer);
            _at += count;
            _left -= count;
            return count;
        }
    }
}
