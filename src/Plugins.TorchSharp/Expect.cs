using Temper.Tensors;

namespace Temper.Plugins.TorchSharp;

/// <summary>Checks of shapes and types before libtorch sees them: some of its errors would end the process.</summary>
internal static class Expect
{
    public static void Rank(string operation, string operand, Tensor tensor, int rank)
    {
        if (tensor.Rank != rank)
            throw new ShapeMismatchException(operation, operand, tensor.Shape, $"{rank} dimensions");
    }

    public static void Size(string operation, string operand, Tensor tensor, int dim, long size)
    {
        if (tensor.Size(dim) != size)
            throw new ShapeMismatchException(operation, operand, tensor.Shape, $"{size} in dimension {dim}");
    }

    public static void Vector(string operation, string operand, Tensor tensor, long size)
    {
        if (tensor.Rank != 1 || tensor.Size(0) != size)
            throw new ShapeMismatchException(operation, operand, tensor.Shape, $"[{size}]");
    }

    /// <summary>A norm's weight has an element for each column of x.</summary>
    public static void Columns(string operation, Tensor x, Tensor weight)
    {
        Rank(operation, "x", x, 2);
        if (weight.Rank != 1 || weight.Size(0) != x.Size(1))
            throw new ShapeMismatchException(operation, x.Shape, weight.Shape);
    }

    /// <summary>Tokens of heads side by side.</summary>
    public static void Tokens(string operation, string operand, Tensor tensor, long width)
    {
        if (tensor.Rank != 2 || tensor.Size(1) != width)
            throw new ShapeMismatchException(operation, operand, tensor.Shape, $"[tokens, {width}]");
    }

    public static void Real(string operation, params ReadOnlySpan<Tensor> tensors)
    {
        foreach (var tensor in tensors)
            if (tensor.DType != DType.F32)
                throw new DTypeMismatchException(operation, "operand", tensor.DType, nameof(DType.F32));
    }

    /// <summary>A weight stands here: real numbers, or a narrow form of them.</summary>
    public static void Weight(string operation, Tensor tensor)
    {
        if (tensor is not TorchFrozen)
            Real(operation, tensor);
    }

    public static void Ids(string operation, string operand, Tensor tensor)
    {
        if (tensor.DType != DType.I32)
            throw new DTypeMismatchException(operation, operand, tensor.DType, nameof(DType.I32));
        Rank(operation, operand, tensor, 1);
    }

    /// <summary>b has a's shape, or a's trailing dimensions, or one element.</summary>
    public static void Broadcast(string operation, Tensor a, Tensor b)
    {
        Real(operation, a, b);
        if (b.Count != 1 && (b.Rank > a.Rank || !a.Shape[(a.Rank - b.Rank)..].SequenceEqual(b.Shape)))
            throw new ShapeMismatchException(operation, a.Shape, b.Shape);
    }

    /// <summary>A dimension as libtorch counts it, from 0.</summary>
    public static int Dim(string operation, Tensor tensor, int dim)
    {
        var at = dim < 0 ? dim + tensor.Rank : dim;
        return at >= 0 && at < tensor.Rank ? at : throw new ShapeMismatchException(operation, "tensor", tensor.Shape, $"a dimension {dim}");
    }

    /// <summary>Lengths that add up to the rows of <paramref name="tensor"/>.</summary>
    public static void Lengths(string operation, Tensor tensor, ReadOnlySpan<int> lengths)
    {
        var total = 0L;
        foreach (var length in lengths)
            total += length >= 0 ? length : throw new IndexOutsideException(operation, "length", length, 0, long.MaxValue);
        if (tensor.Rank == 0 || tensor.Size(0) != total)
            throw new ShapeMismatchException(operation, "x", tensor.Shape, $"[{total}, …] for {lengths.Length} segments");
    }
}
