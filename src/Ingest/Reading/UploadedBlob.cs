namespace Temper.Ingest;

/// <summary>One uploaded file, plain, gzip or Zstandard. A compressed one is unpacked again from its begin wherever it is opened.</summary>
internal sealed class UploadedBlob(PinnedBlob blob, string path) : DataFile
{
    private ReadOnlyMemory<byte>? _head;
    private Packing _packing;
    private Stream? _stream;
    private PackedStream? _unpacked;

    public override FileFault? Fault => _unpacked?.Fault;

    public override int? Members => _unpacked?.Members;

    public override async Task<ReadOnlyMemory<byte>> SampleAsync(CancellationToken ct)
    {
        await LookAsync(ct).ConfigureAwait(false);
        return _packing != Packing.None ? await base.SampleAsync(ct).ConfigureAwait(false) : _head!.Value;
    }

    public override async Task<Stream> OpenAsync(long offset, CancellationToken ct)
    {
        await LookAsync(ct).ConfigureAwait(false);
        await DisposeAsync().ConfigureAwait(false);
        if (_packing == Packing.None)
            return _stream = await OpenPlainAsync(offset, ct).ConfigureAwait(false);
        _unpacked = PackedStream.Open(await blob.OpenAsync(0, null, ct).ConfigureAwait(false), _packing);
        _stream = _unpacked;
        await SkipAsync(_unpacked, offset, ct).ConfigureAwait(false);
        return _unpacked;
    }

    public override ValueTask DisposeAsync() => _stream?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>A file that the first look has seen whole is not read again.</summary>
    private async Task<Stream> OpenPlainAsync(long offset, CancellationToken ct) => _head!.Value.Length == blob.Size && offset <= blob.Size
        ? new MemoryStream(_head.Value[(int)offset..].ToArray(), writable: false)
        : await blob.OpenAsync(offset, null, ct).ConfigureAwait(false);

    /// <summary>How it is compressed.</summary>
    public Packing Packing => _packing;

    /// <summary>Compressed by its first bytes, or by its name: a file named .gz that is none must not be read as text.</summary>
    private async Task LookAsync(CancellationToken ct)
    {
        if (_head is not null)
            return;
        _head = await blob.ReadAsync(0, (int)Math.Min(SampleBytes, blob.Size), ct).ConfigureAwait(false);
        _packing = FileNames.PackingOf(path) is not Packing.None and var named ? named : _head.Value.Span switch
        {
            [0x1F, 0x8B, ..] => Packing.Gzip,
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Packing.Zstd,
            _ => Packing.None,
        };
    }
}
