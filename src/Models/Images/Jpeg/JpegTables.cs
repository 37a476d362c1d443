using System.Buffers.Binary;

namespace Temper.Models;

/// <summary>Tables of a JPEG as its DQT and DHT segments set them; a later one of the same number replaces the earlier.</summary>
internal sealed class JpegTables
{
    private readonly ushort[]?[] _quantizers = new ushort[4][];
    private readonly JpegHuffman?[] _dc = new JpegHuffman[4], _ac = new JpegHuffman[4];

    /// <summary>Place of a block's coefficients in natural order (row by row), by zigzag order.</summary>
    public static ReadOnlySpan<byte> Natural =>
    [
        0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
        35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
    ];

    public ushort[] Quantizers(int number) => _quantizers[number] ?? throw ImageFault.Corrupt(FormattableString.Invariant($"The JPEG lacks its quantisation table {number}."));

    public JpegHuffman Dc(int number) => (number < 4 ? _dc[number] : null) ?? throw ImageFault.Corrupt(FormattableString.Invariant($"The JPEG lacks its DC table {number}."));

    public JpegHuffman Ac(int number) => (number < 4 ? _ac[number] : null) ?? throw ImageFault.Corrupt(FormattableString.Invariant($"The JPEG lacks its AC table {number}."));

    /// <summary>Reads a DQT segment.</summary>
    public void TakeQuantizers(ReadOnlySpan<byte> body)
    {
        while (body.Length > 0)
        {
            var (wide, number) = (body[0] >> 4 != 0, body[0] & 15);
            var bytes = wide ? 128 : 64;
            if (number > 3 || body[0] >> 4 > 1 || body.Length < 1 + bytes) throw ImageFault.Corrupt("A quantisation table of the JPEG is of a wrong size.");
            var table = new ushort[64];
            for (var i = 0; i < 64; i++) table[Natural[i]] = wide ? BinaryPrimitives.ReadUInt16BigEndian(body[(1 + 2 * i)..]) : body[1 + i];
            _quantizers[number] = table;
            body = body[(1 + bytes)..];
        }
    }

    /// <summary>Reads a DHT segment.</summary>
    public void TakeHuffman(ReadOnlySpan<byte> body)
    {
        while (body.Length > 0)
        {
            if (body.Length < 17 || (body[0] & 15) > 3 || body[0] >> 4 > 1) throw ImageFault.Corrupt("A Huffman table of the JPEG is of a wrong size.");
            var symbols = 0;
            foreach (var count in body[1..17]) symbols += count;
            if (symbols > 256 || body.Length < 17 + symbols) throw ImageFault.Corrupt("A Huffman table of the JPEG is of a wrong size.");
            (body[0] >> 4 == 0 ? _dc : _ac)[body[0] & 15] = new(body[1..17], body.Slice(17, symbols));
            body = body[(17 + symbols)..];
        }
    }
}
