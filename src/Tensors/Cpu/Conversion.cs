namespace Temper.Tensors;

/// <summary>Element type conversions, rounding to nearest even.</summary>
internal static unsafe class Conversion
{
    /// <summary>Converts <paramref name="count"/> elements.</summary>
    public static void Run(byte* source, DType from, byte* target, DType to, long count)
    {
        for (var i = 0L; i < count; i++) Write(target, to, i, Read(source, from, i));
    }

    private static double Read(byte* source, DType type, long i) => type switch
    {
        DType.F32 => ((float*)source)[i],
        DType.F64 => ((double*)source)[i],
        DType.F16 => (double)((Half*)source)[i],
        DType.BF16 => BitConverter.UInt32BitsToSingle((uint)((ushort*)source)[i] << 16),
        _ => ((int*)source)[i],
    };

    private static void Write(byte* target, DType type, long i, double value)
    {
        switch (type)
        {
            case DType.F32: ((float*)target)[i] = (float)value; break;
            case DType.F64: ((double*)target)[i] = value; break;
            case DType.F16: ((Half*)target)[i] = (Half)value; break;
            case DType.BF16: ((ushort*)target)[i] = ToBFloat16((float)value); break;
            default: throw new ArgumentOutOfRangeException(nameof(type), type, "not a floating type");
        }
    }

    private static ushort ToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value)) return (ushort)((bits >> 16) | 0x40);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
