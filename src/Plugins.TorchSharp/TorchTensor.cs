using Temper.Tensors;
using TorchSharp;
using ScalarType = TorchSharp.torch.ScalarType;

namespace Temper.Plugins.TorchSharp;

/// <summary>A libtorch tensor behind the engine's handle.</summary>
internal sealed class TorchTensor(TorchEngine engine, torch.Tensor value) : Tensor
{
    private readonly long[] _shape = value.shape;

    /// <summary>Whose it is.</summary>
    public TorchEngine Engine => engine;

    /// <summary>The libtorch tensor.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed, or its scope ended.</exception>
    public torch.Tensor Value
    {
        get
        {
            ObjectDisposedException.ThrowIf(value.IsInvalid, this);
            return value;
        }
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<long> Shape => _shape;

    /// <inheritdoc/>
    public override DType DType { get; } = Of(value.dtype);

    /// <inheritdoc/>
    public override bool RequiresGrad => value.requires_grad;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            value.Dispose();
    }

    /// <summary>libtorch's name of an element type.</summary>
    public static ScalarType To(DType type) => type switch
    {
        DType.F32 => ScalarType.Float32,
        DType.F64 => ScalarType.Float64,
        DType.F16 => ScalarType.Float16,
        DType.BF16 => ScalarType.BFloat16,
        DType.I32 => ScalarType.Int32,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown element type"),
    };

    private static DType Of(ScalarType type) => type switch
    {
        ScalarType.Float32 => DType.F32,
        ScalarType.Float64 => DType.F64,
        ScalarType.Float16 => DType.F16,
        ScalarType.BFloat16 => DType.BF16,
        ScalarType.Int32 => DType.I32,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "libtorch gave a type that the engine port does not have"),
    };
}
