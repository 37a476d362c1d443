using System.Runtime.CompilerServices;

namespace Temper.Tensors;

/// <summary>Sixteen f64 lanes, for references and gradient checks: clarity over speed.</summary>
[InlineArray(16)]
internal unsafe struct Doubles : ILanes<Doubles, double>
{
    private double first;

    public static int TileRows => 4;

    public static Doubles Zero => default;

    public static Doubles Broadcast(double value)
    {
        Doubles r = default;
        for (var i = 0; i < 16; i++) r[i] = value;
        return r;
    }

    public static Doubles Load(double* source) => Unsafe.ReadUnaligned<Doubles>(source);

    public readonly void Store(double* target) => Unsafe.WriteUnaligned(target, this);

    public static Doubles operator +(Doubles a, Doubles b)
    {
        for (var i = 0; i < 16; i++) a[i] += b[i];
        return a;
    }

    public static Doubles operator -(Doubles a, Doubles b)
    {
        for (var i = 0; i < 16; i++) a[i] -= b[i];
        return a;
    }

    public static Doubles operator *(Doubles a, Doubles b)
    {
        for (var i = 0; i < 16; i++) a[i] *= b[i];
        return a;
    }

    public static Doubles operator /(Doubles a, Doubles b)
    {
        for (var i = 0; i < 16; i++) a[i] /= b[i];
        return a;
    }

    public static Doubles Fma(Doubles a, Doubles b, Doubles c)
    {
        for (var i = 0; i < 16; i++) c[i] = Math.FusedMultiplyAdd(a[i], b[i], c[i]);
        return c;
    }

    public static Doubles Max(Doubles a, Doubles b) => IfLess(b, a, a, b);

    public static Doubles Min(Doubles a, Doubles b) => IfLess(a, b, a, b);

    public static Doubles IfLess(Doubles x, Doubles limit, Doubles yes, Doubles no)
    {
        for (var i = 0; i < 16; i++) if (x[i] < limit[i]) no[i] = yes[i];
        return no;
    }

    public static Doubles Abs(Doubles x)
    {
        for (var i = 0; i < 16; i++) x[i] = Math.Abs(x[i]);
        return x;
    }

    public static Doubles Sqrt(Doubles x)
    {
        for (var i = 0; i < 16; i++) x[i] = Math.Sqrt(x[i]);
        return x;
    }

    public static Doubles Exp(Doubles x)
    {
        for (var i = 0; i < 16; i++) x[i] = Math.Exp(x[i]);
        return x;
    }

    public static Doubles Log(Doubles x)
    {
        for (var i = 0; i < 16; i++) x[i] = Math.Log(x[i]);
        return x;
    }

    public static Doubles Tanh(Doubles x)
    {
        for (var i = 0; i < 16; i++) x[i] = Math.Tanh(x[i]);
        return x;
    }

    public static Doubles Erf(Doubles x)
    {
        for (var i = 0; i < 16; i++) x[i] = ErrorFunction.At(x[i]);
        return x;
    }

    public static Doubles LoadPart(double* source, int count)
    {
        Doubles r = default;
        for (var i = 0; i < count; i++) r[i] = source[i];
        return r;
    }

    public readonly void StorePart(double* target, int count)
    {
        for (var i = 0; i < count; i++) target[i] = this[i];
    }

    public static Doubles LoadFloats(float* source)
    {
        Doubles r = default;
        for (var i = 0; i < 16; i++) r[i] = source[i];
        return r;
    }

    public static (Doubles Even, Doubles Odd) LoadPairs(ushort* source)
    {
        Doubles even = default, odd = default;
        for (var i = 0; i < 16; i++)
        {
            even[i] = BitConverter.UInt32BitsToSingle((uint)source[2 * i] << 16);
            odd[i] = BitConverter.UInt32BitsToSingle((uint)source[2 * i + 1] << 16);
        }

        return (even, odd);
    }

    public static Doubles LoadBytes(sbyte* source)
    {
        Doubles r = default;
        for (var i = 0; i < 16; i++) r[i] = source[i];
        return r;
    }

    public static (Doubles Low, Doubles High) LookUp(byte* source, Doubles table)
    {
        Doubles low = default, high = default;
        for (var i = 0; i < 16; i++) (low[i], high[i]) = (table[source[i] & 15], table[source[i] >> 4]);
        return (low, high);
    }

    public readonly double Sum()
    {
        var lanes = this;
        for (var half = 8; half > 0; half /= 2)
            for (var i = 0; i < half; i++) lanes[i] += lanes[i + half];
        return lanes[0];
    }

    public readonly double Largest()
    {
        var largest = this[0];
        for (var i = 1; i < 16; i++) largest = Math.Max(largest, this[i]);
        return largest;
    }
}
