using System.Text;

namespace Temper.Ingest;

/// <summary>One header block of a tar archive (POSIX.1-1988 to 2001, and GNU's numbers).</summary>
internal readonly ref struct TarHeader(ReadOnlySpan<byte> block)
{
    /// <summary>Size of a block.</summary>
    public const int Bytes = 512;

    private readonly ReadOnlySpan<byte> _block = block;

    /// <summary>What kind of entry it begins.</summary>
    public byte Type => _block[156];

    /// <summary>Bytes of content; null when the field holds no such number.</summary>
    public long? Size => Number(_block.Slice(124, 12));

    /// <summary>UTF-8 of the name, with the prefix of the ustar format.</summary>
    public byte[] Name
    {
        get
        {
            var name = Text(_block[..100]);
            var prefix = _block.Slice(257, 6).SequenceEqual("ustar\0"u8) ? Text(_block.Slice(345, 155)) : [];
            return prefix.IsEmpty ? name.ToArray() : [.. prefix, (byte)'/', .. name];
        }
    }

    /// <summary>Whether the block has the check sum that it states.</summary>
    public static bool IsSound(ReadOnlySpan<byte> block)
    {
        var sum = 8 * ' ';
        for (var i = 0; i < Bytes; i++)
            sum += i is >= 148 and < 156 ? 0 : block[i];
        return block[0] != 0 && Number(block.Slice(148, 8)) == sum;
    }

    private static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> field) => field.IndexOf((byte)0) is >= 0 and var end ? field[..end] : field;

    /// <summary>Octal digits, or base 256 where the first bit is set.</summary>
    private static long? Number(ReadOnlySpan<byte> field)
    {
        if (field[0] is 0x80)
        {
            var value = 0L;
            foreach (var part in field[1..])
            {
                if (value > 1L << 47)
                    return null;
                value = (value << 8) | part;
            }
            return value;
        }
        var digits = Encoding.ASCII.GetString(Text(field)).Trim();
        var number = 0L;
        foreach (var digit in digits)
        {
            if (digit is < '0' or > '7')
                return null;
            number = (number << 3) | (uint)(digit - '0');
        }
        return digits.Length == 0 ? null : number;
    }
}
