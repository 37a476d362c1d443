using System.Runtime.Intrinsics;

namespace Temper.Versioning.Tensors;

/// <summary>
/// Sums over pairs of elements, in float64. Within a block element i goes to lane i mod 8 and the lanes are folded 0+4, 1+5, …; blocks of 65,536
/// elements are added in their order with compensation (Neumaier 1974). So the figures are the same bits for any number of threads, width of vectors,
/// and way in which a file is cut. Pairs with an element that is not finite count as such and are left out of the sums.
/// </summary>
internal struct TensorSums
{
    /// <summary>Elements of a block.</summary>
    public const int Block = 1 << 16;

    public long Changed, Finite;
    public long OldNan, NewNan, OldInfinite, NewInfinite;
    public double Max, Absolute, Squared, OldSquared, NewSquared, Product;

    /// <summary>Sums of one block.</summary>
    public static TensorSums Of(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var lanes = default(Lanes);
        var i = 0;
        for (; i + 8 <= a.Length; i += 8)
            lanes.Add(Vector512.Create(a[i..]), Vector512.Create(b[i..]));
        if (i < a.Length)
        {
            Span<double> left = stackalloc double[8], right = stackalloc double[8];
            left.Clear();
            right.Clear();
            a[i..].CopyTo(left);
            b[i..].CopyTo(right);
            lanes.Add(Vector512.Create<double>(left), Vector512.Create<double>(right));
        }
        var sums = lanes.Folded(a.Length);
        return double.IsFinite(sums.OldSquared) && double.IsFinite(sums.NewSquared) ? sums : OfAny(a, b);
    }

    /// <summary>A block that may hold what is not finite: those pairs become zeros for the sums.</summary>
    private static TensorSums OfAny(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var (left, right) = (a.ToArray(), b.ToArray());
        var counts = default(TensorSums);
        for (var i = 0; i < a.Length; i++)
        {
            counts.OldNan += double.IsNaN(a[i]) ? 1 : 0;
            counts.NewNan += double.IsNaN(b[i]) ? 1 : 0;
            counts.OldInfinite += double.IsInfinity(a[i]) ? 1 : 0;
            counts.NewInfinite += double.IsInfinity(b[i]) ? 1 : 0;
            if (double.IsFinite(a[i]) && double.IsFinite(b[i]))
                counts.Finite++;
            else
                left[i] = right[i] = 0;
        }
        // Nothing but overflow of squares: the sums say so.
        if (counts.Finite == a.Length)
            return SumsOf(left, right) with { Finite = a.Length };
        return Of(left, right) with
        {
            Finite = counts.Finite,
            OldNan = counts.OldNan,
            NewNan = counts.NewNan,
            OldInfinite = counts.OldInfinite,
            NewInfinite = counts.NewInfinite,
        };
    }

    // In the plain order: only for numbers whose squares a double does not hold.
    private static TensorSums SumsOf(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var sums = default(TensorSums);
        for (var i = 0; i < a.Length; i++)
        {
            var delta = b[i] - a[i];
            sums.Max = Math.Max(sums.Max, Math.Abs(delta));
            sums.Absolute += Math.Abs(delta);
            sums.Squared += delta * delta;
            sums.OldSquared += a[i] * a[i];
            sums.NewSquared += b[i] * b[i];
            sums.Product += a[i] * b[i];
        }
        return sums;
    }

    /// <summary>The sums in eight lanes.</summary>
    private struct Lanes
    {
        private Vector512<double> _max, _absolute, _squared, _oldSquared, _newSquared, _product;

        public void Add(Vector512<double> x, Vector512<double> y)
        {
            var delta = y - x;
            var size = Vector512.Abs(delta);
            _max = Vector512.Max(_max, size);
            _absolute += size;
            _squared += delta * delta;
            _oldSquared += x * x;
            _newSquared += y * y;
            _product += x * y;
        }

        public readonly TensorSums Folded(long count) => new()
        {
            Finite = count,
            Max = MaxOf(_max),
            Absolute = Fold(_absolute),
            Squared = Fold(_squared),
            OldSquared = Fold(_oldSquared),
            NewSquared = Fold(_newSquared),
            Product = Fold(_product),
        };

        private static double Fold(Vector512<double> lanes)
        {
            var four = lanes.GetLower() + lanes.GetUpper();
            var two = four.GetLower() + four.GetUpper();
            return two[0] + two[1];
        }

        private static double MaxOf(Vector512<double> lanes)
        {
            var max = lanes[0];
            for (var i = 1; i < 8; i++)
                max = Math.Max(max, lanes[i]);
            return max;
        }
    }
}

/// <summary>A sum that carries what rounding would lose.</summary>
internal struct CompensatedSum
{
    private double _sum, _lost;

    public readonly double Value => _sum + _lost;

    public void Add(double value)
    {
        var sum = _sum + value;
        if (double.IsFinite(sum))
            _lost += Math.Abs(_sum) >= Math.Abs(value) ? _sum - sum + value : value - sum + _sum;
        _sum = sum;
    }
}
