using System.Buffers.Binary;

namespace Temper.Ingest;

/// <summary>The header of a Zstandard frame behind its magic number (RFC 8878, 3.1.1.1).</summary>
/// <param name="HasCheck">Whether a check sum of the content follows the last block.</param>
/// <param name="NeedsDictionary">Whether it names a dictionary.</param>
/// <param name="Size">Bytes of the content, where the header says so.</param>
/// <param name="Window">How far copies may reach back, in bytes.</param>
internal readonly record struct ZstdHeader(bool HasCheck, bool NeedsDictionary, ulong? Size, ulong Window)
{
    /// <summary>Longest header in bytes.</summary>
    public const int Longest = 14;

    /// <summary>Most bytes of a block, packed and unpacked.</summary>
    public const int LargestBlock = 128 << 10;

    /// <summary>Number of a frame.</summary>
    public const uint Magic = 0xFD2FB528;

    /// <summary>Most bytes that a block of the frame may unpack to.</summary>
    public int MostInBlock => (int)Math.Min(Window, LargestBlock);

    /// <summary>Whether a number stands in front of a frame that is to be passed over.</summary>
    public static bool IsSkippable(uint magic) => (magic & 0xFFFFFFF0) == 0x184D2A50;

    /// <summary>Bytes of a header that begins with this one.</summary>
    public static int LengthOf(byte flags) => 1 + (IsSingle(flags) ? 0 : 1) + DictionaryBytes(flags) + SizeBytes(flags);

    /// <summary>Reads a header.</summary>
    /// <param name="header">As long as its first byte says.</param>
    /// <exception cref="InvalidDataException">It uses a reserved bit.</exception>
    public static ZstdHeader Read(ReadOnlySpan<byte> header)
    {
        var flags = header[0];
        if ((flags & 8) != 0)
            throw new InvalidDataException("A frame uses a reserved bit.");
        var rest = header[1..];
        ulong window = 0;
        if (!IsSingle(flags))
        {
            var power = 1UL << (10 + (rest[0] >> 3));
            window = power + power / 8 * (uint)(rest[0] & 7);
            rest = rest[1..];
        }
        var dictionary = rest[..DictionaryBytes(flags)];
        rest = rest[dictionary.Length..];
        ulong? size = SizeBytes(flags) switch
        {
            1 => rest[0],
            2 => (ulong)BinaryPrimitives.ReadUInt16LittleEndian(rest) + 256,
            4 => BinaryPrimitives.ReadUInt32LittleEndian(rest),
            8 => BinaryPrimitives.ReadUInt64LittleEndian(rest),
            _ => null,
        };
        return new((flags & 4) != 0, dictionary.ContainsAnyExcept((byte)0), size, IsSingle(flags) ? size!.Value : window);
    }

    private static bool IsSingle(byte flags) => (flags & 0x20) != 0;

    private static int DictionaryBytes(byte flags) => (flags & 3) switch { 3 => 4, var bytes => bytes };

    private static int SizeBytes(byte flags) => (flags >> 6) switch { 0 => IsSingle(flags) ? 1 : 0, 1 => 2, 2 => 4, _ => 8 };
}
