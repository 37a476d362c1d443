namespace Temper.Models;

/// <summary>A Huffman table (ITU T.81, annex C): codes of up to 16 bits, found in one look where they have up to 9.</summary>
internal sealed class JpegHuffman
{
    private const int Quick = 9;
    private readonly short[] _quick = new short[1 << Quick];
    private readonly int[] _most = new int[17], _shift = new int[17];
    private readonly byte[] _symbols;

    /// <param name="counts">How many codes have 1 to 16 bits.</param>
    /// <param name="symbols">Their symbols, in order.</param>
    public JpegHuffman(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> symbols)
    {
        _symbols = symbols.ToArray();
        Array.Fill(_quick, (short)-1);
        for (int length = 1, code = 0, next = 0; length <= 16; length++, code <<= 1)
        {
            _shift[length] = next - code;
            for (var n = counts[length - 1]; n > 0; n--, code++, next++)
            {
                if (code >= 1 << length) throw ImageFault.Corrupt("A Huffman table of the JPEG has more codes than fit.");
                if (length <= Quick) _quick.AsSpan(code << (Quick - length), 1 << (Quick - length)).Fill((short)(length << 8 | symbols[next]));
            }
            _most[length] = code - 1;
        }
    }

    /// <summary>Bits of the code (shifted by 8) and its symbol; −1 where there is no such code.</summary>
    /// <param name="look">The next 16 bits.</param>
    public int Find(int look)
    {
        var found = _quick[look >> (16 - Quick)];
        if (found >= 0) return found;
        for (var length = Quick + 1; length <= 16; length++)
        {
            var code = look >> (16 - length);
            if (code <= _most[length] && code + _shift[length] is >= 0 and var index && index < _symbols.Length) return length << 8 | _symbols[index];
        }
        return -1;
    }
}
