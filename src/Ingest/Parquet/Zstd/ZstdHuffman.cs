using System.Numerics;

namespace Temper.Ingest;

/// <summary>A table of Huffman codes for literals (RFC 8878, 4.2).</summary>
internal sealed class ZstdHuffman
{
    private const int LongestCode = 11, MostWeights = 255, WeightLog = 6;
    private readonly byte[] _symbols, _bits;
    private readonly int _longest;

    private ZstdHuffman(ReadOnlySpan<byte> weights)
    {
        var sum = 0;
        foreach (var weight in weights)
            sum += weight > 0 ? 1 << (weight - 1) : 0;
        _longest = sum > 0 ? BitOperations.Log2((uint)sum) + 1 : 0;
        var rest = (1 << _longest) - sum;
        if (sum == 0 || _longest > LongestCode || !BitOperations.IsPow2(rest))
            throw new InvalidDataException("Huffman weights do not add up.");
        // The last symbol has what is left.
        Span<byte> lengths = stackalloc byte[weights.Length + 1];
        for (var i = 0; i < weights.Length; i++)
            lengths[i] = (byte)(weights[i] > 0 ? _longest + 1 - weights[i] : 0);
        lengths[^1] = (byte)(_longest - BitOperations.Log2((uint)rest));
        (_symbols, _bits) = (new byte[1 << _longest], new byte[1 << _longest]);
        Fill(lengths);
    }

    /// <summary>Reads a table's description.</summary>
    /// <exception cref="InvalidDataException">It describes no table.</exception>
    public static ZstdHuffman Read(ReadOnlySpan<byte> bytes, out int used)
    {
        if (bytes.IsEmpty)
            throw new InvalidDataException("A Huffman table is missing.");
        Span<byte> weights = stackalloc byte[MostWeights + 1];
        var head = bytes[0];
        var count = head - 127;
        used = 1 + (head >= 128 ? (count + 1) / 2 : head);
        if (used > bytes.Length)
            throw new InvalidDataException("A Huffman table ends early.");
        if (head < 128)
            count = Coded(bytes[1..used], weights);
        else
        {
            for (var i = 0; i < count; i++)
                weights[i] = (byte)(i % 2 == 0 ? bytes[1 + i / 2] >> 4 : bytes[1 + i / 2] & 15);
        }
        foreach (var weight in weights[..count])
        {
            if (weight > LongestCode + 1)
                throw new InvalidDataException("A Huffman weight is too large.");
        }
        return new(weights[..count]);
    }

    /// <summary>Fills the target with the symbols of one stream, which must end with it.</summary>
    /// <exception cref="InvalidDataException">It does not.</exception>
    public void Decode(ReadOnlySpan<byte> stream, Span<byte> target)
    {
        var bits = new BackwardBits(stream);
        for (var i = 0; i < target.Length; i++)
        {
            var code = (int)bits.Peek(_longest);
            target[i] = _symbols[code];
            bits.Skip(_bits[code]);
        }
        if (bits.Left != 0)
            throw new InvalidDataException("A stream of literals has another length.");
    }

    /// <summary>Weights as two interleaved streams of FSE codes, until the bits run out.</summary>
    private static int Coded(ReadOnlySpan<byte> bytes, Span<byte> weights)
    {
        var table = FseTable.Read(bytes, WeightLog, LongestCode + 2, out var used);
        var bits = new BackwardBits(bytes[used..]);
        var (first, second) = ((int)bits.Read(table.Log), (int)bits.Read(table.Log));
        for (var count = 0; count < MostWeights - 1;)
        {
            weights[count++] = table.Symbol(first);
            first = table.Next(first, ref bits);
            (first, second) = (second, first);
            if (bits.Left >= 0)
                continue;
            weights[count++] = table.Symbol(first);
            return count;
        }
        throw new InvalidDataException("A Huffman table has too many weights.");
    }

    private void Fill(ReadOnlySpan<byte> lengths)
    {
        Span<int> at = stackalloc int[LongestCode + 2];
        foreach (var length in lengths)
        {
            if (length > 0)
                at[length - 1] += 1 << (_longest - length);
        }
        // From the longest codes to the shortest.
        var start = 0;
        for (var length = _longest; length >= 1; length--)
            (at[length - 1], start) = (start, start + at[length - 1]);
        if (start != _symbols.Length)
            throw new InvalidDataException("Huffman codes do not fill their table.");
        for (var symbol = 0; symbol < lengths.Length; symbol++)
        {
            if (lengths[symbol] is not (> 0 and var length))
                continue;
            var codes = 1 << (_longest - length);
            _symbols.AsSpan(at[length - 1], codes).Fill((byte)symbol);
            _bits.AsSpan(at[length - 1], codes).Fill(length);
            at[length - 1] += codes;
        }
    }
}
