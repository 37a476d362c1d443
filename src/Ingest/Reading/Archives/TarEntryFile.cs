namespace Temper.Ingest;

/// <summary>An entry of a tar archive that is not compressed: a range of the blob.</summary>
internal sealed class TarEntryFile(PinnedBlob blob, ArchiveEntry entry) : DataFile
{
    private Stream? _stream;

    public override async Task<Stream> OpenAsync(long offset, CancellationToken ct)
    {
        await DisposeAsync().ConfigureAwait(false);
        return _stream = await blob.OpenAsync(entry.Offset + offset, entry.Size - offset, ct).ConfigureAwait(false);
    }

    public override ValueTask DisposeAsync() => _stream?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>An entry of a compressed tar archive. Its begin is kept, so that a look at it does not unpack the archive twice.</summary>
internal sealed class PackedTarEntry(TarUnpacking tar, ArchiveEntry entry) : DataFile
{
    private ReadOnlyMemory<byte>? _begin;

    public override FileFault? Fault => tar.Fault;

    public override async Task<ReadOnlyMemory<byte>> SampleAsync(CancellationToken ct)
    {
        if (_begin is null)
        {
            var begin = new byte[(int)Math.Min(SampleBytes, entry.Size)];
            var stream = await tar.OpenAsync(entry.Offset, entry.Size, ct).ConfigureAwait(false);
            _begin = begin.AsMemory(0, await stream.ReadAtLeastAsync(begin, begin.Length, throwOnEndOfStream: false, ct).ConfigureAwait(false));
        }
        return _begin.Value;
    }

    public override async Task<Stream> OpenAsync(long offset, CancellationToken ct)
    {
        var begin = await SampleAsync(ct).ConfigureAwait(false);
        var from = Math.Max(offset, begin.Length);
        var rest = await tar.OpenAsync(entry.Offset + from, entry.Size - from, ct).ConfigureAwait(false);
        return offset < begin.Length ? new PrefixedStream(begin[(int)offset..], rest) : rest;
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>A compressed archive while its entries are read: who asks for what lies ahead goes on, who asks for what was passed begins again.</summary>
internal sealed class TarUnpacking(PinnedBlob blob, Packing packing) : IAsyncDisposable
{
    private TarBytes? _bytes;

    /// <summary>Why the packing cannot be trusted.</summary>
    public FileFault? Fault => _bytes?.Fault;

    /// <summary>A range of the unpacked archive.</summary>
    public async Task<Stream> OpenAsync(long position, long length, CancellationToken ct)
    {
        if (_bytes is null || _bytes.Position > position)
        {
            await DisposeAsync().ConfigureAwait(false);
            _bytes = await TarBytes.OpenAsync(blob, packing, ct).ConfigureAwait(false);
        }
        await _bytes.SkipAsync(position - _bytes.Position, ct).ConfigureAwait(false);
        return _bytes.Next(length);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _bytes?.DisposeAsync() ?? ValueTask.CompletedTask;
}
