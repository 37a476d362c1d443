namespace Temper.Tensors;

/// <summary>Lion (Chen et al. 2023, arXiv:2302.06675): steps of one size, in the direction of sign(β1·m + (1 - β1)·g); one moment.</summary>
/// <param name="engine">That the parameters belong to.</param>
/// <param name="groups">What is updated; decay is decoupled.</param>
/// <param name="beta1">Of the direction, in [0, 1). Usual 0.9.</param>
/// <param name="beta2">Of the moment, in [0, 1). Usual 0.99.</param>
public sealed class Lion(IEngine engine, IReadOnlyList<ParameterGroup> groups, double beta1, double beta2) : HostOptimizer(engine, "lion", groups)
{
    /// <inheritdoc/>
    protected override IEnumerable<int> MomentsOf(long[] shape) => [checked((int)shape.Aggregate(1L, (count, size) => count * size))];

    /// <inheritdoc/>
    protected override void Update(HostParameter parameter, Span<float> values, ReadOnlySpan<float> slopes, double rate)
    {
        var (moment, keep) = (parameter.Moments[0], 1 - rate * parameter.Group.WeightDecay);
        for (var i = 0; i < values.Length; i++)
        {
            var direction = Math.Sign(beta1 * moment[i] + (1 - beta1) * slopes[i]);
            moment[i] = (float)(beta2 * moment[i] + (1 - beta2) * slopes[i]);
            values[i] = (float)(values[i] * keep - rate * direction);
        }
    }
}
