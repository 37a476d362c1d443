using System.Runtime.CompilerServices;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Storage.AzureBlobs;
using Temper.Storage.Blobs;

namespace Temper.Storage.S3;

/// <summary>
/// Blobs below a prefix of one S3 bucket, which must exist and support conditional writes (Amazon since 2024). Every write carries a precondition and a
/// mark of its own in the metadata, so that a write repeated after a lost answer is told apart from somebody else's, and equal contents are different
/// versions. Listings know the content's tag alone; it is good as a pin, too. A replacement that only the mark would refuse (a version with the same
/// bytes in between) is checked before it is sent, not by the service. Listing follows the service's order, by UTF-8 bytes. Errors:
/// <c>permission_denied</c>, <c>storage_unavailable</c>, naming the bucket.
/// </summary>
public sealed class S3BlobStore : IBlobStore
{
    private const int BlockSize = 8 << 20;

    private readonly S3Bucket _bucket;
    private readonly S3Parts _parts;
    private readonly TimeProvider _clock;

    /// <summary>A store.</summary>
    /// <param name="client">For the address; see <see cref="S3Address.Open"/>.</param>
    /// <param name="address">Bucket and prefix.</param>
    /// <param name="clock">For pauses and marks.</param>
    public S3BlobStore(IAmazonS3 client, S3Address address, TimeProvider clock)
    {
        (_bucket, _clock) = (new(client, address, clock), clock);
        _parts = new(_bucket);
    }

    /// <inheritdoc/>
    public Task<BlobInfo?> FindAsync(BlobKey key, CancellationToken ct) => _bucket.CallAsync(key, async () => (await _bucket.LookAsync(key, ct))?.Info, ct);

    /// <inheritdoc/>
    public async Task<BlobInfo?> CreateAsync(BlobKey key, Stream content, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(content);
        if (await FindAsync(key, ct) is not null)
            return null;
        var first = new byte[BlockSize];
        var count = await content.ReadAtLeastAsync(first, BlockSize, throwOnEndOfStream: false, ct);
        return count < BlockSize
            ? await PutAsync(key, first.AsMemory(0, count), Ulid.New(_clock), expected: null, ct)
            : await CreateInPartsAsync(key, first, content, ct);
    }

