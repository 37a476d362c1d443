using System.Runtime.CompilerServices;

namespace Temper.Tensors;

/// <summary>Element type conversions, rounding to nearest even.</summary>
internal static unsafe class Conversion
{
    /// <summary>Converts <paramref name="count"/> elements.</summary>
    public static void Run(byte* source, DType from, byte* target, DType to, long count)
    {
        switch (from)
        {
            case DType.F32: From<float, Same>((float*)source, target, to, count); break;
            case DType.F64: From<double, Same>((double*)source, target, to, count); break;
            case DType.F16: From<Half, Same>((Half*)source, target, to, count); break;
            case DType.BF16: From<ushort, Brain>((ushort*)source, target, to, count); break;
            default: From<int, Same>((int*)source, target, to, count); break;
        }
    }

    private interface IReader<S> where S : unmanaged
    {
        static abstract double Read(S value);
    }

    private readonly struct Same : IReader<float>, IReader<double>, IReader<Half>, IReader<int>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static double Read(float value) => value;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static double Read(double value) => value;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static double Read(Half value) => (float)value;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static double Read(int value) => value;
    }

    private readonly struct Brain : IReader<ushort>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static double Read(ushort value) => BitConverter.UInt32BitsToSingle((uint)value << 16);
    }

    // A detour over f64 loses nothing: every source type fits in it. f64 to bf16 rounds to f32 on the way.
    private static void From<S, R>(S* source, byte* target, DType to, long count) where S : unmanaged where R : struct, IReader<S>
    {
        switch (to)
        {
            case DType.F32:
                for (var i = 0L; i < count; i++) ((float*)target)[i] = (float)R.Read(source[i]);
                break;
            case DType.F64:
                for (var i = 0L; i < count; i++) ((double*)target)[i] = R.Read(source[i]);
                break;
            case DType.F16:
                for (var i = 0L; i < count; i++) ((Half*)target)[i] = (Half)R.Read(source[i]);
                break;
            case DType.BF16:
                for (var i = 0L; i < count; i++) ((ushort*)target)[i] = ToBrain((float)R.Read(source[i]));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(to), to, "not a floating type");
        }
    }

    private static ushort ToBrain(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value)) return (ushort)((bits >> 16) | 0x40);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
