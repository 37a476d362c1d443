using Temper.Tensors;

namespace Example.Toolbox;

/// <summary>The sign of a moment (Bernstein et al. 2018, arXiv:1802.04434): the moment is kept in checkpoints by the base class.</summary>
internal sealed class Signum(IEngine engine, IReadOnlyList<ParameterGroup> groups, double momentum) : HostOptimizer(engine, "signum", groups)
{
    /// <inheritdoc/>
    protected override IEnumerable<int> MomentsOf(long[] shape) => [checked((int)shape.Aggregate(1L, (count, size) => count * size))];

    /// <inheritdoc/>
    protected override void Update(HostParameter parameter, Span<float> values, ReadOnlySpan<float> slopes, double rate)
    {
        var moment = parameter.Moments[0];
        for (var i = 0; i < values.Length; i++)
        {
            moment[i] = (float)(momentum * moment[i] + (1 - momentum) * slopes[i]);
            values[i] = (float)(values[i] * (1 - rate * parameter.Group.WeightDecay) - rate * Math.Sign(moment[i]));
        }
    }
}
