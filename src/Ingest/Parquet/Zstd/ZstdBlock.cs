namespace Temper.Ingest;

/// <summary>The compressed blocks of one Zstandard frame: literals and sequences, with what one block leaves to the next (RFC 8878, 3.1.1.3).</summary>
/// <param name="start">Where the frame's content begins; no copy reaches before it.</param>
/// <param name="window">How far copies may reach back.</param>
internal sealed class ZstdBlock(int start, long window = long.MaxValue)
{
    private const int MostLiterals = 128 << 10;
    private readonly byte[] _literals = new byte[MostLiterals];
    private int _start = start;
    private long _window = window;
    private readonly int[] _recent = [1, 4, 8];
    private ZstdHuffman? _huffman;
    private FseTable? _literalTable, _offsetTable, _matchTable;
    private int _literalCount;

    /// <summary>Begins another frame, of which nothing was unpacked yet.</summary>
    public void Begin(long window)
    {
        (_start, _window, _huffman, _literalTable, _offsetTable, _matchTable) = (0, window, null, null, null, null);
        (_recent[0], _recent[1], _recent[2]) = (1, 4, 8);
    }

    /// <summary>Unpacks one block behind what is filled.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or does not fit.</exception>
    public void Unpack(ReadOnlySpan<byte> block, Span<byte> target, ref int filled)
    {
        var rest = block[Literals(block)..];
        var count = Count(ref rest);
        var literal = 0;
        if (count > 0)
        {
            var modes = Byte(ref rest);
            if ((modes & 3) != 0)
                throw new InvalidDataException("A block uses reserved bits.");
            _literalTable = Table(ref rest, modes >> 6, _literalTable, ZstdSequences.LiteralDefault, ZstdSequences.LiteralLog, ZstdSequences.LiteralCodes);
            _offsetTable = Table(ref rest, (modes >> 4) & 3, _offsetTable, ZstdSequences.OffsetDefault, ZstdSequences.OffsetLog, ZstdSequences.OffsetCodes);
            _matchTable = Table(ref rest, (modes >> 2) & 3, _matchTable, ZstdSequences.MatchDefault, ZstdSequences.MatchLog, ZstdSequences.MatchCodes);
            Sequences(rest, count, target, ref filled, ref literal);
        }
        else if (!rest.IsEmpty)
            throw new InvalidDataException("A block goes on behind its end.");
        Copy(_literalCount - literal, target, ref filled, ref literal);
    }

    private void Sequences(ReadOnlySpan<byte> stream, int count, Span<byte> target, ref int filled, ref int literal)
    {
        var bits = new BackwardBits(stream);
        var (literals, offsets, matches) = (_literalTable!, _offsetTable!, _matchTable!);
        var literalState = (int)bits.Read(literals.Log);
        var offsetState = (int)bits.Read(offsets.Log);
        var matchState = (int)bits.Read(matches.Log);
        for (var i = 0; i < count; i++)
        {
            if (bits.Left < 0)
                throw new InvalidDataException("A block has fewer sequences than it says.");
            var code = offsets.Symbol(offsetState);
            var offset = (1L << code) + (long)bits.Read(code);
            var match = ZstdSequences.Match(matches.Symbol(matchState), ref bits);
            var length = ZstdSequences.Literal(literals.Symbol(literalState), ref bits);
            Copy(length, target, ref filled, ref literal);
            var distance = Distance(offset, length);
            if (distance > filled - _start || distance > _window || !LzCopy.TryCopy(target, ref filled, distance, match))
                throw new InvalidDataException("A copy reaches beyond what there is.");
            if (i + 1 == count)
                break;
            literalState = literals.Next(literalState, ref bits);
            matchState = matches.Next(matchState, ref bits);
            offsetState = offsets.Next(offsetState, ref bits);
        }
        if (bits.Left != 0)
            throw new InvalidDataException("A block has other sequences than it says.");
    }

    /// <summary>Offsets 1 to 3 name one of the last three distances; without literals before the copy they name the next one.</summary>
    private long Distance(long offset, int literals)
    {
        if (offset > 3)
        {
            if (offset - 3 > int.MaxValue)
                throw new InvalidDataException("A copy reaches beyond what there is.");
            (_recent[2], _recent[1], _recent[0]) = (_recent[1], _recent[0], (int)(offset - 3));
            return _recent[0];
        }
        var index = (int)offset - 1 + (literals == 0 ? 1 : 0);
        if (index == 0)
            return _recent[0];
        var distance = index == 3 ? _recent[0] - 1 : _recent[index];
        if (index > 1)
            _recent[2] = _recent[1];
        (_recent[1], _recent[0]) = (_recent[0], distance);
        return distance;
    }

