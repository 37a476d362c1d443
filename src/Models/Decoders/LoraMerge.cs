using Temper.Core.Errors;
using Temper.Core.Safetensors;

namespace Temper.Models;

/// <summary>Adds an adapter to its base, weight by weight: W + s·B·A, or with DoRA m / ‖W + s·B·A‖ times that, row by row. Products are summed in
/// f64 and rounded to f32, then once to the stored type: in bf16 arithmetic a merge would be off by 1 %.</summary>
internal static class LoraMerge
{
    /// <summary>What is added to one weight, as numbers: A [rank, in], B [out, rank], and DoRA's lengths [out].</summary>
    public sealed record Part(string Path, int Rank, double Scale, float[] A, float[] B, float[]? Magnitude);

    /// <summary>Sources of every weight of a base with the adapter in it. A result that is not finite is <c>merge_not_finite</c> while it is written.</summary>
    /// <param name="weights">Names, shapes and numbers of the base.</param>
    /// <param name="part">What is added to a module, or null.</param>
    /// <param name="saved">What replaces a weight, or null.</param>
    /// <param name="transposed">Whether the base stores that module [in, out].</param>
    /// <param name="type">F32, F16 or BF16.</param>
    /// <param name="sign">1 to merge, -1 to take the adapter out again (not with DoRA).</param>
    public static IReadOnlyList<TensorSource> Sources(IEnumerable<(string Name, long[] Shape, FillFloats Fill)> weights, Func<string, Part?> part,
        Func<string, FillFloats?> saved, Func<string, bool> transposed, StoredType type, int sign = 1) => [.. weights.Select(weight =>
    {
        if (saved(weight.Name) is { } whole) return TensorSource.Numbers(weight.Name, type, weight.Shape, whole);
        var path = weight.Name.EndsWith(".weight", StringComparison.Ordinal) ? weight.Name[..^".weight".Length] : null;
        if (path is null || part(path) is not { } module) return TensorSource.Numbers(weight.Name, type, weight.Shape, weight.Fill);
        return Source(weight.Name, weight.Shape, weight.Fill, () => module, transposed(path), type, sign);
    })];

    /// <summary>W [out, in] with a module added.</summary>
    public static void Into(Span<float> w, Part module, bool transposed, int sign)
    {
        var (rank, rows, columns) = (module.Rank, module.B.Length / module.Rank, module.A.Length / module.Rank);
        var sums = new double[columns];
        for (var o = 0; o < rows; o++)
        {
            Array.Clear(sums);
            for (var r = 0; r < rank; r++)
            {
                double factor = module.B[o * rank + r];
                for (var i = 0; i < columns; i++) sums[i] += factor * module.A[r * columns + i];
            }

            var length = 0.0;
            for (var i = 0; i < columns; i++)
            {
                sums[i] = w[At(o, i)] + sign * module.Scale * sums[i];
                length += sums[i] * sums[i];
            }

            var gain = module.Magnitude is { } magnitude ? magnitude[o] / Math.Sqrt(length) : 1;
            for (var i = 0; i < columns; i++) w[At(o, i)] = (float)(gain * sums[i]);
        }

        int At(int o, int i) => transposed ? i * rows + o : o * columns + i;
    }

    private static TensorSource Source(string name, long[] shape, FillFloats fill, Func<Part> module, bool transposed, StoredType type, int sign)
    {
        float[]? merged = null;
        return TensorSource.Numbers(name, type, shape, (first, target) =>
        {
            merged ??= Merge(shape, fill, module(), transposed, sign);
            merged.AsSpan((int)first, target.Length).CopyTo(target);
            if (first + target.Length == merged.Length) merged = null;
        });
    }

    private static float[] Merge(long[] shape, FillFloats fill, Part module, bool transposed, int sign)
    {
        if (sign < 0 && module.Magnitude is not null)
            throw new TemperException("adapter_unsupported", "Taking an adapter out: with DoRA the base's lengths are lost in the merge.");
        var w = new float[shape.Aggregate(1L, (product, size) => checked(product * size))];
        fill(0, w);
        Into(w, module, transposed, sign);
        return Array.TrueForAll(w, float.IsFinite) ? w : throw new TemperException("merge_not_finite", $"Merging '{module.Path}': the result holds NaN or infinity.");
    }
}
