namespace Temper.Tensors;

/// <summary>Shapes that do not fit the operation: <c>matmul: left [2, 3] does not fit right [4, 5]</c>.</summary>
public sealed class ShapeMismatchException : ArgumentException
{
    /// <summary>Names the operation and both shapes.</summary>
    public ShapeMismatchException(string operation, ReadOnlySpan<long> left, ReadOnlySpan<long> right)
        : base($"{operation}: left {Show(left)} does not fit right {Show(right)}") => Operation = operation;

    /// <summary>Names the operation, the operand, its shape and what was expected.</summary>
    public ShapeMismatchException(string operation, string operand, ReadOnlySpan<long> shape, string expected)
        : base($"{operation}: {operand} {Show(shape)}, expected {expected}") => Operation = operation;

    /// <summary>The operation that refused.</summary>
    public string Operation { get; }

    /// <summary>A shape as text, for example <c>[2, 3]</c>.</summary>
    public static string Show(ReadOnlySpan<long> shape) => $"[{string.Join(", ", shape.ToArray())}]";
}

/// <summary>An element type the operation does not take: <c>embedding: ids are F32, expected I32</c>.</summary>
public sealed class DTypeMismatchException(string operation, string operand, DType found, string expected)
    : ArgumentException($"{operation}: {operand} is {found}, expected {expected}")
{
    /// <summary>The operation that refused.</summary>
    public string Operation { get; } = operation;
}

/// <summary>An index outside its table: <c>embedding: id 9 at 3 is outside [0, 8)</c>.</summary>
public sealed class IndexOutsideException(string operation, string what, long index, long at, long limit)
    : ArgumentException($"{operation}: {what} {index} at {at} is outside [0, {limit})")
{
    /// <summary>The operation that refused.</summary>
    public string Operation { get; } = operation;
}

/// <summary>A call that the autograd state does not allow, such as backward on a tensor without a graph.</summary>
public sealed class AutogradException(string operation, string problem) : InvalidOperationException($"{operation}: {problem}")
{
    /// <summary>The operation that refused.</summary>
    public string Operation { get; } = operation;
}