    private void Copy(int count, Span<byte> target, ref int filled, ref int literal)
    {
        if (count > _literalCount - literal || count > target.Length - filled)
            throw new InvalidDataException("A block has fewer literals than it needs, or more than fit.");
        _literals.AsSpan(literal, count).CopyTo(target[filled..]);
        (literal, filled) = (literal + count, filled + count);
    }

    /// <summary>Reads the literals; answers how many bytes of the block they take.</summary>
    private int Literals(ReadOnlySpan<byte> block)
    {
        if (block.IsEmpty)
            throw new InvalidDataException("A block is empty.");
        var (kind, format) = (block[0] & 3, (block[0] >> 2) & 3);
        var head = kind < 2 ? format switch { 1 => 2, 3 => 3, _ => 1 } : format switch { 2 => 4, 3 => 5, _ => 3 };
        if (head > block.Length)
            throw new InvalidDataException("A block ends early.");
        ulong value = 0;
        for (var i = head - 1; i >= 0; i--)
            value = (value << 8) | block[i];
        var width = format switch { 2 => 14, 3 => 18, _ => 10 };
        var mask = (1UL << width) - 1;
        _literalCount = (int)(kind < 2 ? value >> (head == 1 ? 3 : 4) : (value >> 4) & mask);
        var packed = kind switch { 0 => _literalCount, 1 => 1, _ => (int)((value >> (4 + width)) & mask) };
        if (_literalCount > MostLiterals || packed > block.Length - head)
            throw new InvalidDataException("A block has more literals than it can.");
        var bytes = block.Slice(head, packed);
        switch (kind)
        {
            case 0:
                bytes.CopyTo(_literals);
                break;
            case 1:
                _literals.AsSpan(0, _literalCount).Fill(bytes[0]);
                break;
            default:
                Coded(bytes, hasTable: kind == 2, isSingle: format == 0);
                break;
        }
        return head + packed;
    }

    private void Coded(ReadOnlySpan<byte> bytes, bool hasTable, bool isSingle)
    {
        var used = 0;
        if (hasTable)
            _huffman = ZstdHuffman.Read(bytes, out used);
        var table = _huffman ?? throw new InvalidDataException("A block uses a table that there is not.");
        var streams = bytes[used..];
        if (isSingle)
        {
            table.Decode(streams, _literals.AsSpan(0, _literalCount));
            return;
        }
        if (streams.Length < 6)
            throw new InvalidDataException("A block ends early.");
        var rest = streams[6..];
        var quarter = (_literalCount + 3) / 4;
        if (quarter * 3 > _literalCount)
            throw new InvalidDataException("Four streams have too few literals.");
        for (var i = 0; i < 4; i++)
        {
            var size = i == 3 ? rest.Length : streams[2 * i] | (streams[2 * i + 1] << 8);
            if (size > rest.Length)
                throw new InvalidDataException("A block ends early.");
            table.Decode(rest[..size], _literals.AsSpan(i * quarter, i == 3 ? _literalCount - 3 * quarter : quarter));
            rest = rest[size..];
        }
    }

    private static int Count(ref ReadOnlySpan<byte> rest)
    {
        var first = Byte(ref rest);
        if (first < 128)
            return first;
        var second = Byte(ref rest);
        return first < 255 ? ((first - 128) << 8) + second : second + (Byte(ref rest) << 8) + 0x7F00;
    }

    private static FseTable Table(ref ReadOnlySpan<byte> rest, int mode, FseTable? last, FseTable common, int log, int symbols)
    {
        switch (mode)
        {
            case 0:
                return common;
            case 1:
                var symbol = Byte(ref rest);
                return symbol < symbols ? FseTable.Single((byte)symbol) : throw new InvalidDataException("A sequence has no such code.");
            case 2:
                var table = FseTable.Read(rest, log, symbols, out var used);
                rest = rest[used..];
                return table;
            default:
                return last ?? throw new InvalidDataException("A block uses a table that there is not.");
        }
    }

    private static int Byte(ref ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            throw new InvalidDataException("A block ends early.");
        var value = bytes[0];
        bytes = bytes[1..];
        return value;
    }
}
