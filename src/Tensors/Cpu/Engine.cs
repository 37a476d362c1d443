namespace Temper.Tensors;

/// <summary>The CPU engine over element type T, computed sixteen lanes at a time by V. One file per family of operations, each with
/// forward and backward side by side: the call, the node that the tape keeps of it, and the loops that both run on the workers. A call allocates
/// nothing once handles, nodes and memory have been used before (docs/adr/0007). This file holds memory and bytes.</summary>
internal sealed unsafe partial class Engine<T, V> : IEngine
    where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    where V : struct, ILanes<V, T>
{
    private readonly BufferPool pool = new();
    private readonly WorkerPool workers;
    private readonly Scratch[] scratch;
    private readonly Handles handles = new();
    private readonly OperationClock? clock;
    private readonly MatrixUnit? unit;

    /// <summary>A <paramref name="unit"/>, which only an f32 engine may have, multiplies by weights frozen as BF16.</summary>
    public Engine(int threads, string numericsId, OperationClock? clock = null, MatrixUnit? unit = null)
    {
        (this.clock, this.unit) = (clock, unit);
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        threads = threads == 0 ? Environment.ProcessorCount : threads;
        workers = new WorkerPool(threads);
        scratch = new Scratch[threads];
        for (var i = 0; i < threads; i++) scratch[i] = new Scratch(pool);
        Info = new EngineInfo("cpu", "cpu", Real, numericsId, threads, Deterministic: true);
    }

    private static DType Real => sizeof(T) == 4 ? DType.F32 : DType.F64;

    public EngineInfo Info { get; }

    public MemoryUse Memory() => pool.Use;

    public void Synchronize()
    {
    }

    public void Dispose()
    {
        workers.Dispose();
        pool.Dispose();
    }

    public Tensor Empty(DType type, params ReadOnlySpan<long> shape)
    {
        foreach (var size in shape)
            if (size < 0) throw new ShapeMismatchException("empty", "shape", shape, "no negative size");
        return New(type, shape);
    }

    public void Upload(Tensor target, long byteOffset, ReadOnlySpan<byte> source)
    {
        var tensor = Own("upload", target);
        CheckRange("upload", tensor, byteOffset, source.Length);
        source.CopyTo(new Span<byte>(tensor.Bytes + byteOffset, source.Length));
    }

    public void Download(Tensor source, long byteOffset, Span<byte> target)
    {
        var tensor = Own("download", source);
        CheckRange("download", tensor, byteOffset, target.Length);
        new ReadOnlySpan<byte>(tensor.Bytes + byteOffset, target.Length).CopyTo(target);
    }

    public double ScalarOf(Tensor scalar)
    {
        var tensor = Own("scalar", scalar);
        if (tensor.Count != 1) throw new ShapeMismatchException("scalar", "tensor", tensor.Shape, "one element");
        if (tensor.DType == DType.I32) return *(int*)tensor.Bytes;
        return double.CreateChecked(*At(Real_("scalar", "tensor", tensor)));
    }

    public void WriteRows(Tensor target, ReadOnlySpan<int> rows, Tensor source)
    {
        var (to, from) = (Own("write_rows", target), Own("write_rows", source));
        if (to.DType != from.DType) throw new DTypeMismatchException("write_rows", "source", from.DType, to.DType.ToString());
        if (to.Rank != 2 || from.Rank != 2 || to.Size(1) != from.Size(1)) throw new ShapeMismatchException("write_rows", to.Shape, from.Shape);
        if (rows.Length != from.Size(0)) throw new ShapeMismatchException("write_rows", "source", from.Shape, $"{rows.Length} rows");
        var bytes = to.Size(1) * to.DType.Bytes();
        for (var i = 0; i < rows.Length; i++)
        {
            if ((uint)rows[i] >= (ulong)to.Size(0)) throw new IndexOutsideException("write_rows", "row", rows[i], i, to.Size(0));
            Buffer.MemoryCopy(from.Bytes + i * bytes, to.Bytes + rows[i] * bytes, bytes, bytes);
        }
    }

    private static void CheckRange(string operation, CpuTensor tensor, long offset, int length)
    {
        if (offset < 0 || offset + length > tensor.ByteCount)
            throw new IndexOutsideException(operation, "byte", offset + length, 0, tensor.ByteCount + 1);
    }

    /// <summary>A tensor of the current scope.</summary>
    private CpuTensor New(DType type, ReadOnlySpan<long> shape) => Track(NewFree(type, shape));

    private CpuTensor New(ReadOnlySpan<long> shape) => Track(NewFree(Real, shape));

    /// <summary>A tensor of no scope.</summary>
    private CpuTensor NewFree(DType type, ReadOnlySpan<long> shape)
    {
        var bytes = (long)type.Bytes();
        foreach (var size in shape) bytes = checked(bytes * size);
        return handles.Take(pool.Rent(bytes), 0, type, shape);
    }

    /// <summary>Another shape over the same storage, in the current scope.</summary>
    private CpuTensor View(CpuTensor x, long elementOffset, ReadOnlySpan<long> shape) =>
        Track(handles.Take(x.Storage.Share(), x.Offset + elementOffset * x.DType.Bytes(), x.DType, shape));

    private static T* At(CpuTensor tensor) => (T*)tensor.Bytes;

    private CpuTensor Own(string operation, Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor is not CpuTensor own || own.Home != handles) throw new ArgumentException($"{operation}: the tensor belongs to another engine");
        own.CheckAlive();
        return own;
    }

    /// <summary>The tensor, checked to be of the compute type.</summary>
    private CpuTensor Real_(string operation, string operand, Tensor tensor)
    {
        var own = Own(operation, tensor);
        return own.DType == Real ? own : throw new DTypeMismatchException(operation, operand, own.DType, Real.ToString());
    }

    private CpuTensor Ints_(string operation, string operand, Tensor tensor)
    {
        var own = Own(operation, tensor);
        return own.DType == DType.I32 ? own : throw new DTypeMismatchException(operation, operand, own.DType, nameof(DType.I32));
    }

    private OperationClock.Interval Time(string operation) => clock is null ? default : clock.Start(operation, pass);

    /// <summary>Splits [0, count) into pieces of about <paramref name="grain"/> and runs body on each. Pieces may differ with the thread count,
    /// so elements must not depend on them.</summary>
    private void Split<TRange>(long count, long grain, TRange body) where TRange : struct, IRange
    {
        if (count <= grain || workers.Threads == 1)
        {
            if (count > 0) body.Run(0, count);
            return;
        }

        var piece = Math.Max(grain, (count + workers.Threads * 4 - 1) / (workers.Threads * 4));
        piece = (piece + 15) / 16 * 16;
        workers.Run((int)((count + piece - 1) / piece), new Pieces<TRange>(body, count, piece));
    }

    /// <summary>Runs body for every row, in parallel when there is enough of it.</summary>
    private void Each<TRow>(long rows, long width, TRow body) where TRow : struct, IRow =>
        Split(rows, Math.Max(1, Grain / Math.Max(1, width)), new RowByRow<TRow>(body));
}
