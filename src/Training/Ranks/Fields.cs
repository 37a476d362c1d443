using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Temper.Training.Ranks;

/// <summary>Reads the fields of a message, each within its bounds.</summary>
internal ref struct Fields(ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> _rest = body;

    /// <summary>What is left.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    public byte Byte() => Take(1)[0];

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    public double Double() => BinaryPrimitives.ReadDoubleLittleEndian(Take(8));

    public string Text() => Encoding.UTF8.GetString(Take(Count(1)));

    /// <summary>A count and so many elements, in native (little-endian) order.</summary>
    public T[] Array<T>() where T : unmanaged
    {
        var size = Marshal.SizeOf<T>();
        return MemoryMarshal.Cast<byte, T>(Take(Count(size) * size)).ToArray();
    }

    /// <summary>A count of things that take at least <paramref name="size"/> bytes each.</summary>
    public int Count(int size)
    {
        var count = Int32();
        return count >= 0 && (long)count * size <= _rest.Length ? count : throw new InvalidDataException($"a message says {count} elements of {size} bytes, but has {_rest.Length} bytes left");
    }

    public ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
            throw new InvalidDataException($"a message ends {count - _rest.Length} bytes early");
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    /// <exception cref="InvalidDataException">Something is left.</exception>
    public readonly void End()
    {
        if (_rest.Length > 0)
            throw new InvalidDataException($"a message has {_rest.Length} bytes too many");
    }
}
