using Temper.Tensors;

namespace Temper.Plugins.TorchSharp;

/// <summary>The engine's handle to a weight in a narrow form.</summary>
internal sealed class TorchFrozen(TorchEngine engine, NarrowWeight weight) : Tensor
{
    private readonly long[] _shape = [weight.Outputs, weight.Inputs];

    /// <summary>Whose it is.</summary>
    public TorchEngine Engine => engine;

    /// <summary>The weight.</summary>
    public NarrowWeight Weight => weight;

    /// <inheritdoc/>
    public override ReadOnlySpan<long> Shape => _shape;

    /// <inheritdoc/>
    public override DType DType => DType.Frozen;

    /// <inheritdoc/>
    public override bool RequiresGrad => false;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        foreach (var part in weight.Parts)
            part.Dispose();
    }
}
