using System.Runtime.CompilerServices;

namespace Temper.Tensors;

/// <summary>Register tiles: c (rows × 32) = or += a (k steps of that many rows) · b (k steps of 32 columns). The accumulators stay in registers
/// over all k.</summary>
internal static unsafe class Tiles<T, V> where T : unmanaged where V : struct, ILanes<V, T>
{
    /// <summary>Twelve rows: 24 accumulators, for 32 registers of 512 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Twelve(T* a, T* b, int k, T* c, long ldc, bool accumulate)
    {
        V l0 = V.Zero, l1 = V.Zero, l2 = V.Zero, l3 = V.Zero, l4 = V.Zero, l5 = V.Zero, l6 = V.Zero, l7 = V.Zero, l8 = V.Zero, l9 = V.Zero, la = V.Zero, lb = V.Zero;
        V h0 = V.Zero, h1 = V.Zero, h2 = V.Zero, h3 = V.Zero, h4 = V.Zero, h5 = V.Zero, h6 = V.Zero, h7 = V.Zero, h8 = V.Zero, h9 = V.Zero, ha = V.Zero, hb = V.Zero;
        if (accumulate)
        {
            (l0, h0) = (V.Load(c), V.Load(c + 16));
            (l1, h1) = (V.Load(c + ldc), V.Load(c + ldc + 16));
            (l2, h2) = (V.Load(c + 2 * ldc), V.Load(c + 2 * ldc + 16));
            (l3, h3) = (V.Load(c + 3 * ldc), V.Load(c + 3 * ldc + 16));
            (l4, h4) = (V.Load(c + 4 * ldc), V.Load(c + 4 * ldc + 16));
            (l5, h5) = (V.Load(c + 5 * ldc), V.Load(c + 5 * ldc + 16));
            (l6, h6) = (V.Load(c + 6 * ldc), V.Load(c + 6 * ldc + 16));
            (l7, h7) = (V.Load(c + 7 * ldc), V.Load(c + 7 * ldc + 16));
            (l8, h8) = (V.Load(c + 8 * ldc), V.Load(c + 8 * ldc + 16));
            (l9, h9) = (V.Load(c + 9 * ldc), V.Load(c + 9 * ldc + 16));
            (la, ha) = (V.Load(c + 10 * ldc), V.Load(c + 10 * ldc + 16));
            (lb, hb) = (V.Load(c + 11 * ldc), V.Load(c + 11 * ldc + 16));
        }
        for (; k > 0; k--, a += 12, b += 32)
        {
            var (left, right) = (V.Load(b), V.Load(b + 16));
            (l0, h0) = (V.Fma(V.Broadcast(*a), left, l0), V.Fma(V.Broadcast(*a), right, h0));
            (l1, h1) = (V.Fma(V.Broadcast(a[1]), left, l1), V.Fma(V.Broadcast(a[1]), right, h1));
            (l2, h2) = (V.Fma(V.Broadcast(a[2]), left, l2), V.Fma(V.Broadcast(a[2]), right, h2));
            (l3, h3) = (V.Fma(V.Broadcast(a[3]), left, l3), V.Fma(V.Broadcast(a[3]), right, h3));
            (l4, h4) = (V.Fma(V.Broadcast(a[4]), left, l4), V.Fma(V.Broadcast(a[4]), right, h4));
            (l5, h5) = (V.Fma(V.Broadcast(a[5]), left, l5), V.Fma(V.Broadcast(a[5]), right, h5));
            (l6, h6) = (V.Fma(V.Broadcast(a[6]), left, l6), V.Fma(V.Broadcast(a[6]), right, h6));
            (l7, h7) = (V.Fma(V.Broadcast(a[7]), left, l7), V.Fma(V.Broadcast(a[7]), right, h7));
            (l8, h8) = (V.Fma(V.Broadcast(a[8]), left, l8), V.Fma(V.Broadcast(a[8]), right, h8));
            (l9, h9) = (V.Fma(V.Broadcast(a[9]), left, l9), V.Fma(V.Broadcast(a[9]), right, h9));
            (la, ha) = (V.Fma(V.Broadcast(a[10]), left, la), V.Fma(V.Broadcast(a[10]), right, ha));
            (lb, hb) = (V.Fma(V.Broadcast(a[11]), left, lb), V.Fma(V.Broadcast(a[11]), right, hb));
        }
        Put(l0, h0, c);
        Put(l1, h1, c + ldc);
        Put(l2, h2, c + 2 * ldc);
        Put(l3, h3, c + 3 * ldc);
        Put(l4, h4, c + 4 * ldc);
        Put(l5, h5, c + 5 * ldc);
        Put(l6, h6, c + 6 * ldc);
        Put(l7, h7, c + 7 * ldc);
        Put(l8, h8, c + 8 * ldc);
        Put(l9, h9, c + 9 * ldc);
        Put(la, ha, c + 10 * ldc);
        Put(lb, hb, c + 11 * ldc);
    }

