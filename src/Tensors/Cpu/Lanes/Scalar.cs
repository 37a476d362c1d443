using System.Runtime.CompilerServices;

namespace Temper.Tensors;

/// <summary>Sixteen f32 lanes without vector registers: the definition the others must match.</summary>
[InlineArray(16)]
internal unsafe struct Scalar : ILanes<Scalar, float>, IFloatBits<Scalar>
{
    private float first;

    public static int TileRows => 4;

    public static Scalar Zero => default;

    public static Scalar Broadcast(float value)
    {
        Scalar r = default;
        for (var i = 0; i < 16; i++) r[i] = value;
        return r;
    }

    public static Scalar Load(float* source) => Unsafe.ReadUnaligned<Scalar>(source);

    public readonly void Store(float* target) => Unsafe.WriteUnaligned(target, this);

    public static Scalar operator +(Scalar a, Scalar b)
    {
        for (var i = 0; i < 16; i++) a[i] += b[i];
        return a;
    }

    public static Scalar operator -(Scalar a, Scalar b)
    {
        for (var i = 0; i < 16; i++) a[i] -= b[i];
        return a;
    }

    public static Scalar operator *(Scalar a, Scalar b)
    {
        for (var i = 0; i < 16; i++) a[i] *= b[i];
        return a;
    }

    public static Scalar operator /(Scalar a, Scalar b)
    {
        for (var i = 0; i < 16; i++) a[i] /= b[i];
        return a;
    }

    public static Scalar Fma(Scalar a, Scalar b, Scalar c)
    {
        for (var i = 0; i < 16; i++) c[i] = MathF.FusedMultiplyAdd(a[i], b[i], c[i]);
        return c;
    }

    public static Scalar Max(Scalar a, Scalar b) => IfLess(b, a, a, b);

    public static Scalar Min(Scalar a, Scalar b) => IfLess(a, b, a, b);

    public static Scalar IfLess(Scalar x, Scalar limit, Scalar yes, Scalar no)
    {
        for (var i = 0; i < 16; i++) if (x[i] < limit[i]) no[i] = yes[i];
        return no;
    }

    public static Scalar Abs(Scalar x)
    {
        for (var i = 0; i < 16; i++) x[i] = MathF.Abs(x[i]);
        return x;
    }

    public static Scalar Sqrt(Scalar x)
    {
        for (var i = 0; i < 16; i++) x[i] = MathF.Sqrt(x[i]);
        return x;
    }

    public static Scalar Round(Scalar x)
    {
        for (var i = 0; i < 16; i++) x[i] = MathF.Round(x[i]);
        return x;
    }

    public static Scalar Pow2(Scalar x)
    {
        for (var i = 0; i < 16; i++) x[i] = BitConverter.Int32BitsToSingle(((int)x[i] + 127) << 23);
        return x;
    }

    public static Scalar Exponent(Scalar x)
    {
        for (var i = 0; i < 16; i++) x[i] = (int)(BitConverter.SingleToUInt32Bits(x[i]) >> 23) - 127;
        return x;
    }

    public static Scalar Mantissa(Scalar x)
    {
        for (var i = 0; i < 16; i++) x[i] = BitConverter.Int32BitsToSingle((BitConverter.SingleToInt32Bits(x[i]) & 0x007FFFFF) | 0x3F800000);
        return x;
    }

    public static Scalar Exp(Scalar x) => FloatMath<Scalar>.Exp(x);

    public static Scalar Log(Scalar x) => FloatMath<Scalar>.Log(x);

    public static Scalar Tanh(Scalar x) => FloatMath<Scalar>.Tanh(x);

    public static Scalar Erf(Scalar x) => FloatMath<Scalar>.Erf(x);

    public static Scalar LoadPart(float* source, int count)
    {
        Scalar r = default;
        for (var i = 0; i < count; i++) r[i] = source[i];
        return r;
    }

    public readonly void StorePart(float* target, int count)
    {
        for (var i = 0; i < count; i++) target[i] = this[i];
    }

    public static Scalar LoadFloats(float* source)
    {
        Scalar r = default;
        for (var i = 0; i < 16; i++) r[i] = source[i];
        return r;
    }

    public static (Scalar Even, Scalar Odd) LoadPairs(ushort* source)
    {
        Scalar even = default, odd = default;
        for (var i = 0; i < 16; i++)
        {
            even[i] = BitConverter.UInt32BitsToSingle((uint)source[2 * i] << 16);
            odd[i] = BitConverter.UInt32BitsToSingle((uint)source[2 * i + 1] << 16);
        }

        return (even, odd);
    }

    public static Scalar LoadBytes(sbyte* source)
    {
        Scalar r = default;
        for (var i = 0; i < 16; i++) r[i] = source[i];
        return r;
    }

    public static (Scalar Low, Scalar High) LookUp(byte* source, Scalar table)
    {
        Scalar low = default, high = default;
        for (var i = 0; i < 16; i++) (low[i], high[i]) = (table[source[i] & 15], table[source[i] >> 4]);
        return (low, high);
    }

    public readonly float Sum()
    {
        var lanes = this;
        for (var half = 8; half > 0; half /= 2)
            for (var i = 0; i < half; i++) lanes[i] += lanes[i + half];
        return lanes[0];
    }

    public readonly float Largest()
    {
        var largest = this[0];
        for (var i = 1; i < 16; i++) largest = MathF.Max(largest, this[i]);
        return largest;
    }
}
