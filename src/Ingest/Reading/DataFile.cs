using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>One uploaded file, opened for its decompressed bytes. All reads are pinned to one version of the blob.</summary>
internal sealed class DataFile : IAsyncDisposable
{
    private readonly Stream _stream;
    private readonly GzipMembers? _gzip;

    private DataFile(Stream stream, GzipMembers? gzip) => (_stream, _gzip) = (stream, gzip);

    /// <summary>What the reader of lines reads.</summary>
    public Stream Bytes => _gzip ?? _stream;

    /// <summary>Why the compression cannot be trusted; known at the end.</summary>
    public FileFault? Fault => _gzip?.Fault;

    /// <summary>Whole gzip members so far; null when the file is not compressed.</summary>
    public int? Members => _gzip?.Members;

    /// <summary>Opens a file at a place of its decompressed bytes. A compressed one is unpacked again from its begin.</summary>
    /// <exception cref="TemperException">Code <c>SRC_CHANGED</c> when the blob is not the one that was uploaded.</exception>
    public static async Task<DataFile> OpenAsync(IBlobStore blobs, UploadedFile file, long offset, CancellationToken ct)
    {
        var key = BlobKey.Parse(file.Key);
        var found = await blobs.FindAsync(key, ct).ConfigureAwait(false) ?? throw Changed(file, "it is gone");
        if (found.Size != file.Size)
            throw Changed(file, $"it had {file.Size} bytes, now {found.Size}");
        if (!await IsGzipAsync(blobs, file, found, ct).ConfigureAwait(false))
            return new(await blobs.OpenAsync(key, offset, null, found.ETag, ct).ConfigureAwait(false), null);
        var packed = await blobs.OpenAsync(key, 0, null, found.ETag, ct).ConfigureAwait(false);
        var opened = new DataFile(packed, new GzipMembers(packed));
        await SkipAsync(opened.Bytes, offset, ct).ConfigureAwait(false);
        return opened;
    }

    /// <summary>By the file's first bytes, or by its name: a file named .gz that is none must not be read as text.</summary>
    private static async Task<bool> IsGzipAsync(IBlobStore blobs, UploadedFile file, BlobInfo found, CancellationToken ct)
    {
        if (file.Path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
            return true;
        await using var begin = await blobs.OpenAsync(found.Key, 0, 2, found.ETag, ct).ConfigureAwait(false);
        var magic = new byte[2];
        return await begin.ReadAtLeastAsync(magic, 2, throwOnEndOfStream: false, ct).ConfigureAwait(false) == 2 && magic is [0x1F, 0x8B];
    }

    private static async Task SkipAsync(Stream stream, long bytes, CancellationToken ct)
    {
        var buffer = new byte[128 << 10];
        while (bytes > 0)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, bytes)), ct).ConfigureAwait(false);
            if (read == 0)
                return;
            bytes -= read;
        }
    }

    private static TemperException Changed(UploadedFile file, string how) =>
        new([new Problem("SRC_CHANGED", $"'{file.Path}' changed while it was ingested: {how}.") { File = file.Path }]);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Bytes.DisposeAsync();
}