    /// <summary>Twelve rows of the left sixteen columns, for narrow results such as one attention head.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TwelveHalf(T* a, T* b, int k, T* c, long ldc, bool accumulate)
    {
        V l0 = V.Zero, l1 = V.Zero, l2 = V.Zero, l3 = V.Zero, l4 = V.Zero, l5 = V.Zero, l6 = V.Zero, l7 = V.Zero, l8 = V.Zero, l9 = V.Zero, la = V.Zero, lb = V.Zero;
        if (accumulate)
        {
            l0 = V.Load(c);
            l1 = V.Load(c + ldc);
            l2 = V.Load(c + 2 * ldc);
            l3 = V.Load(c + 3 * ldc);
            l4 = V.Load(c + 4 * ldc);
            l5 = V.Load(c + 5 * ldc);
            l6 = V.Load(c + 6 * ldc);
            l7 = V.Load(c + 7 * ldc);
            l8 = V.Load(c + 8 * ldc);
            l9 = V.Load(c + 9 * ldc);
            la = V.Load(c + 10 * ldc);
            lb = V.Load(c + 11 * ldc);
        }

        for (; k > 0; k--, a += 12, b += 32)
        {
            var left = V.Load(b);
            l0 = V.Fma(V.Broadcast(*a), left, l0);
            l1 = V.Fma(V.Broadcast(a[1]), left, l1);
            l2 = V.Fma(V.Broadcast(a[2]), left, l2);
            l3 = V.Fma(V.Broadcast(a[3]), left, l3);
            l4 = V.Fma(V.Broadcast(a[4]), left, l4);
            l5 = V.Fma(V.Broadcast(a[5]), left, l5);
            l6 = V.Fma(V.Broadcast(a[6]), left, l6);
            l7 = V.Fma(V.Broadcast(a[7]), left, l7);
            l8 = V.Fma(V.Broadcast(a[8]), left, l8);
            l9 = V.Fma(V.Broadcast(a[9]), left, l9);
            la = V.Fma(V.Broadcast(a[10]), left, la);
            lb = V.Fma(V.Broadcast(a[11]), left, lb);
        }

        l0.Store(c);
        l1.Store(c + ldc);
        l2.Store(c + 2 * ldc);
        l3.Store(c + 3 * ldc);
        l4.Store(c + 4 * ldc);
        l5.Store(c + 5 * ldc);
        l6.Store(c + 6 * ldc);
        l7.Store(c + 7 * ldc);
        l8.Store(c + 8 * ldc);
        l9.Store(c + 9 * ldc);
        la.Store(c + 10 * ldc);
        lb.Store(c + 11 * ldc);
    }

    /// <summary>Four rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Four(T* a, T* b, int k, T* c, long ldc, bool accumulate)
    {
        V l0 = V.Zero, l1 = V.Zero, l2 = V.Zero, l3 = V.Zero;
        V h0 = V.Zero, h1 = V.Zero, h2 = V.Zero, h3 = V.Zero;
        if (accumulate)
        {
            (l0, h0) = (V.Load(c), V.Load(c + 16));
            (l1, h1) = (V.Load(c + ldc), V.Load(c + ldc + 16));
            (l2, h2) = (V.Load(c + 2 * ldc), V.Load(c + 2 * ldc + 16));
            (l3, h3) = (V.Load(c + 3 * ldc), V.Load(c + 3 * ldc + 16));
        }

        for (; k > 0; k--, a += 4, b += 32)
        {
            var (left, right) = (V.Load(b), V.Load(b + 16));
            (l0, h0) = (V.Fma(V.Broadcast(*a), left, l0), V.Fma(V.Broadcast(*a), right, h0));
            (l1, h1) = (V.Fma(V.Broadcast(a[1]), left, l1), V.Fma(V.Broadcast(a[1]), right, h1));
            (l2, h2) = (V.Fma(V.Broadcast(a[2]), left, l2), V.Fma(V.Broadcast(a[2]), right, h2));
            (l3, h3) = (V.Fma(V.Broadcast(a[3]), left, l3), V.Fma(V.Broadcast(a[3]), right, h3));
        }

        Put(l0, h0, c);
        Put(l1, h1, c + ldc);
        Put(l2, h2, c + 2 * ldc);
        Put(l3, h3, c + 3 * ldc);
    }

    /// <summary>One row, as in decoding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void One(T* a, T* b, int k, T* c, bool accumulate)
    {
        var l0 = V.Zero;
        var h0 = V.Zero;
        if (accumulate)
        {
            l0 = V.Load(c);
            h0 = V.Load(c + 16);
        }

        for (; k > 0; k--, a++, b += 32)
        {
            var (left, right) = (V.Load(b), V.Load(b + 16));
            (l0, h0) = (V.Fma(V.Broadcast(*a), left, l0), V.Fma(V.Broadcast(*a), right, h0));
        }

        Put(l0, h0, c);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(V left, V right, T* c)
    {
        left.Store(c);
        right.Store(c + 16);
    }
}
