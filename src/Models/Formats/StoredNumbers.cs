using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Temper.Core.Safetensors;

namespace Temper.Models;

/// <summary>Conversion between stored bytes (little-endian) and f32.</summary>
internal static class StoredNumbers
{
    /// <summary>Widens stored elements; F64 and 64-bit integers are rounded.</summary>
    public static void ToFloats(StoredType type, ReadOnlySpan<byte> source, Span<float> target)
    {
        switch (type)
        {
            case StoredType.F32:
                source.CopyTo(MemoryMarshal.AsBytes(target));
                break;
            case StoredType.BF16:
                var upper = MemoryMarshal.Cast<byte, ushort>(source);
                for (var i = 0; i < target.Length; i++) target[i] = BitConverter.UInt32BitsToSingle((uint)upper[i] << 16);
                break;
            case StoredType.F16:
                var halves = MemoryMarshal.Cast<byte, Half>(source);
                for (var i = 0; i < target.Length; i++) target[i] = (float)halves[i];
                break;
            default:
                for (var i = 0; i < target.Length; i++) target[i] = One(type, source[(i * type.Bytes())..]);
                break;
        }
    }

    /// <summary>Rounds f32 to nearest, ties to even. Only F32, BF16 and F16.</summary>
    public static void FromFloats(StoredType type, ReadOnlySpan<float> source, Span<byte> target)
    {
        switch (type)
        {
            case StoredType.F32:
                MemoryMarshal.AsBytes(source).CopyTo(target);
                break;
            case StoredType.BF16:
                var upper = MemoryMarshal.Cast<byte, ushort>(target);
                for (var i = 0; i < source.Length; i++) upper[i] = ToBFloat16(source[i]);
                break;
            case StoredType.F16:
                var halves = MemoryMarshal.Cast<byte, Half>(target);
                for (var i = 0; i < source.Length; i++) halves[i] = (Half)source[i];
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "numbers are written as F32, BF16 or F16");
        }
    }

    private static ushort ToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value)) return (ushort)((bits >> 16) | 0x40);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    private static float One(StoredType type, ReadOnlySpan<byte> at) => type switch
    {
        StoredType.F64 => (float)BinaryPrimitives.ReadDoubleLittleEndian(at),
        StoredType.I64 => BinaryPrimitives.ReadInt64LittleEndian(at),
        StoredType.I32 => BinaryPrimitives.ReadInt32LittleEndian(at),
        StoredType.I8 => (sbyte)at[0],
        _ => at[0],
    };
}