    /// <inheritdoc/>
    public async Task<BlobInfo> ReplaceAsync(BlobKey key, ReadOnlyMemory<byte> content, string expected, CancellationToken ct)
    {
        var version = S3Version.Parse(expected);
        if (version.Mark is not null && (await _bucket.CallAsync(key, () => _bucket.LookAsync(key, ct), ct))?.Version != version)
            throw Changed(key, expected);
        return await PutAsync(key, content, Ulid.New(_clock), version, ct) ?? throw Changed(key, expected);
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenAsync(BlobKey key, long offset, long? length, string? pinned, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length ?? 0, nameof(length));
        if (length == 0)
            return await NothingOfAsync(key, pinned, ct);
        try
        {
            var answer = await GetAsync(key, offset, length, pinned is null ? null : S3Version.Parse(pinned), ct);
            var version = S3Version.Of(answer.ETag, answer.Metadata);
            return new S3ReadStream(answer, (done, stop) => GetAsync(key, offset + done, length - done, version, stop), error => S3Errors.Translate(error, key, _bucket.Address));
        }
        catch (TemperException error) when (error.InnerException is AmazonServiceException { StatusCode: System.Net.HttpStatusCode.RequestedRangeNotSatisfiable })
        {
            return await NothingOfAsync(key, pinned, ct);
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken ct) => BlobNames.Ours(ListNamesAsync(prefix, ct));

    /// <summary>All objects below <paramref name="prefix"/>, those too whose names are no keys, in the service's order.</summary>
    public async IAsyncEnumerable<StoredName> ListNamesAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        var request = new ListObjectsV2Request { BucketName = _bucket.Name, Prefix = _bucket.Before + prefix };
        do
        {
            var page = await _bucket.CallAsync(null, () => _bucket.Client.ListObjectsV2Async(request, ct), ct);
            foreach (var found in page.S3Objects ?? [])
                yield return new(found.Key[_bucket.Before.Length..], found.Size ?? 0, found.ETag.Trim('"'));
            request.ContinuationToken = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (request.ContinuationToken is not null);
    }

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(BlobKey key, string? expected, CancellationToken ct) => _bucket.CallAsync(key, async () =>
    {
        if (await _bucket.LookAsync(key, ct) is not { } found)
            return false;
        if (expected is not null && !S3Version.Parse(expected).Names(found.Version))
            throw Changed(key, expected);
        var delete = new DeleteObjectRequest { BucketName = _bucket.Name, Key = _bucket.ObjectOf(key), IfMatch = expected is null ? null : found.Version.Header };
        await _bucket.Client.DeleteObjectAsync(delete, ct);
        return true;
    }, ct);

    /// <inheritdoc/>
    public Task<string> BeginPartsAsync(BlobKey key, CancellationToken ct) => _parts.BeginAsync(key, ct);

    /// <inheritdoc/>
    public Task<BlobPart> StagePartAsync(BlobKey key, string token, int number, Stream content, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(content);
        return _parts.StageAsync(key, token, number, content, ct);
    }

    /// <inheritdoc/>
    public Task<BlobInfo?> CommitPartsAsync(BlobKey key, string token, IReadOnlyList<BlobPart> parts, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(parts);
        return _parts.CommitAsync(key, token, parts, mark => PutAsync(key, ReadOnlyMemory<byte>.Empty, mark, expected: null, ct), ct);
    }

    /// <inheritdoc/>
    public Task AbandonPartsAsync(BlobKey key, string token, CancellationToken ct) => _parts.AbandonAsync(key, token, ct);

    /// <summary>Writes where nothing is, or over <paramref name="expected"/>; null when that does not hold.</summary>
    private Task<BlobInfo?> PutAsync(BlobKey key, ReadOnlyMemory<byte> content, string mark, S3Version? expected, CancellationToken ct) => _bucket.CallAsync(key, async () =>
    {
        using var bytes = new MemoryStream(content.ToArray(), writable: false);
        var put = new PutObjectRequest { BucketName = _bucket.Name, Key = _bucket.ObjectOf(key), InputStream = bytes, AutoCloseStream = false, UseChunkEncoding = false };
        put.Metadata[S3Version.MarkName] = mark;
        put.IfNoneMatch = expected is null ? "*" : null;
        put.IfMatch = expected?.Header;
        try
        {
            var made = await _bucket.Client.PutObjectAsync(put, ct);
            return new BlobInfo(key, content.Length, new S3Version(made.ETag.Trim('"'), mark).ToString());
        }
        catch (AmazonServiceException error) when (S3Errors.IsRefused(error) || S3Errors.IsMissing(error))
        {
            return await _bucket.LookAsync(key, ct) is { } found && found.Version.Mark == mark ? found.Info : null;
        }
    }, ct);

    private async Task<BlobInfo?> CreateInPartsAsync(BlobKey key, byte[] first, Stream rest, CancellationToken ct)
    {
        var token = await _parts.BeginAsync(key, ct);
        try
        {
            var parts = new List<BlobPart>();
            var (block, count) = (first, first.Length);
            while (count > 0)
            {
                parts.Add(await _parts.StageAsync(key, token, parts.Count + 1, new MemoryStream(block, 0, count, writable: false), ct));
                // The service takes 10,000 parts: blocks grow, so that terabytes fit.
                if (parts.Count % 1000 == 0)
                    block = new byte[block.Length * 2];
                count = await rest.ReadAtLeastAsync(block, block.Length, throwOnEndOfStream: false, ct);
            }
            return await CommitPartsAsync(key, token, parts, ct);
        }
        catch
        {
            await _parts.AbandonAsync(key, token, CancellationToken.None);
            throw;
        }
    }

    private Task<GetObjectResponse> GetAsync(BlobKey key, long offset, long? length, S3Version? pinned, CancellationToken ct) => _bucket.CallAsync(key, async () =>
    {
        var get = new GetObjectRequest { BucketName = _bucket.Name, Key = _bucket.ObjectOf(key), EtagToMatch = pinned?.Header };
        if (offset > 0 || length is not null)
            get.ByteRange = length is { } count && count <= long.MaxValue - offset ? new ByteRange(offset, offset + count - 1) : new ByteRange($"bytes={offset}-");
        var answer = await _bucket.Client.GetObjectAsync(get, ct);
        if (pinned is not { } version || version.Names(S3Version.Of(answer.ETag, answer.Metadata)))
            return answer;
        answer.Dispose();
        throw Changed(key, version.ToString());
    }, ct);

    private async Task<Stream> NothingOfAsync(BlobKey key, string? pinned, CancellationToken ct)
    {
        var found = await _bucket.CallAsync(key, () => _bucket.LookAsync(key, ct), ct)
            ?? throw new TemperException("blob_missing", $"There is no blob '{key}' in {_bucket.Address}.");
        return pinned is null || S3Version.Parse(pinned).Names(found.Version) ? new MemoryStream([], writable: false) : throw Changed(key, pinned);
    }

    private static TemperException Changed(BlobKey key, string expected) =>
        new("blob_changed", $"The blob '{key}' should be version {expected}; it is another or gone.");
}
