using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Temper.Tensors;

/// <summary>Sixteen f32 lanes in one 512-bit register.</summary>
internal readonly unsafe struct Wide(Vector512<float> v) : ILanes<Wide, float>, IFloatBits<Wide>
{
    private readonly Vector512<float> v = v;

    public static int TileRows => 12;

    public static Wide Zero => new(Vector512<float>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide Broadcast(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* target) => v.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide operator +(Wide a, Wide b) => new(a.v + b.v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide operator -(Wide a, Wide b) => new(a.v - b.v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide operator *(Wide a, Wide b) => new(a.v * b.v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide operator /(Wide a, Wide b) => new(a.v / b.v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide Fma(Wide a, Wide b, Wide c) => new(Vector512.FusedMultiplyAdd(a.v, b.v, c.v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide Max(Wide a, Wide b) => new(Vector512.ConditionalSelect(Vector512.GreaterThan(a.v, b.v), a.v, b.v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide Min(Wide a, Wide b) => new(Vector512.ConditionalSelect(Vector512.LessThan(a.v, b.v), a.v, b.v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide Abs(Wide x) => new(Vector512.Abs(x.v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide Sqrt(Wide x) => new(Vector512.Sqrt(x.v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide IfLess(Wide x, Wide limit, Wide yes, Wide no) =>
        new(Vector512.ConditionalSelect(Vector512.LessThan(x.v, limit.v), yes.v, no.v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide Round(Wide x) => new(Vector512.Round(x.v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide Pow2(Wide n) =>
        new(((Vector512.ConvertToInt32Native(n.v) + Vector512.Create(127)) << 23).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide Exponent(Wide x) =>
        new(Vector512.ConvertToSingle((x.v.AsInt32() >>> 23) - Vector512.Create(127)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide Mantissa(Wide x) =>
        new(((x.v.AsInt32() & Vector512.Create(0x007FFFFF)) | Vector512.Create(0x3F800000)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide Exp(Wide x) => FloatMath<Wide>.Exp(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide Log(Wide x) => FloatMath<Wide>.Log(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide Tanh(Wide x) => FloatMath<Wide>.Tanh(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide Erf(Wide x) => FloatMath<Wide>.Erf(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide LoadPart(float* source, int count) =>
        new(Vector512.Create(Narrow.LoadEight(source, count), Narrow.LoadEight(source + 8, count - 8)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void StorePart(float* target, int count)
    {
        Narrow.StoreEight(v.GetLower(), target, count);
        Narrow.StoreEight(v.GetUpper(), target + 8, count - 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide LoadFloats(float* source) => Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Wide Even, Wide Odd) LoadPairs(ushort* source)
    {
        var pairs = Vector512.Load((uint*)source);
        return (new((pairs << 16).AsSingle()), new((pairs & Vector512.Create(0xFFFF0000u)).AsSingle()));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Wide LoadBytes(sbyte* source)
    {
        var bytes = Vector128.Load(source);
        return new(Vector512.ConvertToSingle(Avx512F.IsSupported ? Avx512F.ConvertToVector512Int32(bytes) : WidenBytes(bytes)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Wide Low, Wide High) LookUp(byte* source, Wide table)
    {
        var bytes = Vector128.Load(source);
        var wide = Avx512F.IsSupported ? Avx512F.ConvertToVector512Int32(bytes) : WidenBytes(bytes.AsSByte()) & Vector512.Create(255);
        return (new(Vector512.Shuffle(table.v, wide & Vector512.Create(15))), new(Vector512.Shuffle(table.v, (wide >>> 4) & Vector512.Create(15))));
    }

    public float Sum() => Narrow.Fold(v.GetLower() + v.GetUpper());

    public float Largest() => Narrow.FoldLargest(Vector256.Max(v.GetLower(), v.GetUpper()));

    private static Vector512<int> WidenBytes(Vector128<sbyte> bytes) => Vector512.WidenLower(Vector512.WidenLower(bytes.ToVector256Unsafe().ToVector512Unsafe()));
}
