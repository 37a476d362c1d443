using System.Runtime.InteropServices;
using Temper.Tensors;
using TorchSharp;
using ScalarType = TorchSharp.torch.ScalarType;
using T = TorchSharp.torch.Tensor;

namespace Temper.Plugins.TorchSharp;

public sealed partial class TorchEngine
{
    /// <summary>Elements moved at a time: the binding's spans end at 2 GiB.</summary>
    private const long Piece = 1 << 24;

    /// <inheritdoc/>
    public void Upload(Tensor target, long byteOffset, ReadOnlySpan<byte> source)
    {
        var (first, count) = Elements("upload", target, byteOffset, source.Length);
        if (target.DType == DType.I32)
            _ints.Written(target, source);
        using var scope = torch.NewDisposeScope();
        using var still = torch.no_grad();
        var flat = Flat("upload", target);
        var size = target.DType.Bytes();
        for (var at = 0L; at < count; at += Piece)
        {
            var length = Math.Min(Piece, count - at);
            using var part = torch.empty(length, TorchTensor.To(target.DType), torch.CPU);
            source.Slice((int)(at * size), (int)(length * size)).CopyTo(part.bytes);
            using var slot = flat.narrow(0, first + at, length);
            using var _ = slot.copy_(part);
        }
    }

    /// <inheritdoc/>
    public void Download(Tensor source, long byteOffset, Span<byte> target)
    {
        var (first, count) = Elements("download", source, byteOffset, target.Length);
        using var scope = torch.NewDisposeScope();
        using var still = torch.no_grad();
        var flat = Of(source).detach().contiguous().reshape(-1);
        var size = source.DType.Bytes();
        for (var at = 0L; at < count; at += Piece)
        {
            var length = Math.Min(Piece, count - at);
            using var part = flat.narrow(0, first + at, length).cpu().contiguous();
            part.bytes.CopyTo(target.Slice((int)(at * size), (int)(length * size)));
        }
    }

    /// <inheritdoc/>
    public void WriteRows(Tensor target, ReadOnlySpan<int> rows, Tensor source)
    {
        Expect.Real("write_rows", target, source);
        Expect.Rank("write_rows", "source", source, 2);
        Expect.Rank("write_rows", "target", target, 2);
        Expect.Size("write_rows", "source", source, 0, rows.Length);
        Expect.Size("write_rows", "source", source, 1, target.Size(1));
        Inside("write_rows", "row", rows, target.Size(0));
        if (rows.IsEmpty)
            return;
        using var scope = torch.NewDisposeScope();
        using var still = torch.no_grad();
        Of(target).index_copy_(0, Index(rows), Of(source).detach());
    }

    /// <summary>The numbers of an index tensor.</summary>
    private int[] Ints(Tensor tensor) => _ints.Of(tensor) ?? this.ToInts(tensor);

    /// <summary>Numbers of the host as an index on the device.</summary>
    internal T Index(ReadOnlySpan<int> values)
    {
        var wide = new long[values.Length];
        for (var i = 0; i < wide.Length; i++)
            wide[i] = values[i];
        return Host<long>(wide, ScalarType.Int64, wide.Length);
    }

    /// <summary>Numbers of the host as a tensor of the device, inside the caller's scope.</summary>
    internal T Host<TValue>(ReadOnlySpan<TValue> values, ScalarType type, params long[] shape) where TValue : unmanaged
    {
        var made = torch.empty(shape, type, torch.CPU);
        MemoryMarshal.AsBytes(values).CopyTo(made.bytes);
        return _device.type == DeviceType.CPU ? made : made.to(_device);
    }

    /// <summary>Checks indices on the host; libtorch on a GPU would report a wrong one much later, as a broken device.</summary>
    internal static void Inside(string operation, string what, ReadOnlySpan<int> values, long limit)
    {
        for (var i = 0; i < values.Length; i++)
            if (values[i] < 0 || values[i] >= limit)
                throw new IndexOutsideException(operation, what, values[i], i, limit);
    }

    private static (long First, long Count) Elements(string operation, Tensor tensor, long byteOffset, int bytes)
    {
        var size = tensor.DType.Bytes();
        if (size == 0)
            throw new DTypeMismatchException(operation, "tensor", tensor.DType, "a type whose elements have places");
        if (byteOffset < 0 || byteOffset % size != 0 || bytes % size != 0)
            throw new ShapeMismatchException(operation, "tensor", tensor.Shape, $"whole elements of {size} bytes; got {bytes} bytes from {byteOffset} on");
        if (byteOffset + bytes > tensor.ByteCount)
            throw new IndexOutsideException(operation, "byte", byteOffset + bytes, 0, tensor.ByteCount + 1);
        return (byteOffset / size, bytes / size);
    }

    private T Flat(string operation, Tensor tensor) => Of(tensor).is_contiguous()
        ? Of(tensor).detach().reshape(-1)
        : throw new ShapeMismatchException(operation, "tensor", tensor.Shape, "a tensor of its own, not a view");
}
