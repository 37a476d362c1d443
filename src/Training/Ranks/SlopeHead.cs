using System.Buffers.Binary;

namespace Temper.Training.Ranks;

/// <summary>What stands before a piece of a gradient.</summary>
/// <param name="Rank">Who gets it.</param>
/// <param name="Step">0-based step.</param>
/// <param name="Place">The micro-batch that it is the start of; the number of micro-batches when the sum is complete.</param>
/// <param name="Tensor">Position among the trained tensors.</param>
/// <param name="Present">Whether any micro-batch gave the tensor a gradient.</param>
/// <param name="Offset">Of the piece, in bytes.</param>
internal readonly record struct SlopeHead(int Rank, int Step, int Place, int Tensor, bool Present, long Offset)
{
    public const int Size = 32;

    public void Write(Span<byte> target)
    {
        BinaryPrimitives.WriteInt32LittleEndian(target, Rank);
        BinaryPrimitives.WriteInt32LittleEndian(target[4..], Step);
        BinaryPrimitives.WriteInt32LittleEndian(target[8..], Place);
        BinaryPrimitives.WriteInt32LittleEndian(target[12..], Tensor);
        BinaryPrimitives.WriteInt64LittleEndian(target[16..], Present ? 1 : 0);
        BinaryPrimitives.WriteInt64LittleEndian(target[24..], Offset);
    }

    /// <exception cref="InvalidDataException">It is too short.</exception>
    public static SlopeHead Read(ReadOnlySpan<byte> body)
    {
        var f = new Fields(body);
        return new(f.Int32(), f.Int32(), f.Int32(), f.Int32(), f.Int64() != 0, f.Int64());
    }
}
