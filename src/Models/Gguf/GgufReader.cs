using Microsoft.Win32.SafeHandles;
using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>A tensor of a GGUF file.</summary>
/// <param name="Name">ggml's name; never used as a path.</param>
/// <param name="Type">How it is stored.</param>
/// <param name="Shape">Sizes, outermost first.</param>
/// <param name="Offset">First byte, counted from the start of the data area.</param>
/// <param name="Bytes">Bytes of all rows.</param>
public sealed record GgufStored(string Name, GgufType Type, IReadOnlyList<long> Shape, long Offset, long Bytes)
{
    /// <summary>Number of elements.</summary>
    public long Count => Shape.Aggregate(1L, (product, size) => product * size);
}

/// <summary>A GGUF file of version 3, checked as hostile input when opened: every rule has its error (<c>gguf_…</c>).</summary>
public sealed class GgufReader : IDisposable
{
    private readonly SafeFileHandle file;
    private readonly long dataStart;

    private GgufReader(SafeFileHandle file, GgufCursor cursor, long length)
    {
        this.file = file;
        if (length < 4 || cursor.UInt32() != GgufWriter.Magic) throw cursor.Bad("gguf_invalid", "it does not begin with GGUF");
        var version = cursor.UInt32();
        if (version != GgufWriter.Version) throw cursor.Bad("gguf_version_unsupported", $"it has version {version}; supported: {GgufWriter.Version}");
        var (tensors, values) = (cursor.Count(24, "tensors"), cursor.Count(13, "keys"));
        Values = ReadValues(cursor, values);
        var alignment = AlignmentOf(cursor);
        Tensors = ReadTensors(cursor, tensors, alignment);
        dataStart = (cursor.Position + alignment - 1) / alignment * alignment;
        CheckRanges(cursor, length - dataStart);
    }

    /// <summary>Keys and values in the order of the file; arrays are object[].</summary>
    public IReadOnlyDictionary<string, object> Values { get; }

    /// <summary>Tensors in the order of the file.</summary>
    public IReadOnlyList<GgufStored> Tensors { get; }

    /// <summary>Opens and checks <paramref name="path"/>.</summary>
    public static GgufReader Open(string path)
    {
        if (!File.Exists(path)) throw new TemperException("model_file_missing", $"Opening GGUF: there is no file {path}.");
        var file = File.OpenHandle(path, options: FileOptions.RandomAccess);
        try
        {
            var length = RandomAccess.GetLength(file);
            return new GgufReader(file, new GgufCursor(file, length, path), length);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The tensor of that name, or null.</summary>
    public GgufStored? Find(string name) => Tensors.FirstOrDefault(t => t.Name == name);

    /// <summary>Stored bytes of a tensor from <paramref name="offset"/> on.</summary>
    public void ReadBytes(GgufStored tensor, long offset, Span<byte> target)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, tensor.Bytes - target.Length);
        for (var at = dataStart + tensor.Offset + offset; !target.IsEmpty;)
        {
            var read = RandomAccess.Read(file, target, at);
            if (read == 0) throw new TemperException("gguf_truncated", $"Reading '{tensor.Name}': the file became shorter while it was read.");
            target = target[read..];
            at += read;
        }
    }

    /// <summary>All elements as f32.</summary>
    public float[] ReadFloats(GgufStored tensor)
    {
        var (bytes, values) = (new byte[tensor.Bytes], new float[tensor.Count]);
        ReadBytes(tensor, 0, bytes);
        GgufTypes.ToFloats(tensor.Type, bytes, values);
        return values;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => file.Dispose();

    private static Dictionary<string, object> ReadValues(GgufCursor cursor, long count)
    {
        var values = new Dictionary<string, object>(StringComparer.Ordinal);
        for (var i = 0L; i < count; i++)
        {
            var key = cursor.Text();
            if (!values.TryAdd(key, cursor.Value(cursor.UInt32()))) throw cursor.Bad("gguf_invalid", $"key '{key}' stands in it twice");
        }

        return values;
    }

    private long AlignmentOf(GgufCursor cursor)
    {
        if (!Values.TryGetValue("general.alignment", out var value)) return GgufWriter.Alignment;
        return value is uint and >= 8 and <= 1 << 20 && System.Numerics.BitOperations.IsPow2((uint)value) ? (uint)value : throw cursor.Bad("gguf_invalid", $"general.alignment is {value}");
    }

    private static List<GgufStored> ReadTensors(GgufCursor cursor, long count, long alignment)
    {
        var (tensors, names) = (new List<GgufStored>(), new HashSet<string>(StringComparer.Ordinal));
        for (var i = 0L; i < count; i++)
        {
            var name = cursor.Text();
            if (!names.Add(name)) throw cursor.Bad("gguf_invalid", $"tensor '{name}' stands in it twice");
            var rank = cursor.UInt32();
            if (rank is < 1 or > 4) throw cursor.Bad("gguf_shape_invalid", $"'{name}' has {rank} dimensions, expected 1 to 4");
            var shape = new long[rank];
            UInt128 elements = 1;
            for (var d = rank - 1; d < rank; d--)
            {
                var size = cursor.UInt64();
                elements *= size;
                if (size > long.MaxValue || elements > long.MaxValue / 4) throw cursor.Bad("gguf_shape_invalid", $"'{name}' has more elements than can be counted");
                shape[d] = (long)size;
            }

            var number = cursor.UInt32();
            var type = Enum.IsDefined((GgufType)number) ? (GgufType)number : throw cursor.Bad("gguf_type_unknown", $"'{name}' has element type {number}; supported: F32, F16, BF16, Q8_0");
            if (!type.Fits(shape[^1])) throw cursor.Bad("gguf_shape_invalid", $"'{name}' has rows of {shape[^1]}, which {type} cannot store");
            var offset = cursor.UInt64();
            if (offset > long.MaxValue || (long)offset % alignment != 0) throw cursor.Bad("gguf_offset_invalid", $"'{name}' begins at {offset}, not at a multiple of {alignment}");
            tensors.Add(new GgufStored(name, type, shape, (long)offset, shape[^1] == 0 ? 0 : (long)elements / shape[^1] * type.RowBytes(shape[^1])));
        }

        return tensors;
    }

    private void CheckRanges(GgufCursor cursor, long dataBytes)
    {
        var at = 0L;
        foreach (var tensor in Tensors.OrderBy(t => t.Offset).ThenBy(t => t.Bytes))
        {
            if (tensor.Offset < at) throw cursor.Bad("gguf_overlap", $"'{tensor.Name}' begins at {tensor.Offset}, inside the tensor that ends at {at}");
            if (tensor.Bytes > dataBytes - tensor.Offset) throw cursor.Bad("gguf_truncated", $"'{tensor.Name}' ends at byte {(UInt128)tensor.Offset + (ulong)tensor.Bytes} of the data, the file at {dataBytes}");
            at = tensor.Offset + tensor.Bytes;
        }
    }
}
