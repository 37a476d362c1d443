using System.Runtime.InteropServices;

namespace Temper.Tensors;

/// <summary>Numbers in and out of an engine, converted to and from its compute type. Without a shape, the tensor has one dimension.</summary>
public static class EngineBytes
{
    /// <summary>A Real tensor with these values.</summary>
    public static Tensor FromFloats(this IEngine engine, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape)
    {
        var tensor = New(engine, engine.Info.Compute, values.Length, shape);
        engine.SetFloats(tensor, values);
        return tensor;
    }

    /// <summary>A Real tensor with these values, rounded when the engine computes in f32.</summary>
    public static Tensor FromDoubles(this IEngine engine, ReadOnlySpan<double> values, params ReadOnlySpan<long> shape)
    {
        var tensor = New(engine, engine.Info.Compute, values.Length, shape);
        if (tensor.DType == DType.F64)
        {
            engine.Upload(tensor, 0, MemoryMarshal.AsBytes(values));
            return tensor;
        }

        var narrow = new float[values.Length];
        for (var i = 0; i < narrow.Length; i++) narrow[i] = (float)values[i];
        engine.Upload(tensor, 0, MemoryMarshal.AsBytes<float>(narrow));
        return tensor;
    }

    /// <summary>An I32 tensor with these values.</summary>
    public static Tensor FromInts(this IEngine engine, ReadOnlySpan<int> values, params ReadOnlySpan<long> shape)
    {
        var tensor = New(engine, DType.I32, values.Length, shape);
        engine.Upload(tensor, 0, MemoryMarshal.AsBytes(values));
        return tensor;
    }

    /// <summary>A Real tensor of zeros.</summary>
    public static Tensor Zeros(this IEngine engine, params ReadOnlySpan<long> shape)
    {
        var tensor = engine.Empty(engine.Info.Compute, shape);
        var zeros = new byte[Math.Min(tensor.ByteCount, 1 << 20)];
        for (var at = 0L; at < tensor.ByteCount; at += zeros.Length)
            engine.Upload(tensor, at, zeros.AsSpan(0, (int)Math.Min(zeros.Length, tensor.ByteCount - at)));
        return tensor;
    }

    /// <summary>Overwrites a Real tensor with these values.</summary>
    public static void SetFloats(this IEngine engine, Tensor target, ReadOnlySpan<float> values)
    {
        if (target.Count != values.Length) throw new ShapeMismatchException("set", "tensor", target.Shape, $"{values.Length} elements");
        if (target.DType == DType.F32)
        {
            engine.Upload(target, 0, MemoryMarshal.AsBytes(values));
            return;
        }

        var wide = new double[values.Length];
        for (var i = 0; i < wide.Length; i++) wide[i] = values[i];
        engine.Upload(target, 0, MemoryMarshal.AsBytes<double>(wide));
    }

    /// <summary>All elements of a Real tensor.</summary>
    public static float[] ToFloats(this IEngine engine, Tensor source)
    {
        if (source.DType == DType.F64) return Array.ConvertAll(engine.ToDoubles(source), x => (float)x);
        var values = new float[source.Count];
        engine.Download(source, 0, MemoryMarshal.AsBytes(Expect(source, DType.F32, values)));
        return values;
    }

    /// <summary>All elements of a Real tensor.</summary>
    public static double[] ToDoubles(this IEngine engine, Tensor source)
    {
        if (source.DType == DType.F32) return Array.ConvertAll(engine.ToFloats(source), x => (double)x);
        var values = new double[source.Count];
        engine.Download(source, 0, MemoryMarshal.AsBytes(Expect(source, DType.F64, values)));
        return values;
    }

    /// <summary>All elements of an I32 tensor.</summary>
    public static int[] ToInts(this IEngine engine, Tensor source)
    {
        var values = new int[source.Count];
        engine.Download(source, 0, MemoryMarshal.AsBytes(Expect(source, DType.I32, values)));
        return values;
    }

    private static Span<T> Expect<T>(Tensor source, DType type, T[] values) =>
        source.DType == type ? values : throw new DTypeMismatchException("download", "tensor", source.DType, type.ToString());

    private static Tensor New(IEngine engine, DType type, int count, ReadOnlySpan<long> shape)
    {
        var tensor = shape.IsEmpty ? engine.Empty(type, count) : engine.Empty(type, shape);
        if (tensor.Count == count) return tensor;
        tensor.Dispose();
        throw new ShapeMismatchException("upload", "shape", shape, $"{count} elements");
    }
}
