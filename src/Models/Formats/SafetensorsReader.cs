using System.Buffers;
using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Temper.Core.Errors;
using Temper.Core.Safetensors;

namespace Temper.Models;

/// <summary>A safetensors file, checked as hostile input when opened (https://github.com/huggingface/safetensors#format):
/// every rule of the format is an error of its own (<c>safetensors_…</c>) that names the file and what was found.
/// Data is read by range; nothing is loaded before it is asked for. Safe for concurrent readers.</summary>
public sealed class SafetensorsReader : IDisposable
{
    private readonly SafeFileHandle file;
    private readonly long dataStart;
    private readonly Dictionary<string, StoredTensor> byName;

    private SafetensorsReader(SafeFileHandle file, long dataStart, List<StoredTensor> tensors, Dictionary<string, string> metadata)
    {
        (this.file, this.dataStart, Tensors, Metadata) = (file, dataStart, tensors, metadata);
        byName = tensors.ToDictionary(t => t.Name);
    }

    /// <summary>The tensors in the order of their data.</summary>
    public IReadOnlyList<StoredTensor> Tensors { get; }

    /// <summary>The file's own notes, such as <c>format: pt</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens and checks <paramref name="path"/>.</summary>
    public static SafetensorsReader Open(string path)
    {
        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(path, options: FileOptions.RandomAccess);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TemperException("model_file_missing", $"Opening weights: there is no file {path}.", inner: e);
        }

        try
        {
            var length = RandomAccess.GetLength(file);
            var header = ReadHeader(file, length, path);
            var (tensors, metadata) = SafetensorsHeader.Parse(header, length - 8 - header.Length, path);
            return new SafetensorsReader(file, 8 + header.Length, tensors, metadata);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The tensor of that name, or null.</summary>
    public StoredTensor? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>Bytes of a tensor from <paramref name="offset"/> on, as stored.</summary>
    public void ReadBytes(StoredTensor tensor, long offset, Span<byte> target)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, tensor.End - tensor.Begin - target.Length);
        var at = dataStart + tensor.Begin + offset;
        while (!target.IsEmpty)
        {
            var read = RandomAccess.Read(file, target, at);
            if (read == 0) throw new TemperException("safetensors_truncated", $"Reading '{tensor.Name}': the file became shorter while it was read.");
            target = target[read..];
            at += read;
        }
    }

    /// <summary>Elements from <paramref name="first"/> on, widened (or rounded, F64 and I64) to f32.</summary>
    public void ReadFloats(StoredTensor tensor, long first, Span<float> target)
    {
        const int Piece = 1 << 18;
        var size = tensor.Type.Bytes();
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Min(Piece, target.Length) * size);
        for (var done = 0; done < target.Length;)
        {
            var count = Math.Min(Piece, target.Length - done);
            var bytes = buffer.AsSpan(0, count * size);
            ReadBytes(tensor, (first + done) * size, bytes);
            StoredNumbers.ToFloats(tensor.Type, bytes, target.Slice(done, count));
            done += count;
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>All elements as f32.</summary>
    public float[] ReadFloats(StoredTensor tensor)
    {
        var values = new float[tensor.Count];
        ReadFloats(tensor, 0, values);
        return values;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => file.Dispose();

    private static byte[] ReadHeader(SafeFileHandle file, long length, string path)
    {
        Span<byte> prefix = stackalloc byte[8];
        if (RandomAccess.Read(file, prefix, 0) < 8)
            throw SafetensorsHeader.Bad(path, "safetensors_too_short", $"the file has {length} bytes, the header's length alone takes 8");
        var announced = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (announced > SafetensorsHeader.MaximumBytes)
            throw SafetensorsHeader.Bad(path, "safetensors_header_too_large", $"the header announces {announced} bytes, at most {SafetensorsHeader.MaximumBytes} are allowed");
        if ((long)announced > length - 8)
            throw SafetensorsHeader.Bad(path, "safetensors_too_short", $"the header announces {announced} bytes, {length - 8} are there");
        var header = new byte[announced];
        for (var at = 0; at < header.Length;)
        {
            var read = RandomAccess.Read(file, header.AsSpan(at), 8 + at);
            if (read == 0) throw SafetensorsHeader.Bad(path, "safetensors_too_short", "the file ended while its header was read");
            at += read;
        }

        return header;
    }
}
