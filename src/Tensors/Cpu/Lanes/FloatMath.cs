using System.Runtime.CompilerServices;

namespace Temper.Tensors;

/// <summary>Elementary functions in f32, from the polynomials of Moshier's Cephes library (single precision). One sequence of operations for
/// every vector width. Largest errors found by the tests over their whole range: exp 2 ulp, log 2 ulp (normal arguments), tanh 4 ulp,
/// erf 4 ulp.</summary>
internal static class FloatMath<V> where V : struct, ILanes<V, float>, IFloatBits<V>
{
    /// <summary>eˣ; 0 below -104, infinity above 88.73, not a number for not a number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Exp(V x)
    {
        x = V.Min(V.Broadcast(89f), V.Max(V.Broadcast(-104f), x));
        var n = V.Round(x * V.Broadcast(1.44269504088896341f));
        var r = V.Fma(n, V.Broadcast(-0.693359375f), x);
        r = V.Fma(n, V.Broadcast(2.12194440e-4f), r);
        var p = V.Fma(V.Broadcast(1.9875691500e-4f), r, V.Broadcast(1.3981999507e-3f));
        p = V.Fma(p, r, V.Broadcast(8.3334519073e-3f));
        p = V.Fma(p, r, V.Broadcast(4.1665795894e-2f));
        p = V.Fma(p, r, V.Broadcast(1.6666665459e-1f));
        p = V.Fma(p, r, V.Broadcast(5.0000001201e-1f));
        var y = V.Fma(p, r * r, r) + V.Broadcast(1f);
        var half = V.Round(n * V.Broadcast(0.5f));
        return y * V.Pow2(half) * V.Pow2(n - half);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Log(V x)
    {
        var e = V.Exponent(x);
        var m = V.Mantissa(x);
        var high = V.Broadcast(1.41421356237309504880f);
        e = V.IfLess(m, high, e, e + V.Broadcast(1f));
        var f = V.IfLess(m, high, m, m * V.Broadcast(0.5f)) - V.Broadcast(1f);
        var p = V.Fma(V.Broadcast(7.0376836292e-2f), f, V.Broadcast(-1.1514610310e-1f));
        p = V.Fma(p, f, V.Broadcast(1.1676998740e-1f));
        p = V.Fma(p, f, V.Broadcast(-1.2420140846e-1f));
        p = V.Fma(p, f, V.Broadcast(1.4249322787e-1f));
        p = V.Fma(p, f, V.Broadcast(-1.6668057665e-1f));
        p = V.Fma(p, f, V.Broadcast(2.0000714765e-1f));
        p = V.Fma(p, f, V.Broadcast(-2.4999993993e-1f));
        p = V.Fma(p, f, V.Broadcast(3.3333331174e-1f));
        var z = f * f;
        var y = V.Fma(e, V.Broadcast(-2.12194440e-4f), p * f * z);
        y = V.Fma(z, V.Broadcast(-0.5f), y);
        return V.Fma(e, V.Broadcast(0.693359375f), f + y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Tanh(V x)
    {
        var size = V.Abs(x);
        var one = V.Broadcast(1f);
        var z = x * x;
        var p = V.Fma(V.Broadcast(-5.70498872745e-3f), z, V.Broadcast(2.06390887954e-2f));
        p = V.Fma(p, z, V.Broadcast(-5.37397155531e-2f));
        p = V.Fma(p, z, V.Broadcast(1.33314422036e-1f));
        p = V.Fma(p, z, V.Broadcast(-3.33332819422e-1f));
        var near = V.Fma(p * z, x, x);
        var far = one - V.Broadcast(2f) / (Exp(size + size) + one);
        far = V.IfLess(x, V.Zero, V.Zero - far, far);
        return V.IfLess(size, V.Broadcast(0.625f), near, far);
    }

    // A function of its own: within a loop the compiler would run out of its budget and call every part instead.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static V Erf(V x)
    {
        var size = V.Abs(x);
        var one = V.Broadcast(1f);
        var z = x * x;
        var p = V.Fma(V.Broadcast(7.853861353153693e-5f), z, V.Broadcast(-8.010193625184903e-4f));
        p = V.Fma(p, z, V.Broadcast(5.188327685732524e-3f));
        p = V.Fma(p, z, V.Broadcast(-2.685381193529856e-2f));
        p = V.Fma(p, z, V.Broadcast(1.128358514861418e-1f));
        p = V.Fma(p, z, V.Broadcast(-3.761262582423300e-1f));
        p = V.Fma(p, z, V.Broadcast(1.128379165726710f));
        var q = one / V.Max(one, size);
        var far = one - Exp(V.Zero - z) * q * V.IfLess(size, V.Broadcast(2f), MiddleTail(q * q), FarTail(q * q));
        far = V.IfLess(x, V.Zero, V.Zero - far, far);
        return V.IfLess(size, one, p * x, far);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V MiddleTail(V y)
    {
        var p = V.Fma(V.Broadcast(2.326819970068386e-2f), y, V.Broadcast(-1.387039388740657e-1f));
        p = V.Fma(p, y, V.Broadcast(3.687424674597105e-1f));
        p = V.Fma(p, y, V.Broadcast(-5.824733027278666e-1f));
        p = V.Fma(p, y, V.Broadcast(6.210004621745983e-1f));
        p = V.Fma(p, y, V.Broadcast(-4.944515323274145e-1f));
        p = V.Fma(p, y, V.Broadcast(3.404879937665872e-1f));
        p = V.Fma(p, y, V.Broadcast(-2.741127028184656e-1f));
        return V.Fma(p, y, V.Broadcast(5.638259427386472e-1f));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V FarTail(V y)
    {
        var p = V.Fma(V.Broadcast(-1.047766399936249e+1f), y, V.Broadcast(1.297719955372516e+1f));
        p = V.Fma(p, y, V.Broadcast(-7.495518717768503f));
        p = V.Fma(p, y, V.Broadcast(2.921019019210786f));
        p = V.Fma(p, y, V.Broadcast(-1.015265279202700f));
        p = V.Fma(p, y, V.Broadcast(4.218463358204948e-1f));
        p = V.Fma(p, y, V.Broadcast(-2.820767439740514e-1f));
        return V.Fma(p, y, V.Broadcast(5.641895067754075e-1f));
    }
}
