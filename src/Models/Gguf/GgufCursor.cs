using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;
using Microsoft.Win32.SafeHandles;
using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>Numbers of the format for kinds of values.</summary>
internal enum GgufKind
{
    UInt8, Int8, UInt16, Int16, UInt32, Int32, Float32, Bool, Text, Array, UInt64, Int64, Float64,
}

/// <summary>Reads the header of a GGUF file from front to back. Nothing is believed: every length is compared with what the file still holds
/// before memory is taken for it.</summary>
internal sealed class GgufCursor(SafeFileHandle file, long length, string path)
{
    private const int MostDepth = 4;
    private readonly byte[] buffer = new byte[1 << 16];
    private long bufferStart;
    private int bufferLength;

    /// <summary>Bytes read so far.</summary>
    public long Position { get; private set; }

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    /// <summary>A count of things that take at least <paramref name="least"/> bytes each.</summary>
    public long Count(int least, string what)
    {
        var count = UInt64();
        if (count > (ulong)((length - Position) / least)) throw Bad("gguf_truncated", $"it announces {count} {what}, {length - Position} bytes are left");
        return (long)count;
    }

    public string Text()
    {
        var bytes = new byte[Count(1, "characters")];
        for (var at = 0; at < bytes.Length;)
        {
            var part = Take(Math.Min(bytes.Length - at, buffer.Length));
            part.CopyTo(bytes.AsSpan(at));
            at += part.Length;
        }

        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : throw Bad("gguf_invalid", "a text is not UTF-8");
    }

    /// <summary>A value of a kind; arrays become object[].</summary>
    public object Value(uint kind, int depth = 0) => (GgufKind)kind switch
    {
        GgufKind.UInt8 => Take(1)[0],
        GgufKind.Int8 => (sbyte)Take(1)[0],
        GgufKind.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(Take(2)),
        GgufKind.Int16 => BinaryPrimitives.ReadInt16LittleEndian(Take(2)),
        GgufKind.UInt32 => UInt32(),
        GgufKind.Int32 => BinaryPrimitives.ReadInt32LittleEndian(Take(4)),
        GgufKind.Float32 => BinaryPrimitives.ReadSingleLittleEndian(Take(4)),
        GgufKind.Bool => Take(1)[0] is var flag and <= 1 ? flag == 1 : throw Bad("gguf_invalid", "a bool is neither 0 nor 1"),
        GgufKind.Text => Text(),
        GgufKind.Array => Items(depth),
        GgufKind.UInt64 => UInt64(),
        GgufKind.Int64 => BinaryPrimitives.ReadInt64LittleEndian(Take(8)),
        GgufKind.Float64 => BinaryPrimitives.ReadDoubleLittleEndian(Take(8)),
        _ => throw Bad("gguf_invalid", $"it holds a value of unknown kind {kind}"),
    };

    /// <summary>An error about this file.</summary>
    public TemperException Bad(string code, string what) => new([new Problem(code, $"Reading {Path.GetFileName(path)}: {what}.") { File = path }]);

    private object[] Items(int depth)
    {
        if (depth == MostDepth) throw Bad("gguf_invalid", "arrays are nested too deep");
        var kind = UInt32();
        var least = (GgufKind)kind switch
        {
            GgufKind.UInt8 or GgufKind.Int8 or GgufKind.Bool => 1,
            GgufKind.UInt16 or GgufKind.Int16 => 2,
            GgufKind.UInt32 or GgufKind.Int32 or GgufKind.Float32 => 4,
            GgufKind.Array => 12,
            _ => 8,
        };
        var items = new object[Count(least, "items")];
        for (var i = 0; i < items.Length; i++) items[i] = Value(kind, depth + 1);
        return items;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > length - Position) throw Bad("gguf_truncated", $"it ends at byte {length}, inside its header");
        if (Position + count > bufferStart + bufferLength)
        {
            (bufferStart, bufferLength) = (Position, 0);
            while (bufferLength < count)
            {
                var read = RandomAccess.Read(file, buffer.AsSpan(bufferLength), bufferStart + bufferLength);
                if (read == 0) throw Bad("gguf_truncated", "it became shorter while it was read");
                bufferLength += read;
            }
        }

        var span = buffer.AsSpan((int)(Position - bufferStart), count);
        Position += count;
        return span;
    }
}
