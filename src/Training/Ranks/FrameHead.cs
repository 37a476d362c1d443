using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Temper.Training.Ranks;

/// <summary>The 16 bytes before every message: magic, kind, length, CRC-32C of the body; little-endian (docs/parallel.md).</summary>
internal readonly record struct FrameHead(FrameKind Kind, int Length, uint Check)
{
    public const int Size = 16;

    /// <summary>Bytes of tensors that a message carries at most: with what says where they belong, a buffer of 1 MiB.</summary>
    public const int Piece = Small - 64;

    private const uint Magic = 0x31504454;
    private const int Small = 1 << 20, Largest = 1 << 30;

    public void Write(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], (uint)Kind);
        BinaryPrimitives.WriteInt32LittleEndian(target[8..], Length);
        BinaryPrimitives.WriteUInt32LittleEndian(target[12..], Check);
    }

    /// <exception cref="InvalidDataException">It is no head, or of a message longer than its kind may be.</exception>
    public static FrameHead Read(ReadOnlySpan<byte> source)
    {
        var (magic, kind, length) = (BinaryPrimitives.ReadUInt32LittleEndian(source), BinaryPrimitives.ReadUInt32LittleEndian(source[4..]), BinaryPrimitives.ReadInt32LittleEndian(source[8..]));
        if (magic != Magic || kind is < (uint)FrameKind.Hello or > (uint)FrameKind.Alive)
            throw new InvalidDataException($"a message should begin, found {Convert.ToHexString(source[..Size])}");
        var most = Most((FrameKind)kind);
        if (length < 0 || length > most)
            throw new InvalidDataException($"a message {(FrameKind)kind} of {length} bytes; at most {most} are taken");
        return new((FrameKind)kind, length, BinaryPrimitives.ReadUInt32LittleEndian(source[12..]));
    }

    /// <summary>Bytes that a message of the kind may have: only micro-batches, which may hold images, are large.</summary>
    public static int Most(FrameKind kind) => kind == FrameKind.Micro ? Largest : Small;

    /// <summary>CRC-32C (Castagnoli), carried on from <paramref name="crc"/>.</summary>
    public static uint Sum(uint crc, ReadOnlySpan<byte> bytes)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
            crc = BitOperations.Crc32C(crc, word);
        foreach (var rest in bytes[(8 * words.Length)..])
            crc = BitOperations.Crc32C(crc, rest);
        return crc;
    }
}
