using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>An uploaded file's blob, pinned to the version that was verified when the upload was completed.</summary>
internal sealed class PinnedBlob
{
    private readonly IBlobStore _blobs;
    private readonly UploadedFile _file;
    private readonly string _version;

    private PinnedBlob(IBlobStore blobs, UploadedFile file, string version) => (_blobs, _file, _version) = (blobs, file, version);

    /// <summary>Bytes as stored.</summary>
    public long Size => _file.Size;

    /// <summary>Finds the blob of an uploaded file.</summary>
    /// <exception cref="TemperException">Code <c>SRC_CHANGED</c> when the blob is not the one that was uploaded.</exception>
    public static async Task<PinnedBlob> FindAsync(IBlobStore blobs, UploadedFile file, CancellationToken ct)
    {
        var found = await blobs.FindAsync(BlobKey.Parse(file.Key), ct).ConfigureAwait(false) ?? throw Changed(file, "it is gone");
        return found.Size == file.Size ? new(blobs, file, file.Version ?? found.ETag) : throw Changed(file, $"it had {file.Size} bytes, now {found.Size}");
    }

    /// <summary>Opens bytes from a place on; null: to the end. Opening or reading another version fails.</summary>
    /// <exception cref="TemperException">Code <c>SRC_CHANGED</c>.</exception>
    public async Task<Stream> OpenAsync(long offset, long? length, CancellationToken ct)
    {
        try
        {
            return new PinnedStream(await _blobs.OpenAsync(BlobKey.Parse(_file.Key), offset, length, _version, ct).ConfigureAwait(false), Translate);
        }
        catch (TemperException error)
        {
            throw Translate(error);
        }
    }

    /// <summary>Reads bytes from a place on; fewer where the blob ends.</summary>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(long offset, int length, CancellationToken ct)
    {
        await using var stream = await OpenAsync(offset, length, ct).ConfigureAwait(false);
        var bytes = new byte[length];
        return bytes.AsMemory(0, await stream.ReadAtLeastAsync(bytes, length, throwOnEndOfStream: false, ct).ConfigureAwait(false));
    }

    private TemperException Translate(TemperException error) => error.Code switch
    {
        "blob_changed" => Changed(_file, "it was written over"),
        "blob_missing" => Changed(_file, "it is gone"),
        _ => error,
    };

    private static TemperException Changed(UploadedFile file, string how) =>
        new([new Problem("SRC_CHANGED", $"'{file.Path}' changed while it was ingested: {how}.") { File = file.Path }]);
}
