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
            case DType.F32: From<float>((float*)source, target, to, count); break;
            case DType.F64: From<double>((double*)source, target, to, count); break;
            case DType.F16: From<Half>((Half*)source, target, to, count); break;
            case DType.BF16: From<ushort>((ushort*)source, target, to, count); break;
            default: From<int>((int*)source, target, to, count); break;
        }
    }

    // The compiler keeps the one branch that fits S. An ushort is a bf16.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Read<S>(S value) where S : unmanaged
    {
        if (typeof(S) == typeof(float)) return (float)(object)value;
        if (typeof(S) == typeof(double)) return (double)(object)value;
        if (typeof(S) == typeof(Half)) return (float)(Half)(object)value;
        if (typeof(S) == typeof(ushort)) return Bf16.ToSingle((ushort)(object)value);
        return (int)(object)value;
    }

    // A detour over f64 loses nothing: every source type fits in it. f64 to bf16 rounds to f32 on the way.
    private static void From<S>(S* source, byte* target, DType to, long count) where S : unmanaged
    {
        switch (to)
        {
            case DType.F32:
                for (var i = 0L; i < count; i++) ((float*)target)[i] = (float)Read(source[i]);
                break;
            case DType.F64:
                for (var i = 0L; i < count; i++) ((double*)target)[i] = Read(source[i]);
                break;
            case DType.F16:
                for (var i = 0L; i < count; i++) ((Half*)target)[i] = (Half)Read(source[i]);
                break;
            case DType.BF16:
                for (var i = 0L; i < count; i++) ((ushort*)target)[i] = Bf16.Round((float)Read(source[i]));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(to), to, "not a floating type");
        }
    }
}
