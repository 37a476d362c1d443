using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;

namespace Temper.Core.Datasets;

/// <summary>Where one image of a sealed version is: one line of <c>images.jsonl</c>.</summary>
/// <param name="Sha256">Digest of the image file.</param>
/// <param name="Shard">Name of the archive.</param>
/// <param name="Offset">Of the image's first byte in the archive.</param>
/// <param name="Size">Bytes.</param>
public sealed record ImagePlace(Digest Sha256, string Shard, long Offset, long Size);

/// <summary>The image files of a sealed version, by digest. They are entries of few large tar archives, read one by one through an index (docs/formats/image-datasets.md).</summary>
public sealed class SealedImages
{
    /// <summary>Name of the index.</summary>
    public const string IndexName = "images.jsonl";

    private readonly IBlobStore _blobs;
    private readonly ResourceName _dataset;
    private readonly string _version;
    private readonly Dictionary<Digest, ImagePlace> _places = [];

    private SealedImages(IBlobStore blobs, ResourceName dataset, string version) => (_blobs, _dataset, _version) = (blobs, dataset, version);

    /// <summary>How many images there are.</summary>
    public int Count => _places.Count;

    /// <summary>Name of an archive.</summary>
    /// <param name="number">0 and up.</param>
    public static string ShardName(int number) => FormattableString.Invariant($"images-{number:D5}.tar");

    /// <summary>Reads the index of a version.</summary>
    /// <param name="blobs">Holds the version.</param>
    /// <param name="manifest">The version's manifest, verified.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="TemperException">Code <c>dataset_corrupt</c>.</exception>
    public static async Task<SealedImages> OpenAsync(IBlobStore blobs, DatasetManifest manifest, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        var images = new SealedImages(blobs, manifest.Dataset, manifest.VersionKey);
        if (manifest.Images is not [.., { Path: IndexName } index])
            throw images.Corrupt(IndexName, "is not named by the manifest");
        var bytes = await images.ReadAsync(IndexName, 0, index.Size, ct).ConfigureAwait(false);
        if (Digest.Of(bytes) != index.Sha256)
            throw images.Corrupt(IndexName, $"is not the file of digest {index.Sha256.Short} that the manifest names");
        using var lines = new MemoryStream(bytes);
        await foreach (var place in JsonSerializer.DeserializeAsyncEnumerable<ImagePlace>(lines, topLevelValues: true, Wire.Json, ct).ConfigureAwait(false))
            images._places[place!.Sha256] = place;
        return images;
    }

    /// <summary>The bytes of an image, verified.</summary>
    /// <param name="image">Digest of its file.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="TemperException">Code <c>dataset_corrupt</c>.</exception>
    public async Task<byte[]> ReadAsync(Digest image, CancellationToken ct)
    {
        var place = _places.GetValueOrDefault(image) ?? throw Corrupt(IndexName, $"lacks the image {image.Short}");
        var bytes = await ReadAsync(place.Shard, place.Offset, place.Size, ct).ConfigureAwait(false);
        return Digest.Of(bytes) == image ? bytes : throw Corrupt(place.Shard, $"holds other bytes than the image {image.Short} has");
    }

    private async Task<byte[]> ReadAsync(string file, long offset, long size, CancellationToken ct)
    {
        await using var stream = await _blobs.OpenAsync(BlobLayout.Dataset(_dataset, _version, file), offset, size, null, ct).ConfigureAwait(false);
        var bytes = new byte[size];
        return await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, ct).ConfigureAwait(false) == bytes.Length ? bytes : throw Corrupt(file, "is too short");
    }

    private TemperException Corrupt(string file, string what) => new("dataset_corrupt", $"{file} of {_dataset}, version {_version}, {what}.");
}
