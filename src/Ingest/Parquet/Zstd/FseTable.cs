using System.Numerics;

namespace Temper.Ingest;

/// <summary>A table of finite state entropy codes (RFC 8878, 4.1).</summary>
internal sealed class FseTable
{
    private const int LeastLog = 5;
    private readonly byte[] _symbols, _bits;
    private readonly ushort[] _next;

    private FseTable(int log, int size) => (Log, _symbols, _bits, _next) = (log, new byte[size], new byte[size], new ushort[size]);

    /// <summary>Bits of a state.</summary>
    public int Log { get; }

    /// <summary>A table that gives one symbol for ever.</summary>
    public static FseTable Single(byte symbol)
    {
        var table = new FseTable(0, 1);
        table._symbols[0] = symbol;
        return table;
    }

    /// <summary>Of the counts of each symbol, -1 for one below one.</summary>
    public static FseTable Of(ReadOnlySpan<short> counts, int log)
    {
        var size = 1 << log;
        var table = new FseTable(log, size);
        var seen = new int[counts.Length];
        var high = size;
        for (var symbol = 0; symbol < counts.Length; symbol++)
        {
            seen[symbol] = Math.Abs(counts[symbol]);
            if (counts[symbol] == -1)
                table._symbols[--high] = (byte)symbol;
        }
        var (at, step) = (0, (size >> 1) + (size >> 3) + 3);
        for (var symbol = 0; symbol < counts.Length; symbol++)
        {
            for (var i = 0; i < counts[symbol]; i++)
            {
                table._symbols[at] = (byte)symbol;
                do
                    at = (at + step) & (size - 1);
                while (at >= high);
            }
        }
        for (var state = 0; state < size; state++)
        {
            var next = seen[table._symbols[state]]++;
            var bits = log - BitOperations.Log2((uint)next);
            (table._bits[state], table._next[state]) = ((byte)bits, (ushort)((next << bits) - size));
        }
        return table;
    }

    /// <summary>Reads a table's description.</summary>
    /// <param name="bytes">Begin with it.</param>
    /// <param name="highestLog">Bits that a state may have.</param>
    /// <param name="symbols">How many there can be.</param>
    /// <param name="used">Bytes of the description.</param>
    /// <exception cref="InvalidDataException">It describes no table.</exception>
    public static FseTable Read(ReadOnlySpan<byte> bytes, int highestLog, int symbols, out int used)
    {
        var (bit, counts, count) = (0, new short[symbols], 0);
        var log = LeastLog + Bits(bytes, ref bit, 4);
        if (log > highestLog)
            throw new InvalidDataException("A table of codes is too large.");
        for (var left = 1 << log; left > 0;)
        {
            if (count == symbols)
                throw new InvalidDataException("A table of codes has too many symbols.");
            var width = BitOperations.Log2((uint)(left + 1)) + 1;
            var value = Bits(bytes, ref bit, width);
            var (low, threshold) = ((1 << (width - 1)) - 1, (1 << width) - 1 - (left + 1));
            if ((value & low) < threshold)
            {
                bit--;
                value &= low;
            }
            else if (value > low)
                value -= threshold;
            counts[count++] = (short)(value - 1);
            left -= Math.Abs(value - 1);
            if (left < 0)
                throw new InvalidDataException("A table of codes does not add up.");
            for (var zeros = value == 1 ? 3 : 0; zeros == 3;)
            {
                zeros = Bits(bytes, ref bit, 2);
                count += zeros;
                if (count > symbols)
                    throw new InvalidDataException("A table of codes has too many symbols.");
            }
        }
        used = (bit + 7) / 8;
        return Of(counts.AsSpan(0, count), log);
    }

    public byte Symbol(int state) => _symbols[state];

    /// <summary>The state that follows.</summary>
    public int Next(int state, ref BackwardBits bits) => _next[state] + (int)bits.Read(_bits[state]);

    private static int Bits(ReadOnlySpan<byte> bytes, ref int at, int count)
    {
        if (at + count > bytes.Length * 8)
            throw new InvalidDataException("A table of codes ends early.");
        var value = 0;
        for (var i = 0; i < count; i++, at++)
            value |= ((bytes[at >> 3] >> (at & 7)) & 1) << i;
        return value;
    }
}
