using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Temper.Core.Safetensors;

namespace Temper.Versioning.Tensors;

/// <summary>Stored elements as float64. Every type but I64 beyond 2^53 converts exactly.</summary>
internal static class TensorNumbers
{
    // All 65,536 values of binary16: looking one up is several times faster than converting it.
    private static readonly Lazy<float[]> Halves = new(() =>
    {
        var values = new float[1 << 16];
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)BitConverter.UInt16BitsToHalf((ushort)i);
        return values;
    });

    /// <summary>Decodes little-endian elements.</summary>
    public static void Decode(StoredType type, ReadOnlySpan<byte> bytes, Span<double> numbers)
    {
        switch (type)
        {
            case StoredType.F64:
                MemoryMarshal.Cast<byte, double>(bytes).CopyTo(numbers);
                break;
            case StoredType.F32:
                Singles(MemoryMarshal.Cast<byte, float>(bytes), numbers);
                break;
            case StoredType.BF16:
                Brains(MemoryMarshal.Cast<byte, ushort>(bytes), numbers);
                break;
            case StoredType.F16:
                var halves = MemoryMarshal.Cast<byte, ushort>(bytes);
                var values = Halves.Value;
                for (var i = 0; i < halves.Length; i++)
                    numbers[i] = values[halves[i]];
                break;
            case StoredType.I64:
                var longs = MemoryMarshal.Cast<byte, long>(bytes);
                for (var i = 0; i < longs.Length; i++)
                    numbers[i] = longs[i];
                break;
            case StoredType.I32:
                var ints = MemoryMarshal.Cast<byte, int>(bytes);
                for (var i = 0; i < ints.Length; i++)
                    numbers[i] = ints[i];
                break;
            case StoredType.I8:
                for (var i = 0; i < bytes.Length; i++)
                    numbers[i] = (sbyte)bytes[i];
                break;
            default:
                for (var i = 0; i < bytes.Length; i++)
                    numbers[i] = bytes[i];
                break;
        }
    }

    /// <summary>Elements whose stored bits differ.</summary>
    public static long CountChanged(StoredType type, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) => type.Bytes() switch
    {
        8 => Count<ulong>(a, b),
        4 => Count<uint>(a, b),
        2 => Count<ushort>(a, b),
        _ => Count<byte>(a, b),
    };

    private static long Count<T>(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) where T : unmanaged, IEquatable<T>
    {
        var left = MemoryMarshal.Cast<byte, T>(a);
        var right = MemoryMarshal.Cast<byte, T>(b);
        long same = 0;
        var i = 0;
        for (; i + Vector256<T>.Count <= left.Length; i += Vector256<T>.Count)
            same += System.Numerics.BitOperations.PopCount(Vector256.Equals(Vector256.Create(left[i..]), Vector256.Create(right[i..])).ExtractMostSignificantBits());
        for (; i < left.Length; i++)
            same += left[i].Equals(right[i]) ? 1 : 0;
        return left.Length - same;
    }

    private static void Singles(ReadOnlySpan<float> from, Span<double> to)
    {
        var i = 0;
        for (; i + 8 <= from.Length; i += 8)
        {
            var (low, high) = Vector256.Widen(Vector256.Create(from[i..]));
            low.CopyTo(to[i..]);
            high.CopyTo(to[(i + 4)..]);
        }
        for (; i < from.Length; i++)
            to[i] = from[i];
    }

    private static void Brains(ReadOnlySpan<ushort> from, Span<double> to)
    {
        var i = 0;
        for (; i + 16 <= from.Length; i += 16)
        {
            var (low, high) = Vector256.Widen(Vector256.Create(from[i..]));
            var (a, b) = Vector256.Widen((low << 16).AsSingle());
            var (c, d) = Vector256.Widen((high << 16).AsSingle());
            a.CopyTo(to[i..]);
            b.CopyTo(to[(i + 4)..]);
            c.CopyTo(to[(i + 8)..]);
            d.CopyTo(to[(i + 12)..]);
        }
        for (; i < from.Length; i++)
            to[i] = BitConverter.UInt32BitsToSingle((uint)from[i] << 16);
    }
}
