namespace Temper.Ingest;

/// <summary>One uploaded file, plain or gzip. A compressed one is unpacked again from its begin wherever it is opened.</summary>
internal sealed class UploadedBlob(PinnedBlob blob, string path) : DataFile
{
    private ReadOnlyMemory<byte>? _head;
    private bool _packed;
    private Stream? _stream;
    private GzipMembers? _gzip;

    public override FileFault? Fault => _gzip?.Fault;

    public override int? Members => _gzip?.Members;

    public override async Task<ReadOnlyMemory<byte>> SampleAsync(CancellationToken ct)
    {
        await LookAsync(ct).ConfigureAwait(false);
        return _packed ? await base.SampleAsync(ct).ConfigureAwait(false) : _head!.Value;
    }

    public override async Task<Stream> OpenAsync(long offset, CancellationToken ct)
    {
        await LookAsync(ct).ConfigureAwait(false);
        await DisposeAsync().ConfigureAwait(false);
        if (!_packed)
            return _stream = await OpenPlainAsync(offset, ct).ConfigureAwait(false);
        _gzip = new GzipMembers(await blob.OpenAsync(0, null, ct).ConfigureAwait(false));
        _stream = _gzip;
        await SkipAsync(_gzip, offset, ct).ConfigureAwait(false);
        return _gzip;
    }

    public override ValueTask DisposeAsync() => _stream?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>A file that the first look has seen whole is not read again.</summary>
    private async Task<Stream> OpenPlainAsync(long offset, CancellationToken ct) => _head!.Value.Length == blob.Size && offset <= blob.Size
        ? new MemoryStream(_head.Value[(int)offset..].ToArray(), writable: false)
        : await blob.OpenAsync(offset, null, ct).ConfigureAwait(false);

    /// <summary>Compressed by its first bytes, or by its name: a file named .gz that is none must not be read as text.</summary>
    private async Task LookAsync(CancellationToken ct)
    {
        if (_head is not null)
            return;
        _head = await blob.ReadAsync(0, (int)Math.Min(SampleBytes, blob.Size), ct).ConfigureAwait(false);
        _packed = FileNames.IsGzip(path) || _head.Value.Span is [0x1F, 0x8B, ..];
    }
}
