using System.Runtime.InteropServices;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>Weights between engines and files, piece by piece.</summary>
internal static class EngineWeights
{
    private const int Piece = 1 << 18;

    /// <summary>A new Real tensor filled piece by piece; a parameter when it is trainable.</summary>
    public static Tensor Make(IEngine engine, ReadOnlySpan<long> shape, FillFloats fill, bool trainable)
    {
        var tensor = engine.Empty(engine.Info.Compute, shape);
        var floats = new float[(int)Math.Min(Piece, tensor.Count)];
        for (var first = 0L; first < tensor.Count; first += floats.Length)
        {
            var piece = floats.AsSpan(0, (int)Math.Min(floats.Length, tensor.Count - first));
            fill(first, piece);
            Upload(engine, tensor, first, piece);
        }

        if (!trainable) return tensor;
        var parameter = engine.Parameter(tensor);
        tensor.Dispose();
        return parameter;
    }

    /// <summary>Elements of a Real tensor from <paramref name="first"/> on.</summary>
    public static void Read(IEngine engine, Tensor tensor, long first, Span<float> target)
    {
        if (tensor.DType == DType.F32)
        {
            engine.Download(tensor, first * sizeof(float), MemoryMarshal.AsBytes(target));
            return;
        }

        var wide = new double[target.Length];
        engine.Download(tensor, first * sizeof(double), MemoryMarshal.AsBytes(wide.AsSpan()));
        for (var i = 0; i < wide.Length; i++) target[i] = (float)wide[i];
    }

    /// <summary>A weight to be written to a file.</summary>
    public static TensorSource Source(IEngine engine, NamedTensor weight, StoredType type) =>
        TensorSource.Numbers(weight.Name, type, weight.Tensor.Shape.ToArray(), (first, target) => Read(engine, weight.Tensor, first, target));

    private static void Upload(IEngine engine, Tensor tensor, long first, ReadOnlySpan<float> values)
    {
        if (tensor.DType == DType.F32)
        {
            engine.Upload(tensor, first * sizeof(float), MemoryMarshal.AsBytes(values));
            return;
        }

        var wide = new double[values.Length];
        for (var i = 0; i < wide.Length; i++) wide[i] = values[i];
        engine.Upload(tensor, first * sizeof(double), MemoryMarshal.AsBytes<double>(wide));
    }
}
