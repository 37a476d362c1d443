using System.Runtime.CompilerServices;

namespace Temper.Tensors;

/// <summary>Sixteen numbers treated alike: the unit in which every kernel and every reduction is defined. An implementation may use
/// one 512-bit register, several narrower ones or none; each lane sees the same IEEE operations in the same order, so results agree
/// bit for bit.</summary>
internal unsafe interface ILanes<V, T> where V : struct, ILanes<V, T> where T : unmanaged
{
    /// <summary>Lanes in a pack.</summary>
    const int Count = 16;

    /// <summary>Rows of the largest matrix tile whose accumulators fit the registers: 12 or 4.</summary>
    static abstract int TileRows { get; }

    static abstract V Zero { get; }

    static abstract V Broadcast(T value);

    static abstract V Load(T* source);

    void Store(T* target);

    /// <summary>The first <paramref name="count"/> (below 16) numbers; the other lanes are zero and their memory is not touched.</summary>
    static abstract V LoadPart(T* source, int count);

    /// <summary>Stores the first <paramref name="count"/> (below 16) lanes.</summary>
    void StorePart(T* target, int count);

    static abstract V operator +(V a, V b);

    static abstract V operator -(V a, V b);

    static abstract V operator *(V a, V b);

    static abstract V operator /(V a, V b);

    /// <summary>a·b + c, rounded once.</summary>
    static abstract V Fma(V a, V b, V c);

    /// <summary>a &gt; b ? a : b, so b when either is not a number.</summary>
    static abstract V Max(V a, V b);

    /// <summary>a &lt; b ? a : b, so b when either is not a number.</summary>
    static abstract V Min(V a, V b);

    static abstract V Abs(V x);

    static abstract V Sqrt(V x);

    /// <summary>x &lt; limit ? yes : no.</summary>
    static abstract V IfLess(V x, V limit, V yes, V no);

    static abstract V Exp(V x);

    /// <summary>Natural logarithm of normal positive numbers.</summary>
    static abstract V Log(V x);

    static abstract V Tanh(V x);

    static abstract V Erf(V x);

    /// <summary>Sixteen f32 numbers.</summary>
    static abstract V LoadFloats(float* source);

    /// <summary>Sixteen pairs of bf16 numbers: the first of each, and the second.</summary>
    static abstract (V Even, V Odd) LoadPairs(ushort* source);

    /// <summary>Sixteen signed bytes as numbers.</summary>
    static abstract V LoadBytes(sbyte* source);

    /// <summary>Sixteen bytes as table entries: those of their low halves, and of their high ones.</summary>
    static abstract (V Low, V High) LookUp(byte* source, V table);

    /// <summary>Sum of lanes: halves folded onto each other, 8, 4, 2, 1.</summary>
    T Sum();

    /// <summary>Largest lane.</summary>
    T Largest();
}

/// <summary>What the f32 polynomials need below the arithmetic.</summary>
internal interface IFloatBits<V> where V : struct
{
    /// <summary>Nearest integer, ties to even.</summary>
    static abstract V Round(V x);

    /// <summary>2ⁿ for integral n in [-126, 127].</summary>
    static abstract V Pow2(V n);

    /// <summary>floor(log2 x) of normal positive x.</summary>
    static abstract V Exponent(V x);

    /// <summary>x / 2^Exponent(x), in [1, 2).</summary>
    static abstract V Mantissa(V x);
}

/// <summary>Loads and stores of up to sixteen numbers, as far as <c>count</c> goes.</summary>
internal static unsafe class Part<T, V> where T : unmanaged where V : struct, ILanes<V, T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load(T* source, long count) => count >= 16 ? V.Load(source) : V.LoadPart(source, (int)count);

    /// <summary>As <see cref="Load(T*, long)"/>, with missing lanes set to <paramref name="rest"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Load(T* source, long count, T rest) => count >= 16 ? V.Load(source) : LoadFew(source, (int)count, rest);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(V value, T* target, long count)
    {
        if (count >= 16) value.Store(target);
        else value.StorePart(target, (int)count);
    }

    private static V LoadFew(T* source, int count, T rest)
    {
        var lanes = stackalloc T[16];
        for (var i = 0; i < 16; i++) lanes[i] = i < count ? source[i] : rest;
        return V.Load(lanes);
    }
}
