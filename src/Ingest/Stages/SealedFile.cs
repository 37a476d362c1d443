using System.IO.Pipelines;
using System.Security.Cryptography;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;

namespace Temper.Ingest;

/// <summary>
/// One file of a version while it is written: bytes flow into a create-only blob and are hashed on the way. Where the blob is there already, from an
/// attempt that was cut off, the bytes are only hashed and must be the same. Disposed before its end, nothing is stored.
/// </summary>
internal sealed class SealedFile : IAsyncDisposable
{
    private const int WriteFrom = 256 << 10;
    private readonly IBlobStore _blobs;
    private readonly BlobKey _key;
    private readonly string _path;
    private readonly Pipe? _pipe;
    private readonly Task<BlobInfo?> _stored;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _size;
    private bool _ended;

    private SealedFile(IBlobStore blobs, BlobKey key, string path, bool exists, CancellationToken ct)
    {
        (_blobs, _key, _path) = (blobs, key, path);
        _pipe = exists ? null : new Pipe(new PipeOptions(pauseWriterThreshold: 4 << 20, resumeWriterThreshold: 2 << 20, useSynchronizationContext: false));
        _stored = _pipe is null ? Task.FromResult<BlobInfo?>(null) : StoreAsync(_pipe, ct);
    }

    /// <summary>What waits to be written.</summary>
    public ByteBuffer Pending { get; } = new(WriteFrom * 2);

    /// <summary>Bytes so far.</summary>
    public long Length => _size + Pending.Length;

    /// <summary>Begins a file.</summary>
    public static async Task<SealedFile> BeginAsync(IBlobStore blobs, BlobKey key, string path, CancellationToken ct) =>
        new(blobs, key, path, await blobs.FindAsync(key, ct).ConfigureAwait(false) is not null, ct);

    /// <summary>Writes what waits, when it is much.</summary>
    public ValueTask FlushAsync(CancellationToken ct) => Pending.Length >= WriteFrom ? WriteAsync(ct) : ValueTask.CompletedTask;

    /// <summary>Ends the file; it is durable on return.</summary>
    /// <exception cref="TemperException">Code <c>publish_mismatch</c> when other bytes are stored under its name.</exception>
    public async Task<FileEntry> EndAsync(CancellationToken ct)
    {
        await WriteAsync(ct).ConfigureAwait(false);
        _ended = true;
        if (_pipe is not null)
            await _pipe.Writer.CompleteAsync().ConfigureAwait(false);
        var entry = new FileEntry(_path, _size, Digest.FromHash(_hash.GetHashAndReset()));
        if (await _stored.ConfigureAwait(false) is null)
            await CompareAsync(entry, ct).ConfigureAwait(false);
        return entry;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_ended && _pipe is not null)
        {
            // The store sees a broken stream, not a short file.
            await _pipe.Writer.CompleteAsync(new OperationCanceledException()).ConfigureAwait(false);
            await ((Task)_stored).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        _hash.Dispose();
    }

    private async Task<BlobInfo?> StoreAsync(Pipe pipe, CancellationToken ct)
    {
        try
        {
            await using var stream = pipe.Reader.AsStream(leaveOpen: true);
            return await _blobs.CreateAsync(_key, stream, ct).ConfigureAwait(false);
        }
        finally
        {
            // Lets the writer go on where the store did not want the bytes.
            await pipe.Reader.CompleteAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask WriteAsync(CancellationToken ct)
    {
        _hash.AppendData(Pending.Written);
        _size += Pending.Length;
        if (_pipe is not null)
            await _pipe.Writer.WriteAsync(Pending.WrittenMemory, ct).ConfigureAwait(false);
        Pending.Clear();
    }

    private async Task CompareAsync(FileEntry entry, CancellationToken ct)
    {
        await using var stream = await _blobs.OpenAsync(_key, 0, null, null, ct).ConfigureAwait(false);
        if (await Digest.OfAsync(stream, ct).ConfigureAwait(false) != entry.Sha256)
            throw new TemperException("publish_mismatch", $"{_key} is stored with other bytes than this attempt made; the version's key should have made that impossible.");
    }
}
