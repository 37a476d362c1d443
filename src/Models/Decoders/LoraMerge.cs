using Temper.Core.Errors;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>W + s·B·A of one module. The product is summed in f64 and rounded to f32, then once to the stored type: in bf16
/// arithmetic a merge would be off by 1 %.</summary>
internal static class LoraMerge
{
    public static TensorSource Source(IEngine engine, NamedTensor weight, LoraModule module, StoredType type)
    {
        float[]? merged = null;
        return TensorSource.Numbers(weight.Name, type, weight.Tensor.Shape.ToArray(), (first, target) =>
        {
            merged ??= Merge(engine, weight, module);
            merged.AsSpan((int)first, target.Length).CopyTo(target);
            if (first + target.Length == merged.Length) merged = null;
        });
    }

    private static float[] Merge(IEngine engine, NamedTensor weight, LoraModule module)
    {
        var (w, a, b) = (engine.ToFloats(weight.Tensor), engine.ToFloats(module.A), engine.ToFloats(module.B));
        var (rows, columns, rank) = ((int)module.B.Size(0), (int)module.A.Size(1), (int)module.A.Size(0));
        var sums = new double[columns];
        for (var o = 0; o < rows; o++)
        {
            Array.Clear(sums);
            for (var r = 0; r < rank; r++)
            {
                double factor = b[o * rank + r];
                for (var i = 0; i < columns; i++) sums[i] += factor * a[r * columns + i];
            }

            for (var i = 0; i < columns; i++) w[o * columns + i] = (float)(w[o * columns + i] + module.Scale * sums[i]);
        }

        return Array.TrueForAll(w, float.IsFinite) ? w : throw new TemperException("merge_not_finite", $"Merging '{module.Path}': the result holds NaN or infinity.");
    }
}
