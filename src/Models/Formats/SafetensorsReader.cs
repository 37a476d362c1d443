namespace Temper.Models;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">Key in the header.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Sizes, outermost first; empty for a scalar.</param>
/// <param name="Begin">First byte, counted from the start of the data area.</param>
/// <param name="End">Byte after the last.</param>
public sealed record StoredTensor(string Name, StoredType Type, IReadOnlyList<long> Shape, long Begin, long End)
{
    /// <summary>Number of elements.</summary>
    public long Count => Shape.Aggregate(1L, (product, size) => product * size);
}

/// <summary>A safetensors file, checked as hostile input when opened (https://github.com/huggingface/safetensors#format):
/// every rule of the format is an error <c>safetensors_invalid</c> that names the file and what was found.
/// Data is read by range; nothing is loaded before it is asked for. Safe for concurrent readers.</summary>
public sealed class SafetensorsReader : IDisposable
{
    /// <summary>Opens and checks <paramref name="path"/>.</summary>
    public static SafetensorsReader Open(string path) => throw new NotSupportedException(path);

    /// <summary>The tensors in the order of their data.</summary>
    public IReadOnlyList<StoredTensor> Tensors => throw new NotSupportedException("reader");

    /// <summary>The file's own notes, such as <c>format: pt</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata => throw new NotSupportedException("reader");

    /// <summary>The tensor of that name, or null.</summary>
    public StoredTensor? Find(string name) => throw new NotSupportedException(name);

    /// <summary>Bytes of a tensor from <paramref name="offset"/> on, as stored.</summary>
    public void ReadBytes(StoredTensor tensor, long offset, Span<byte> target) => throw new NotSupportedException("reader");

    /// <summary>Elements from <paramref name="first"/> on, widened (or rounded, F64) to f32.</summary>
    public void ReadFloats(StoredTensor tensor, long first, Span<float> target) => throw new NotSupportedException("reader");

    /// <summary>Closes the file.</summary>
    public void Dispose() { }
}
