using System.Buffers.Binary;
using Temper.Core.Errors;
using Temper.Core.Safetensors;

namespace Temper.Versioning.Chunks;

/// <summary>
/// How a safetensors file is cut (<c>tensors-512k-1</c>): the header apart; a tensor of 4 KiB and more begins a chunk and is cut every 512 KiB; smaller
/// neighbours share chunks of up to 64 KiB. Specification: docs/formats/objects.md.
/// </summary>
internal sealed class TensorLayout
{
    public const string Chunker = "tensors-512k-1";

    private const int Own = 4 << 10, Group = 64 << 10, LongestHeader = 32 << 20;

    private readonly List<int> _lengths = [];
    private readonly List<StoredTensor?> _tensors = [];
    private readonly Dictionary<string, (StoredTensor Tensor, int First)> _first = new(StringComparer.Ordinal);
    private int _group;

    private TensorLayout(int headerBytes, List<StoredTensor> tensors)
    {
        Cut(headerBytes, null);
        foreach (var tensor in tensors)
        {
            var size = tensor.End - tensor.Begin;
            if (size >= Own)
            {
                Flush();
                _first[tensor.Name] = (tensor, _lengths.Count);
                Cut(size, tensor);
                continue;
            }
            if (_group + size > Group)
                Flush();
            _group += (int)size;
        }
        Flush();
    }

    /// <summary>Lengths of all chunks, in order.</summary>
    public IReadOnlyList<int> Lengths => _lengths;

    /// <summary>The tensor that a chunk is a part of; null for the header and for chunks of several tensors.</summary>
    public StoredTensor? TensorOf(int chunk) => chunk < _tensors.Count ? _tensors[chunk] : null;

    /// <summary>A tensor with chunks of its own and the first of them; null when there is none of the name.</summary>
    public (StoredTensor Tensor, int First)? Find(string name) => _first.TryGetValue(name, out var found) ? found : null;

    /// <summary>
    /// The layout of a file of <paramref name="size"/> bytes, and all that was read of it; no layout when it is no valid safetensors file to the last
    /// byte, as far as its header tells.
    /// </summary>
    public static async Task<(TensorLayout? Layout, ReadOnlyMemory<byte> Begin)> ReadAsync(ReadOnlyMemory<byte> begin, Stream rest, long? size, CancellationToken ct)
    {
        if (size is not { } whole || begin.Length < 10 || begin.Span[8] != '{')
            return (null, begin);
        var header = BinaryPrimitives.ReadUInt64LittleEndian(begin.Span);
        if (header > LongestHeader || (long)header + 8 > whole)
            return (null, begin);
        var need = (int)header + 8;
        if (need > begin.Length)
        {
            var longer = new byte[need];
            begin.CopyTo(longer);
            var count = await rest.ReadAtLeastAsync(longer.AsMemory(begin.Length), need - begin.Length, throwOnEndOfStream: false, ct);
            if (begin.Length + count < need)
                return (null, longer.AsMemory(0, begin.Length + count));
            begin = longer;
        }
        return (Parse(begin.Span[..need], whole), begin);
    }

    /// <summary>The layout by the header, the eight bytes of its length included; null when it is not valid.</summary>
    public static TensorLayout? Parse(ReadOnlySpan<byte> begin, long size)
    {
        try
        {
            return new(begin.Length, SafetensorsHeader.Parse(begin[8..].ToArray(), size - begin.Length, "the file").Tensors);
        }
        catch (TemperException)
        {
            // It is some other file, then; whoever opens it as tensors will be told what is wrong.
            return null;
        }
    }

    private void Flush()
    {
        Cut(_group, null);
        _group = 0;
    }

    private void Cut(long bytes, StoredTensor? tensor)
    {
        for (; bytes > 0; bytes -= Chunking.WholeSize)
        {
            _lengths.Add((int)Math.Min(bytes, Chunking.WholeSize));
            _tensors.Add(tensor);
        }
    }
}
