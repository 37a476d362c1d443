using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>An uploaded file's blob, pinned to the version that was found first.</summary>
internal sealed class PinnedBlob
{
    private readonly IBlobStore _blobs;
    private readonly BlobInfo _found;

    private PinnedBlob(IBlobStore blobs, BlobInfo found) => (_blobs, _found) = (blobs, found);

    /// <summary>Bytes as stored.</summary>
    public long Size => _found.Size;

    /// <summary>Finds the blob of an uploaded file.</summary>
    /// <exception cref="TemperException">Code <c>SRC_CHANGED</c> when the blob is not the one that was uploaded.</exception>
    public static async Task<PinnedBlob> FindAsync(IBlobStore blobs, UploadedFile file, CancellationToken ct)
    {
        var found = await blobs.FindAsync(BlobKey.Parse(file.Key), ct).ConfigureAwait(false) ?? throw Changed(file, "it is gone");
        return found.Size == file.Size ? new(blobs, found) : throw Changed(file, $"it had {file.Size} bytes, now {found.Size}");
    }

    /// <summary>Opens bytes from a place on; null: to the end.</summary>
    public Task<Stream> OpenAsync(long offset, long? length, CancellationToken ct) => _blobs.OpenAsync(_found.Key, offset, length, _found.ETag, ct);

    /// <summary>Reads bytes from a place on; fewer where the blob ends.</summary>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(long offset, int length, CancellationToken ct)
    {
        await using var stream = await OpenAsync(offset, length, ct).ConfigureAwait(false);
        var bytes = new byte[length];
        return bytes.AsMemory(0, await stream.ReadAtLeastAsync(bytes, length, throwOnEndOfStream: false, ct).ConfigureAwait(false));
    }

    private static TemperException Changed(UploadedFile file, string how) =>
        new([new Problem("SRC_CHANGED", $"'{file.Path}' changed while it was ingested: {how}.") { File = file.Path }]);
}
