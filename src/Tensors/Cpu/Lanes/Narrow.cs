using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Temper.Tensors;

/// <summary>Sixteen f32 lanes in two 256-bit registers.</summary>
internal readonly unsafe struct Narrow(Vector256<float> low, Vector256<float> high) : ILanes<Narrow, float>, IFloatBits<Narrow>
{
    private readonly Vector256<float> low = low, high = high;

    public static int TileRows => 4;

    public static Narrow Zero => new(Vector256<float>.Zero, Vector256<float>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Narrow Broadcast(float value) => new(Vector256.Create(value), Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Narrow Load(float* source) => new(Vector256.Load(source), Vector256.Load(source + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* target)
    {
        low.Store(target);
        high.Store(target + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Narrow operator +(Narrow a, Narrow b) => new(a.low + b.low, a.high + b.high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Narrow operator -(Narrow a, Narrow b) => new(a.low - b.low, a.high - b.high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Narrow operator *(Narrow a, Narrow b) => new(a.low * b.low, a.high * b.high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Narrow operator /(Narrow a, Narrow b) => new(a.low / b.low, a.high / b.high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Narrow Fma(Narrow a, Narrow b, Narrow c) =>
        new(Vector256.FusedMultiplyAdd(a.low, b.low, c.low), Vector256.FusedMultiplyAdd(a.high, b.high, c.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Narrow Max(Narrow a, Narrow b) => IfLess(b, a, a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Narrow Min(Narrow a, Narrow b) => IfLess(a, b, a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Narrow Abs(Narrow x) => new(Vector256.Abs(x.low), Vector256.Abs(x.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Narrow Sqrt(Narrow x) => new(Vector256.Sqrt(x.low), Vector256.Sqrt(x.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Narrow IfLess(Narrow x, Narrow limit, Narrow yes, Narrow no) => new(
        Vector256.ConditionalSelect(Vector256.LessThan(x.low, limit.low), yes.low, no.low),
        Vector256.ConditionalSelect(Vector256.LessThan(x.high, limit.high), yes.high, no.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Narrow Round(Narrow x) => new(Vector256.Round(x.low), Vector256.Round(x.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Narrow Pow2(Narrow n) => new(Pow2(n.low), Pow2(n.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Narrow Exponent(Narrow x) => new(Exponent(x.low), Exponent(x.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Narrow Mantissa(Narrow x) => new(Mantissa(x.low), Mantissa(x.high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Narrow Exp(Narrow x) => FloatMath<Narrow>.Exp(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Narrow Log(Narrow x) => FloatMath<Narrow>.Log(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Narrow Tanh(Narrow x) => FloatMath<Narrow>.Tanh(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Narrow Erf(Narrow x) => FloatMath<Narrow>.Erf(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Narrow LoadPart(float* source, int count) => new(LoadEight(source, count), LoadEight(source + 8, count - 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StorePart(float* target, int count)
    {
        StoreEight(low, target, count);
        StoreEight(high, target + 8, count - 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Narrow LoadFloats(float* source) => Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Narrow Even, Narrow Odd) LoadPairs(ushort* source)
    {
        var (a, b) = (Vector256.Load((uint*)source), Vector256.Load((uint*)source + 8));
        var upper = Vector256.Create(0xFFFF0000u);
        return (new((a << 16).AsSingle(), (b << 16).AsSingle()), new((a & upper).AsSingle(), (b & upper).AsSingle()));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Narrow LoadBytes(sbyte* source)
    {
        var (a, b) = Vector256.Widen(Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe()));
        return new(Vector256.ConvertToSingle(a), Vector256.ConvertToSingle(b));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Narrow Low, Narrow High) LookUp(byte* source, Narrow table)
    {
        var (a, b) = Vector256.Widen(Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe()));
        return (new(table.Entries(a.AsInt32()), table.Entries(b.AsInt32())), new(table.Entries((a >>> 4).AsInt32()), table.Entries((b >>> 4).AsInt32())));
    }

    public float Sum() => Fold(low + high);

    public float Largest() => FoldLargest(Vector256.Max(low, high));

    /// <summary>The first <paramref name="count"/> numbers, the others zero; count below 1 or above 8 is allowed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<float> LoadEight(float* source, int count)
    {
        if (Avx.IsSupported) return Avx.MaskLoad(source, Vector256.GreaterThan(Vector256.Create(count), Vector256<int>.Indices).AsSingle());
        return LoadEightSlowly(source, count);
    }

    private static Vector256<float> LoadEightSlowly(float* source, int count)
    {
        var lanes = stackalloc float[8];
        for (var i = 0; i < 8; i++) lanes[i] = i < count ? source[i] : 0;
        return Vector256.Load(lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void StoreEight(Vector256<float> x, float* target, int count)
    {
        if (Avx.IsSupported)
        {
            Avx.MaskStore(target, Vector256.GreaterThan(Vector256.Create(count), Vector256<int>.Indices).AsSingle(), x);
            return;
        }

        for (var i = 0; i < Math.Min(8, count); i++) target[i] = x[i];
    }

    internal static float Fold(Vector256<float> x)
    {
        var four = x.GetLower() + x.GetUpper();
        return four.GetElement(0) + four.GetElement(2) + (four.GetElement(1) + four.GetElement(3));
    }

    internal static float FoldLargest(Vector256<float> x)
    {
        var four = Vector128.Max(x.GetLower(), x.GetUpper());
        return MathF.Max(MathF.Max(four.GetElement(0), four.GetElement(2)), MathF.Max(four.GetElement(1), four.GetElement(3)));
    }

    private static Vector256<float> Pow2(Vector256<float> n) =>
        ((Vector256.ConvertToInt32Native(n) + Vector256.Create(127)) << 23).AsSingle();

    private static Vector256<float> Exponent(Vector256<float> x) =>
        Vector256.ConvertToSingle((x.AsInt32() >>> 23) - Vector256.Create(127));

    private static Vector256<float> Mantissa(Vector256<float> x) =>
        ((x.AsInt32() & Vector256.Create(0x007FFFFF)) | Vector256.Create(0x3F800000)).AsSingle();

    /// <summary>Lanes by the low four bits of each number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<float> Entries(Vector256<int> numbers)
    {
        var within = numbers & Vector256.Create(7);
        var upper = Vector256.GreaterThan(numbers & Vector256.Create(8), Vector256<int>.Zero).AsSingle();
        return Vector256.ConditionalSelect(upper, Vector256.Shuffle(high, within), Vector256.Shuffle(low, within));
    }
}
