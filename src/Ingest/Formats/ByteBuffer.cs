using System.Buffers;
using System.Buffers.Text;

namespace Temper.Ingest;

/// <summary>Bytes that grow, reused without being cleared.</summary>
internal sealed class ByteBuffer(int capacity) : IBufferWriter<byte>
{
    private byte[] _bytes = new byte[capacity];

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>Bytes that it has room for before it grows.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>What was written, to be changed.</summary>
    public Span<byte> Content => _bytes.AsSpan(0, Length);

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>What was written, for asynchronous writers.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, Length);

    /// <summary>A stream over what was written; valid until the next write.</summary>
    public MemoryStream AsStream() => new(_bytes, 0, Length, writable: false);

    public void Clear() => Length = 0;

    /// <summary>Makes room for so many bytes in all, at once.</summary>
    public void GrowTo(int bytes) => Reserve(Math.Max(0, bytes - Length), bytes);

    public void Add(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        Length += bytes.Length;
    }

    public void Add(byte value)
    {
        GetSpan(1)[0] = value;
        Length++;
    }

    public void Add(long number)
    {
        Utf8Formatter.TryFormat(number, GetSpan(20), out var written);
        Length += written;
    }

    public void AddHex(ReadOnlySpan<byte> bytes)
    {
        var digits = "0123456789abcdef"u8;
        var target = GetSpan(bytes.Length * 2);
        for (var i = 0; i < bytes.Length; i++)
            (target[2 * i], target[2 * i + 1]) = (digits[bytes[i] >> 4], digits[bytes[i] & 15]);
        Length += bytes.Length * 2;
    }

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _bytes.AsSpan(Length);
    }

    private void Reserve(int bytes)
    {
        if (_bytes.Length - Length < bytes)
            Reserve(bytes, Math.Max((int)Math.Min(_bytes.Length * 2L, Array.MaxLength), Length + bytes));
    }

    private void Reserve(int bytes, int capacity)
    {
        if (_bytes.Length - Length >= bytes)
            return;
        // Not resized: bytes behind what was written, maybe many, would be copied with it.
        var grown = new byte[capacity];
        Written.CopyTo(grown);
        _bytes = grown;
    }
}
