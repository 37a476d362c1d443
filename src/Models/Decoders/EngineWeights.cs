using System.Runtime.InteropServices;
using Temper.Core.Safetensors;
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

    /// <summary>A new frozen tensor [outputs, inputs] in a form.</summary>
    public static Tensor Freeze(IEngine engine, FrozenForm form, long[] shape, FillFloats fill) => engine.Freeze(form, shape[0], shape[1], (firstRow, rows) =>
    {
        for (var at = 0; at < rows.Length; at += Piece) fill(firstRow * shape[1] + at, rows.Slice(at, Math.Min(Piece, rows.Length - at)));
    });

    /// <summary>A frozen tensor with exactly the numbers given, or null when the form cannot hold them.</summary>
    public static Tensor? FreezeExactly(IEngine engine, FrozenForm form, long[] shape, FillFloats fill)
    {
        var frozen = Freeze(engine, form, shape, fill);
        if (form == FrozenForm.BF16) return frozen;
        using var scope = engine.BeginScope();
        var (kept, given) = (engine.ToFloats(engine.Cast(frozen, engine.Info.Compute)), new float[Piece]);
        for (var first = 0; first < kept.Length; first += Piece)
        {
            var piece = given.AsSpan(0, Math.Min(Piece, kept.Length - first));
            fill(first, piece);
            if (piece.SequenceEqual(kept.AsSpan(first, piece.Length))) continue;
            frozen.Dispose();
            return null;
        }

        return frozen;
    }

    /// <summary>A weight as a Real tensor: itself, or widened into the current scope.</summary>
    public static Tensor Wide(IEngine engine, Tensor weight) => weight.DType == DType.Frozen ? engine.Cast(weight, engine.Info.Compute) : weight;

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

    /// <summary>Numbers of a weight in the engine's layout, whatever form it is kept in; to be read once from the start on.</summary>
    public static FillFloats Numbers(IEngine engine, Tensor weight) => InFiles(engine, new NamedTensor("", weight));

    /// <summary>A weight to be written to a file, in the layout of files.</summary>
    public static TensorSource Source(IEngine engine, NamedTensor weight, StoredType type) => TensorSource.Numbers(weight.Name, type, weight.FileShape, InFiles(engine, weight));

    /// <summary>Numbers of a weight in the layout of files.</summary>
    public static FillFloats InFiles(IEngine engine, NamedTensor weight)
    {
        if (!weight.Transposed && weight.Tensor.DType != DType.Frozen) return (first, target) => Read(engine, weight.Tensor, first, target);
        float[]? all = null;
        return (first, target) =>
        {
            if (all is null)
            {
                using var scope = engine.BeginScope();
                all = engine.ToFloats(Wide(engine, weight.Tensor));
                if (weight.Transposed) all = Turned(all, (int)weight.Tensor.Size(0), (int)weight.Tensor.Size(1));
            }

            all.AsSpan((int)first, target.Length).CopyTo(target);
            if (first + target.Length == all.Length) all = null;
        };
    }

    /// <summary>Content of a slot in the engine's layout, from numbers in the layout of files.</summary>
    public static FillFloats FromFile(WeightSlot slot, FillFloats file)
    {
        if (!slot.Transposed) return file;
        float[]? all = null;
        return (first, target) =>
        {
            if (all is null)
            {
                var stored = new float[checked((int)(slot.Shape[0] * slot.Shape[1]))];
                for (var at = 0; at < stored.Length; at += Piece) file(at, stored.AsSpan(at, Math.Min(Piece, stored.Length - at)));
                all = Turned(stored, (int)slot.Shape[0], (int)slot.Shape[1]);
            }

            all.AsSpan((int)first, target.Length).CopyTo(target);
            if (first + target.Length == all.Length) all = null;
        };
    }

    private static float[] Turned(float[] values, int rows, int columns)
    {
        var turned = new float[values.Length];
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < columns; j++) turned[j * rows + i] = values[i * columns + j];
        return turned;
    }

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
