using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using Temper.Core.Files;

namespace Temper.Ingest;

/// <summary>An entry of a zip archive. Wherever it is opened it is read from its begin, because its check sum is of all of it.</summary>
internal sealed class ZipEntryFile(PinnedBlob blob, ArchiveEntry entry) : DataFile
{
    private const int HeaderBytes = 30;
    private ReadOnlyMemory<byte>? _whole;
    private ZipEntryStream? _stream;

    public override FileFault? Fault => _stream?.Fault;

    public override async Task<ReadOnlyMemory<byte>> SampleAsync(CancellationToken ct)
    {
        var sample = await base.SampleAsync(ct).ConfigureAwait(false);
        if (entry.Size < SampleBytes)
            _whole = sample;
        return sample;
    }

    public override async Task<Stream> OpenAsync(long offset, CancellationToken ct)
    {
        // A small entry was unpacked and checked when its kind was told.
        if (_whole is { } whole && offset <= whole.Length)
            return new MemoryStream(whole[(int)offset..].ToArray(), writable: false);
        await DisposeAsync().ConfigureAwait(false);
        var source = await blob.OpenAsync(entry.Offset, entry.Limit - entry.Offset, ct).ConfigureAwait(false);
        _stream = new ZipEntryStream(source, entry, await SkipHeaderAsync(source, ct).ConfigureAwait(false));
        await SkipAsync(_stream, offset, ct).ConfigureAwait(false);
        return _stream;
    }

    public override ValueTask DisposeAsync() => _stream?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Passes over the entry's own header; not null when it contradicts the directory.</summary>
    private async Task<FileFault?> SkipHeaderAsync(Stream source, CancellationToken ct)
    {
        var header = new byte[HeaderBytes];
        if (await source.ReadAtLeastAsync(header, HeaderBytes, throwOnEndOfStream: false, ct).ConfigureAwait(false) < HeaderBytes || !header.AsSpan().StartsWith("PK\u0003\u0004"u8))
            return new("FILE_CORRUPT", FormattableString.Invariant($"There is no entry at byte {entry.Offset} of the archive, where its directory has one."));
        var name = new byte[BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(26))];
        var extra = new byte[BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(28))];
        var read = await source.ReadAtLeastAsync(name, name.Length, throwOnEndOfStream: false, ct).ConfigureAwait(false);
        read += await source.ReadAtLeastAsync(extra, extra.Length, throwOnEndOfStream: false, ct).ConfigureAwait(false);
        if (read < name.Length + extra.Length || entry.Limit - entry.Offset - HeaderBytes - read < entry.Packed)
            return new("FILE_CORRUPT", "The entry reaches into the next one.");
        var stated = Encoding.UTF8.GetBytes(entry.Name);
        var method = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(8));
        return name.AsSpan().EndsWith(stated) && name.Length - stated.Length is 0 or 2 && method == (entry.Deflated ? 8 : 0)
            ? null
            : new("FILE_CORRUPT", "The entry's own header has another name or method than the archive's directory.");
    }
}

/// <summary>The unpacked bytes of an entry, held against the size and CRC-32 that the directory states.</summary>
internal sealed class ZipEntryStream : ForwardStream
{
    private readonly Stream _source, _unpacked;
    private readonly ArchiveEntry _entry;
    private readonly Crc32 _crc = new();
    private long _read;
    private bool _ended;

    public ZipEntryStream(Stream source, ArchiveEntry entry, FileFault? fault)
    {
        (_source, _entry, Fault, _ended) = (source, entry, fault, fault is not null);
        var packed = new RangeStream(source, entry.Packed, leaveOpen: true);
        _unpacked = entry.Deflated ? new DeflateStream(packed, CompressionMode.Decompress) : packed;
    }

    /// <summary>Why the entry cannot be trusted; known at its end.</summary>
    public FileFault? Fault { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_ended || buffer.IsEmpty)
            return 0;
        try
        {
            var read = await _unpacked.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            _crc.Append(buffer.Span[..read]);
            _read += read;
            if (_read > _entry.Size || (read == 0 && (_read != _entry.Size || _crc.GetCurrentHashAsUInt32() != _entry.Crc)))
                return End(FormattableString.Invariant($"The entry does not unpack to the {_entry.Size} bytes and the CRC-32 that the archive's directory states."));
            return read;
        }
        catch (InvalidDataException)
        {
            return End(FormattableString.Invariant($"The entry's compressed data is damaged behind {_read} bytes."));
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _unpacked.Dispose();
            _source.Dispose();
        }
        base.Dispose(disposing);
    }

    private int End(string message)
    {
        (_ended, Fault) = (true, new("FILE_CORRUPT", message));
        return 0;
    }
}
