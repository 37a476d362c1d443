using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Temper.Tensors;

/// <summary>bf16: the upper half of an f32. Rounding is to nearest, ties to even; what is not a number stays so.</summary>
internal static unsafe class Bf16
{
    public static ushort Round(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value)) return (ushort)(bits >> 16 | 0x40);
        return (ushort)(bits + 0x7FFF + (bits >> 16 & 1) >> 16);
    }

    public static float ToSingle(ushort value) => BitConverter.UInt32BitsToSingle((uint)value << 16);

    /// <summary>Rounds <paramref name="count"/> numbers and writes zeros up to <paramref name="padded"/>, a multiple of 32.</summary>
    public static void RoundRow(float* source, ushort* target, int count, int padded)
    {
        var i = 0;
        for (; Avx512BW.IsSupported && i + 32 <= count; i += 32) Narrowed(Rounded(Vector512.Load(source + i)), Rounded(Vector512.Load(source + i + 16))).Store(target + i);
        for (; i < count; i++) target[i] = Round(source[i]);
        for (; i < padded; i++) target[i] = 0;
    }

    /// <summary>Sixteen numbers, each rounded into the upper half of its lane; the lower halves are left undefined.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Rounded(Vector512<float> x)
    {
        var bits = x.AsUInt32();
        var rounded = bits + (bits >> 16 & Vector512<uint>.One) + Vector512.Create(0x7FFFu);
        return Vector512.ConditionalSelect(Vector512.Equals(x, x).AsUInt32(), rounded, bits | Vector512.Create(0x400000u));
    }

    /// <summary>The upper halves of 32 lanes, in order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ushort> Narrowed(Vector512<uint> low, Vector512<uint> high)
    {
        var odd = Vector512.Create((ushort)1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31, 33, 35, 37, 39, 41, 43, 45, 47, 49, 51, 53, 55, 57, 59, 61, 63);
        return Avx512BW.PermuteVar32x16x2(low.AsUInt16(), odd, high.AsUInt16());
    }
}
