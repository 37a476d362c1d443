using Temper.Tensors;
using TorchSharp;
using ScalarType = TorchSharp.torch.ScalarType;
using T = TorchSharp.torch.Tensor;

namespace Temper.Plugins.TorchSharp;

public sealed partial class TorchEngine
{
    /// <inheritdoc/>
    public Tensor Reshape(Tensor x, params ReadOnlySpan<long> shape)
    {
        var sizes = shape.ToArray();
        if (sizes.Aggregate(1L, (product, size) => product * size) != x.Count)
            throw new ShapeMismatchException("reshape", x.Shape, shape);
        return In(() => Of(x).reshape(sizes));
    }

    /// <inheritdoc/>
    public Tensor Transpose(Tensor x, int a, int b)
    {
        var (first, second) = (Expect.Dim("transpose", x, a), Expect.Dim("transpose", x, b));
        return In(() => Of(x).transpose(first, second).contiguous());
    }

    /// <inheritdoc/>
    public Tensor Narrow(Tensor x, int dim, long start, long length)
    {
        var at = Expect.Dim("narrow", x, dim);
        if (start < 0 || length < 0 || start + length > x.Size(at))
            throw new ShapeMismatchException("narrow", "x", x.Shape, $"at least {start + length} in dimension {at}");
        return In(() => Of(x).narrow(at, start, length).contiguous());
    }

    /// <inheritdoc/>
    public Tensor Cat(ReadOnlySpan<Tensor> parts, int dim)
    {
        if (parts.IsEmpty)
            throw new ShapeMismatchException("cat", "parts", [0], "at least 1 tensor");
        var at = Expect.Dim("cat", parts[0], dim);
        var values = new T[parts.Length];
        for (var i = 0; i < values.Length; i++)
        {
            SameBut(parts[0], parts[i], at);
            values[i] = Of(parts[i]);
        }
        return In(() => torch.cat(values, at));
    }

    /// <inheritdoc/>
    public Tensor Gather(Tensor x, Tensor rows)
    {
        Expect.Ids("gather", "rows", rows);
        Inside("gather", "row", Ints(rows), x.Rank == 0 ? 0 : x.Size(0));
        return In(() => Of(x).index_select(0, Of(rows)));
    }

    /// <inheritdoc/>
    public Tensor Cast(Tensor x, DType type)
    {
        if (type == DType.I32 && x.DType != DType.I32)
            throw new DTypeMismatchException("cast", "target", type, "a floating type");
        // The binding hands back the same handle where nothing changes; two owners of one handle would free it twice.
        if (NarrowOf(x) is { } narrow)
            return type == DType.F32 ? In(narrow.Widen) : throw new DTypeMismatchException("cast", "target", type, nameof(DType.F32));
        return In(() => x.DType == type ? Of(x).alias() : Of(x).to_type(TorchTensor.To(type)));
    }

    /// <inheritdoc/>
    public Tensor Sum(Tensor x, int dim, bool keep = false)
    {
        Expect.Real("sum", x);
        var at = Expect.Dim("sum", x, dim);
        return In(() => Of(x).sum(at, keep));
    }

    /// <inheritdoc/>
    public Tensor SegmentSum(Tensor x, ReadOnlySpan<int> lengths)
    {
        Expect.Real("segment_sum", x);
        Expect.Lengths("segment_sum", x, lengths);
        var counts = lengths.ToArray();
        return In(() => Groups(Of(x), counts, rows => rows.sum(0, keepdim: true)));
    }

    /// <inheritdoc/>
    public Tensor SegmentMean(Tensor x, ReadOnlySpan<int> lengths)
    {
        Expect.Real("segment_mean", x);
        Expect.Lengths("segment_mean", x, lengths);
        var counts = lengths.ToArray();
        return In(() => Groups(Of(x), counts, rows => rows.mean([0], keepdim: true)));
    }

    /// <summary>One row per group, joined in order: slower than a scatter and always the same sum.</summary>
    private T Groups(T x, int[] lengths, Func<T, T> reduce)
    {
        if (lengths.Length == 0)
            return x.alias();
        var rows = new T[lengths.Length];
        var start = 0L;
        for (var i = 0; i < rows.Length; i++)
        {
            var group = x.narrow(0, start, lengths[i]);
            rows[i] = lengths[i] == 0 ? group.sum(0, keepdim: true) : reduce(group);
            start += lengths[i];
        }
        return torch.cat(rows, 0);
    }

    private static void SameBut(Tensor first, Tensor other, int dim)
    {
        var fits = other.Rank == first.Rank && other.DType == first.DType;
        for (var i = 0; fits && i < first.Rank; i++)
            fits = i == dim || first.Shape[i] == other.Shape[i];
        if (!fits)
            throw new ShapeMismatchException("cat", first.Shape, other.Shape);
    }
}
