using System.Numerics;

namespace Temper.Tensors;

/// <summary>The activations and pointwise functions, each with its derivative.</summary>
internal static class Curves<T, V> where T : unmanaged, IFloatingPointIeee754<T> where V : struct, ILanes<V, T>
{
    private static V Number(double value) => V.Broadcast(T.CreateChecked(value));

    private static V Sigmoid(V x) => Number(1) / (Number(1) + V.Exp(V.Zero - x));

    public readonly struct Relu : ICurve<V>
    {
        public V At(V x) => V.IfLess(x, V.Zero, V.Zero, x);

        public V Slope(V x, V y) => V.IfLess(V.Zero, x, Number(1), V.Zero);
    }

    public readonly struct Silu : ICurve<V>
    {
        public V At(V x) => x * Sigmoid(x);

        public V Slope(V x, V y)
        {
            var s = Sigmoid(x);
            return V.Fma(x * s, Number(1) - s, s);
        }
    }

    public readonly struct QuickGelu : ICurve<V>
    {
        public V At(V x) => x * Sigmoid(x * Number(1.702));

        public V Slope(V x, V y)
        {
            var s = Sigmoid(x * Number(1.702));
            return V.Fma(x * Number(1.702) * s, Number(1) - s, s);
        }
    }

    public readonly struct GeluErf : ICurve<V>
    {
        public V At(V x) => x * Phi(x);

        public V Slope(V x, V y) => V.Fma(x * Number(0.3989422804014327), V.Exp(x * x * Number(-0.5)), Phi(x));

        private static V Phi(V x) => V.Fma(V.Erf(x * Number(0.7071067811865476)), Number(0.5), Number(0.5));
    }

    public readonly struct GeluTanh : ICurve<V>
    {
        public V At(V x) => x * Number(0.5) * (Number(1) + V.Tanh(Inner(x)));

        public V Slope(V x, V y)
        {
            var t = V.Tanh(Inner(x));
            var inner = V.Fma(x * x, Number(3 * 0.044715 * 0.7978845608028654), Number(0.7978845608028654));
            return V.Fma(x * Number(0.5) * inner, V.Fma(V.Zero - t, t, Number(1)), V.Fma(t, Number(0.5), Number(0.5)));
        }

        private static V Inner(V x) => x * V.Fma(x * x, Number(0.044715 * 0.7978845608028654), Number(0.7978845608028654));
    }

    public readonly struct Tanh : ICurve<V>
    {
        public V At(V x) => V.Tanh(x);

        public V Slope(V x, V y) => V.Fma(V.Zero - y, y, Number(1));
    }

    public readonly struct Exp : ICurve<V>
    {
        public V At(V x) => V.Exp(x);

        public V Slope(V x, V y) => y;
    }

    public readonly struct LogSigmoid : ICurve<V>
    {
        public V At(V x) => V.Min(x, V.Zero) - Log1p(V.Exp(V.Zero - V.Abs(x)));

        public V Slope(V x, V y) => Sigmoid(V.Zero - x);
    }

    /// <summary>log(1 - eˣ), x below 0: by log(-expm1 x) above -ln 2, otherwise by log1p(-eˣ) (Mächler 2012).</summary>
    public readonly struct Log1mExp : ICurve<V>
    {
        public V At(V x)
        {
            var e = V.Exp(x);
            return V.IfLess(x, Number(-0.6931471805599453), Log1p(V.Zero - e), V.Log(V.Zero - Expm1(x, e)));
        }

        // -eˣ / (1 - eˣ) = eˣ / expm1(x)
        public V Slope(V x, V y)
        {
            var e = V.Exp(x);
            return e / Expm1(x, e);
        }
    }

    // Kahan: with u = 1 + x rounded, log(u)·x / (u - 1) undoes the rounding of u.
    private static V Log1p(V x)
    {
        var u = Number(1) + x;
        var d = u - Number(1);
        var safe = V.IfLess(V.Zero, V.Abs(d), d, Number(1));
        return V.IfLess(V.Zero, V.Abs(d), V.Log(u) * (x / safe), x);
    }

    // Kahan: (e - 1)·x / log(e) undoes the rounding of e = eˣ.
    private static V Expm1(V x, V e)
    {
        var log = V.Log(V.Max(e, Number(1e-30)));
        var safe = V.IfLess(V.Zero, V.Abs(log), log, Number(1));
        return V.IfLess(V.Zero, V.Abs(log), (e - Number(1)) * (x / safe), x);
    }
}
