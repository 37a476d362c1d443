namespace Temper.Tensors;

/// <summary>Adafactor (Shazeer &amp; Stern 2018, arXiv:1804.04235) with a learning rate of its own, as Hugging Face's trainer uses it: no first moment, and of a
/// matrix's second moment only the means of its rows and columns. Updates whose root-mean-square is above 1 are scaled down to it.</summary>
/// <param name="engine">That the parameters belong to.</param>
/// <param name="groups">What is updated; decay is decoupled.</param>
public sealed class Adafactor(IEngine engine, IReadOnlyList<ParameterGroup> groups) : HostOptimizer(engine, "adafac", groups)
{
    private const double Tiny = 1e-30;

    /// <inheritdoc/>
    protected override IEnumerable<int> MomentsOf(long[] shape)
    {
        var columns = shape.Length < 2 ? 1 : shape[^1];
        var rows = shape.Aggregate(1L, (count, size) => count * size) / columns;
        return shape.Length < 2 ? [checked((int)rows)] : [checked((int)rows), checked((int)columns)];
    }

    /// <inheritdoc/>
    protected override void Update(HostParameter parameter, Span<float> values, ReadOnlySpan<float> slopes, double rate)
    {
        // 1 - t^-0.8
        var keep = 1 - 1 / FifthRoot((double)Steps * Steps * Steps * Steps);
        var updates = parameter.Moments.Count == 2 ? Factored(parameter, slopes, keep) : Whole(parameter.Moments[0], slopes, keep);
        var square = 0.0;
        foreach (var update in updates) square += update * update;
        var scale = rate / Math.Max(1, Math.Sqrt(square / updates.Length));
        var shrink = 1 - rate * parameter.Group.WeightDecay;
        for (var i = 0; i < values.Length; i++) values[i] = (float)(values[i] * shrink - scale * updates[i]);
    }

    private static double[] Whole(float[] moment, ReadOnlySpan<float> slopes, double keep)
    {
        var updates = new double[slopes.Length];
        for (var i = 0; i < slopes.Length; i++)
        {
            moment[i] = (float)(keep * moment[i] + (1 - keep) * ((double)slopes[i] * slopes[i] + Tiny));
            updates[i] = slopes[i] / Math.Sqrt(moment[i]);
        }

        return updates;
    }

    private static double[] Factored(HostParameter parameter, ReadOnlySpan<float> slopes, double keep)
    {
        var (byRow, byColumn) = (parameter.Moments[0], parameter.Moments[1]);
        var (rows, columns) = (new double[byRow.Length], new double[byColumn.Length]);
        for (var r = 0; r < rows.Length; r++)
            for (var c = 0; c < columns.Length; c++)
            {
                var square = (double)slopes[r * columns.Length + c] * slopes[r * columns.Length + c] + Tiny;
                (rows[r], columns[c]) = (rows[r] + square, columns[c] + square);
            }

        var mean = 0.0;
        for (var r = 0; r < rows.Length; r++) mean += byRow[r] = (float)(keep * byRow[r] + (1 - keep) * rows[r] / columns.Length);
        for (var c = 0; c < columns.Length; c++) byColumn[c] = (float)(keep * byColumn[c] + (1 - keep) * columns[c] / rows.Length);
        mean /= rows.Length;
        var updates = new double[slopes.Length];
        for (var r = 0; r < rows.Length; r++)
            for (var c = 0; c < columns.Length; c++)
                updates[r * columns.Length + c] = slopes[r * columns.Length + c] / (Math.Sqrt(byRow[r] / mean) * Math.Sqrt(byColumn[c]));
        return updates;
    }

    /// <summary>By Newton's steps, from above: the platform's powers may differ between machines.</summary>
    private static double FifthRoot(double x)
    {
        for (var (root, next) = (x, (4 * x + x / (x * x * x * x)) / 5); ; (root, next) = (next, (4 * next + x / (next * next * next * next)) / 5))
            if (!(next < root)) return root;
    }
}
