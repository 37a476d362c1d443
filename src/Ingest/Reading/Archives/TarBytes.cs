using Temper.Core.Files;

namespace Temper.Ingest;

/// <summary>The unpacked bytes of a tar archive, read forward.</summary>
internal sealed class TarBytes : IAsyncDisposable
{
    private const long JumpFrom = 1 << 20;
    private readonly PinnedBlob _blob;
    private readonly PackedStream? _packed;
    private readonly byte[] _scratch = new byte[64 << 10];
    private Stream _stream;

    private TarBytes(PinnedBlob blob, Stream stream, PackedStream? packed) => (_blob, _stream, _packed) = (blob, stream, packed);

    /// <summary>Bytes read so far.</summary>
    public long Position { get; private set; }

    /// <summary>Why the packing cannot be trusted.</summary>
    public FileFault? Fault => _packed?.Fault;

    /// <summary>Opens an archive at its begin.</summary>
    public static async Task<TarBytes> OpenAsync(PinnedBlob blob, Packing packing, CancellationToken ct)
    {
        var stream = await blob.OpenAsync(0, null, ct).ConfigureAwait(false);
        var packed = packing == Packing.None ? null : PackedStream.Open(stream, packing);
        return new(blob, packed ?? stream, packed);
    }

    /// <summary>Fills a buffer; fewer bytes at the end.</summary>
    public async Task<int> ReadAsync(Memory<byte> buffer, CancellationToken ct)
    {
        var read = await _stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct).ConfigureAwait(false);
        Position += read;
        return read;
    }

    /// <summary>Goes forward; false when the archive ends before.</summary>
    public async Task<bool> SkipAsync(long bytes, CancellationToken ct)
    {
        if (_packed is null && bytes > _blob.Size - Position)
            return false;
        if (_packed is null && bytes >= JumpFrom)
        {
            await _stream.DisposeAsync().ConfigureAwait(false);
            Position += bytes;
            _stream = await _blob.OpenAsync(Position, null, ct).ConfigureAwait(false);
            return true;
        }
        while (bytes > 0)
        {
            var read = await _stream.ReadAsync(_scratch.AsMemory(0, (int)Math.Min(_scratch.Length, bytes)), ct).ConfigureAwait(false);
            if (read == 0)
                return false;
            bytes -= read;
            Position += read;
        }
        return true;
    }

    /// <summary>Reads to the end; whether nothing but zeros was there.</summary>
    public async Task<bool> RestIsZeroAsync(CancellationToken ct)
    {
        while (await _stream.ReadAsync(_scratch, ct).ConfigureAwait(false) is > 0 and var read)
        {
            Position += read;
            if (_scratch.AsSpan(0, read).IndexOfAnyExcept((byte)0) >= 0)
                return false;
        }
        return true;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    /// <summary>The next bytes as a stream that must be read before anything else is.</summary>
    public Stream Next(long length) => new Window(this, length);

    private sealed class Window(TarBytes bytes, long length) : ForwardStream
    {
        private long _left = length;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = _left == 0 ? 0 : await bytes._stream.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken).ConfigureAwait(false);
            _left -= read;
            bytes.Position += read;
            return read;
        }
    }
}
