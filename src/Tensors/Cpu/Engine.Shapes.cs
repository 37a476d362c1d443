namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    public Tensor Reshape(Tensor x, params ReadOnlySpan<long> shape)
    {
        var input = Own("reshape", x);
        if (Product(shape) != input.Count) throw new ShapeMismatchException("reshape", input.Shape, shape);
        var output = View(input, 0, shape);
        return Recording(input) ? Record(output, () => Give(input, output.Grad!)) : output;
    }

    public Tensor Narrow(Tensor x, int dim, long start, long length)
    {
        var input = Own("narrow", x);
        dim = CheckDim("narrow", input, dim);
        if (start < 0 || length < 0 || start + length > input.Size(dim)) throw new IndexOutsideException("narrow", "end", start + length, dim, input.Size(dim) + 1);
        var (outer, size, inner) = Around(input, dim);
        var shape = input.Shape.ToArray();
        shape[dim] = length;
        CpuTensor output;
        if (outer == 1) output = View(input, start * inner, shape);
        else
        {
            output = New(input.DType, shape);
            CopyBlocks(input.Bytes, size * inner, start * inner, output.Bytes, length * inner, 0, outer, length * inner, input.DType.Bytes());
        }

        if (!Recording(input)) return output;
        return Record(output, () =>
        {
            T* dx = SlopeFromZero(input), dy = At(output.Grad!);
            for (var o = 0L; o < outer; o++)
            {
                var target = dx + (o * size + start) * inner;
                Pointwise<T, V>.Add(target, dy + o * length * inner, target, length * inner);
            }
        });
    }

    public Tensor Cat(ReadOnlySpan<Tensor> parts, int dim)
    {
        if (parts.IsEmpty) throw new ArgumentException("cat: no tensors");
        var inputs = new CpuTensor[parts.Length];
        for (var i = 0; i < inputs.Length; i++) inputs[i] = Own("cat", parts[i]);
        dim = CheckDim("cat", inputs[0], dim);
        var shape = inputs[0].Shape.ToArray();
        shape[dim] = 0;
        foreach (var input in inputs) shape[dim] += CheckPart(inputs[0], input, dim);
        var output = New(inputs[0].DType, shape);
        var (outer, total, inner) = Around(output, dim);
        var at = 0L;
        foreach (var input in inputs)
        {
            var width = input.Size(dim) * inner;
            CopyBlocks(input.Bytes, width, 0, output.Bytes, total * inner, at, outer, width, output.DType.Bytes());
            at += width;
        }

        return Recording(inputs) ? Record(output, () => CatBack(inputs, output, dim)) : output;
    }

    private void CatBack(CpuTensor[] inputs, CpuTensor output, int dim)
    {
        var (outer, total, inner) = Around(output, dim);
        var at = 0L;
        foreach (var input in inputs)
        {
            var width = input.Size(dim) * inner;
            if (input.NeedsGrad)
            {
                T* dx = SlopeFromZero(input), dy = At(output.Grad!) + at;
                for (var o = 0L; o < outer; o++) Pointwise<T, V>.Add(dx + o * width, dy + o * total * inner, dx + o * width, width);
            }

            at += width;
        }
    }

    public Tensor Transpose(Tensor x, int a, int b)
    {
        var input = Real_("transpose", "x", x);
        (a, b) = (CheckDim("transpose", input, a), CheckDim("transpose", input, b));
        if (a > b) (a, b) = (b, a);
        var shape = input.Shape.ToArray();
        (shape[a], shape[b]) = (shape[b], shape[a]);
        var output = New(shape);
        Swap(At(input), At(output), input.Shape, a, b, false);
        if (!Recording(input)) return output;
        return Record(output, () => Swap(At(output.Grad!), SlopeFromZero(input), output.Shape, a, b, true));
    }

    public Tensor Cast(Tensor x, DType type)
    {
        var input = Own("cast", x);
        if (input.Frozen is { } frozen) return type == Real ? Widened(frozen) : throw new DTypeMismatchException("cast", "x", input.DType, $"a floating type to cast to {type}");
        if (input.DType == type) return Reshape(input, input.Shape);
        if (type == DType.I32 || (input.DType == DType.I32 && type != Real)) throw new DTypeMismatchException("cast", "x", input.DType, $"a floating type to cast to {type}");
        var output = New(type, input.Shape);
        var (fromBytes, toBytes) = (input.DType.Bytes(), type.Bytes());
        byte* source = input.Bytes, target = output.Bytes;
        Split(input.Count, Grain * 4, (from, to) => Conversion.Run(source + from * fromBytes, input.DType, target + from * toBytes, type, to - from));
        if (input.DType == DType.I32 || !Recording(input)) return output;
        return Record(output, () => Give(input, output.Grad!));
    }

    private static int CheckDim(string operation, CpuTensor x, int dim)
    {
        var index = dim < 0 ? dim + x.Rank : dim;
        return (uint)index < (uint)x.Rank ? index : throw new IndexOutsideException(operation, "dimension", dim, 0, x.Rank);
    }

    private static long CheckPart(CpuTensor first, CpuTensor part, int dim)
    {
        var fits = part.Rank == first.Rank;
        for (var i = 0; fits && i < first.Rank; i++) fits = i == dim || part.Size(i) == first.Size(i);
        if (!fits) throw new ShapeMismatchException("cat", first.Shape, part.Shape);
        return part.DType == first.DType ? part.Size(dim) : throw new DTypeMismatchException("cat", "part", part.DType, first.DType.ToString());
    }

    private static (long Outer, long Size, long Inner) Around(CpuTensor x, int dim) =>
        (Product(x.Shape[..dim]), x.Size(dim), Product(x.Shape[(dim + 1)..]));

    private static void CopyBlocks(byte* from, long fromStep, long fromAt, byte* to, long toStep, long toAt, long blocks, long count, int bytes)
    {
        for (var i = 0L; i < blocks; i++)
            Buffer.MemoryCopy(from + (i * fromStep + fromAt) * bytes, to + (i * toStep + toAt) * bytes, count * bytes, count * bytes);
    }

    /// <summary>Swaps dimensions a &lt; b of x, whose shape is given, into y (set or add).</summary>
    private void Swap(T* x, T* y, ReadOnlySpan<long> shape, int a, int b, bool accumulate)
    {
        long outer = Product(shape[..a]), sizeA = shape[a], middle = Product(shape[(a + 1)..b]), sizeB = shape[b], inner = Product(shape[(b + 1)..]);
        Each(outer * sizeB, middle * sizeA * inner, row =>
        {
            var (o, j) = (row / sizeB, row % sizeB);
            for (var m = 0L; m < middle; m++)
            {
                for (var i = 0L; i < sizeA; i++)
                {
                    T* from = x + (((o * sizeA + i) * middle + m) * sizeB + j) * inner, to = y + (((o * sizeB + j) * middle + m) * sizeA + i) * inner;
                    for (var e = 0L; e < inner; e++) to[e] = accumulate ? to[e] + from[e] : from[e];
                }
            }
        });
    }
}
