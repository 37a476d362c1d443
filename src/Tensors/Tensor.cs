namespace Temper.Tensors;

/// <summary>Handle to a dense, row-major tensor owned by the engine that made it. It lives as long as the innermost
/// <see cref="IScope"/> at its creation, or until disposed when made outside every scope. Tensors of different engines
/// never meet in one call.</summary>
public abstract class Tensor : IDisposable
{
    /// <summary>Sizes, outermost first. Empty for a scalar.</summary>
    public abstract ReadOnlySpan<long> Shape { get; }

    /// <summary>Element type.</summary>
    public abstract DType DType { get; }

    /// <summary>True when a gradient flows to this tensor.</summary>
    public abstract bool RequiresGrad { get; }

    /// <summary>Number of dimensions.</summary>
    public int Rank => Shape.Length;

    /// <summary>Number of elements; 1 for a scalar, 0 when any size is 0.</summary>
    public long Count
    {
        get
        {
            var count = 1L;
            foreach (var size in Shape) count *= size;
            return count;
        }
    }

    /// <summary>Bytes of all elements.</summary>
    public long ByteCount => Count * DType.Bytes();

    /// <summary>Size of dimension <paramref name="dim"/>; negative counts from the end.</summary>
    public long Size(int dim) => Shape[dim < 0 ? dim + Rank : dim];

    /// <summary>Gives the memory back to the engine. A second call does nothing.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the engine's storage.</summary>
    protected abstract void Dispose(bool disposing);

    /// <summary>Element type and shape, for example <c>F32 [2, 3]</c>.</summary>
    public override string ToString() => $"{DType} {ShapeMismatchException.Show(Shape)}";
}

/// <summary>Owns every tensor made while it is the innermost scope; disposing it disposes them.</summary>
public interface IScope : IDisposable
{
    /// <summary>Lets <paramref name="tensor"/> outlive this scope: it moves to the enclosing scope, or to the caller when
    /// there is none.</summary>
    T Keep<T>(T tensor) where T : Tensor;
}
