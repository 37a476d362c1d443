using System.Buffers.Binary;

namespace Temper.Tensors;

/// <summary>Bytes of an exported optimizer: docs/formats/optimizer-state.md.</summary>
internal static unsafe class OptimizerState
{
    public const long Magic = 0x31_57_6D_61_64_41_54;

    /// <summary>Of gradient descent: one moment a parameter, or none.</summary>
    public const long SgdMagic = 0x31_44_47_53_41_54;

    private const int Piece = 1 << 20;

    public static long Read(Stream source)
    {
        Span<byte> number = stackalloc byte[8];
        Fill(source, number);
        return BinaryPrimitives.ReadInt64LittleEndian(number);
    }

    public static void Read(Stream source, byte* target, long bytes)
    {
        for (var at = 0L; at < bytes; at += Piece) Fill(source, new Span<byte>(target + at, (int)Math.Min(Piece, bytes - at)));
    }

    public static void Write(Stream target, byte* source, long bytes)
    {
        for (var at = 0L; at < bytes; at += Piece) target.Write(new ReadOnlySpan<byte>(source + at, (int)Math.Min(Piece, bytes - at)));
    }

    private static void Fill(Stream source, Span<byte> target)
    {
        try
        {
            source.ReadExactly(target);
        }
        catch (EndOfStreamException error)
        {
            throw new InvalidDataException("optimizer state: the data ends early", error);
        }
    }
}
