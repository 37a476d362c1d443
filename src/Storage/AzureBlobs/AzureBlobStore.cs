using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Storage.Blobs;
using BlobInfo = Temper.Core.Blobs.BlobInfo;

namespace Temper.Storage.AzureBlobs;

/// <summary>
/// Blobs of one Azure container, which is made at first use unless that is not wanted; keys are the blobs' names. Every write carries a precondition and a mark of its own, so
/// that a write repeated after a lost answer is told apart from somebody else's. Listing follows the service's order, by UTF-8 bytes. Errors:
/// <c>permission_denied</c>, <c>storage_unavailable</c>, naming the container.
/// </summary>
public sealed class AzureBlobStore(BlobContainerClient container, TimeProvider clock, bool makeContainer = true) : IBlobStore
{
    private const int BlockSize = 8 << 20;
    private const string WriterMark = "temper_writer";

    private readonly AzureBlocks _blocks = new(clock, BlockSize);
    private volatile bool _containerMade = !makeContainer;

    /// <inheritdoc/>
    public Task<BlobInfo?> FindAsync(BlobKey key, CancellationToken ct) => CallAsync(key, async () =>
    {
        try
        {
            return Info(key, (await Blob(key).GetPropertiesAsync(cancellationToken: ct)).Value);
        }
        catch (RequestFailedException error) when (AzureErrors.IsMissing(error))
        {
            return null;
        }
    }, ct);

    /// <inheritdoc/>
    public async Task<BlobInfo?> CreateAsync(BlobKey key, Stream content, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(content);
        if (await FindAsync(key, ct) is not null)
            return null;
        var first = new byte[BlockSize];
        var count = await content.ReadAtLeastAsync(first, BlockSize, throwOnEndOfStream: false, ct);
        if (count == BlockSize)
            return await CreateOfBlocksAsync(key, first, content, ct);
        if (await CreateInOneAsync(key, first.AsMemory(0, count), ct) is { } made)
            return made;
        // Azurite takes a name with parts that were never committed for a blob; a list of blocks gets past that, and is refused where a blob is.
        return await FindAsync(key, ct) is null ? await CreateOfBlocksAsync(key, first.AsMemory(0, count), Stream.Null, ct) : null;
    }

    /// <inheritdoc/>
    public Task<BlobInfo> ReplaceAsync(BlobKey key, ReadOnlyMemory<byte> content, string expected, CancellationToken ct)
    {
        var mark = Ulid.New(clock);
        return CallAsync(key, async () =>
        {
            try
            {
                using var bytes = new MemoryStream(content.ToArray(), writable: false);
                var made = await Blob(key).UploadAsync(bytes, Options(mark, new BlobRequestConditions { IfMatch = new ETag(expected) }), ct);
                return new BlobInfo(key, content.Length, Text(made.Value.ETag));
            }
            catch (RequestFailedException error) when (error.Status == 412 || AzureErrors.IsMissing(error))
            {
                return await OursAsync(key, mark, ct)
                    ?? throw new TemperException("blob_changed", $"The blob '{key}' should be version {expected}; it is another or gone.", inner: error);
            }
        }, ct);
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenAsync(BlobKey key, long offset, long? length, string? pinned, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length ?? 0, nameof(length));
        if (length == 0)
            return await NothingOfAsync(key, pinned, ct);
        return await CallAsync(key, async () =>
        {
            try
            {
                // A connection that breaks while reading is taken up again at the same version, or fails.
                var conditions = pinned is null ? null : new BlobRequestConditions { IfMatch = new ETag(pinned) };
                var answer = await Blob(key).DownloadStreamingAsync(new BlobDownloadOptions { Range = new HttpRange(offset, length), Conditions = conditions }, ct);
                return answer.Value.Content;
            }
            catch (RequestFailedException error) when (error.Status == 416)
            {
                return await NothingOfAsync(key, pinned, ct);
            }
        }, ct);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken ct) => BlobNames.Ours(ListNamesAsync(prefix, ct));

    /// <summary>All blobs whose names begin with <paramref name="prefix"/>, those too whose names are no keys, in the service's order.</summary>
    public async IAsyncEnumerable<StoredName> ListNamesAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        await using var pages = container.GetBlobsAsync(prefix: prefix, cancellationToken: ct).AsPages().GetAsyncEnumerator(ct);
        while (await CallAsync(null, async () => await pages.MoveNextAsync(), ct))
            foreach (var item in pages.Current.Values)
                yield return new(item.Name, item.Properties.ContentLength ?? 0, Text(item.Properties.ETag ?? default));
    }

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(BlobKey key, string? expected, CancellationToken ct) => CallAsync(key, async () =>
    {
        try
        {
            var conditions = expected is null ? null : new BlobRequestConditions { IfMatch = new ETag(expected) };
            await Blob(key).DeleteAsync(DeleteSnapshotsOption.IncludeSnapshots, conditions, ct);
            return true;
        }
        catch (RequestFailedException error) when (AzureErrors.IsMissing(error))
        {
            return false;
        }
    }, ct);

    /// <inheritdoc/>
    public Task<string> BeginPartsAsync(BlobKey key, CancellationToken ct) => Task.FromResult(Ulid.New(clock));

    /// <inheritdoc/>
    public async Task<BlobPart> StagePartAsync(BlobKey key, string token, int number, Stream content, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(content);
        AzureBlocks.CheckPart(key, token, number);
        long size = 0;
        var blocks = new List<string>();
        await foreach (var (id, block) in _blocks.CutAsync(token, number, ReadOnlyMemory<byte>.Empty, content, ct))
        {
            blocks.Add(await StageAsync(key, id, block, ct));
            size += block.Length;
        }
        return new(number, AzureBlocks.PartToken(blocks), size);
    }

    /// <inheritdoc/>
    public async Task<BlobInfo?> CommitPartsAsync(BlobKey key, string token, IReadOnlyList<BlobPart> parts, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (await FindAsync(key, ct) is not null)
            return null;
        return await CommitAsync(key, [.. parts.OrderBy(p => p.Number).SelectMany(p => AzureBlocks.IdsOf(key, token, p))], ct);
    }

    /// <inheritdoc/>
    /// <remarks>The service drops parts that nobody committed after a week; there is no call for it.</remarks>
    public Task AbandonPartsAsync(BlobKey key, string token, CancellationToken ct) => Task.CompletedTask;

    private Azure.Storage.Blobs.Specialized.BlockBlobClient Blob(BlobKey key) =>
        Azure.Storage.Blobs.Specialized.SpecializedBlobExtensions.GetBlockBlobClient(container, BlobNames.Write(key));

    private Task<BlobInfo?> CreateInOneAsync(BlobKey key, ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        var mark = Ulid.New(clock);
        return CallAsync(key, async () =>
        {
            try
            {
                using var bytes = new MemoryStream(content.ToArray(), writable: false);
                var made = await Blob(key).UploadAsync(bytes, Options(mark, new BlobRequestConditions { IfNoneMatch = ETag.All }), ct);
                return new BlobInfo(key, content.Length, Text(made.Value.ETag));
            }
            catch (RequestFailedException error) when (AzureErrors.IsTaken(error))
            {
                return await OursAsync(key, mark, ct);
            }
        }, ct);
    }

    private async Task<BlobInfo?> CreateOfBlocksAsync(BlobKey key, ReadOnlyMemory<byte> begun, Stream rest, CancellationToken ct)
    {
        var (token, blocks) = (Ulid.New(clock), new List<string>());
        await foreach (var (id, block) in _blocks.CutAsync(token, 0, begun, rest, ct))
            blocks.Add(await StageAsync(key, id, block, ct));
        return await CommitAsync(key, blocks, ct);
    }

    private Task<string> StageAsync(BlobKey key, string id, ReadOnlyMemory<byte> block, CancellationToken ct) => CallAsync(key, async () =>
    {
        using var bytes = new MemoryStream(block.ToArray(), writable: false);
        await Blob(key).StageBlockAsync(id, bytes, cancellationToken: ct);
        return id;
    }, ct);

    private Task<BlobInfo?> CommitAsync(BlobKey key, List<string> blocks, CancellationToken ct)
    {
        var mark = Ulid.New(clock);
        return CallAsync(key, async () =>
        {
            try
            {
                await Blob(key).CommitBlockListAsync(blocks, new CommitBlockListOptions { Metadata = Mark(mark), Conditions = new() { IfNoneMatch = ETag.All } }, ct);
                return await OursAsync(key, mark, ct);
            }
            catch (RequestFailedException error) when (AzureErrors.IsTaken(error))
            {
                return await OursAsync(key, mark, ct);
            }
            catch (RequestFailedException error) when (error.ErrorCode == BlobErrorCode.InvalidBlockList)
            {
                // Another writer's commit of the same name throws our blocks away.
                return await FindAsync(key, ct) is not null
                    ? null
                    : throw new TemperException("blob_missing", $"A part of the unfinished blob '{key}' is not in the store.", hint: "Send that part again.", inner: error);
            }
        }, ct);
    }

    private async Task<BlobInfo?> OursAsync(BlobKey key, string mark, CancellationToken ct)
    {
        try
        {
            var found = (await Blob(key).GetPropertiesAsync(cancellationToken: ct)).Value;
            return found.Metadata.TryGetValue(WriterMark, out var writer) && writer == mark ? Info(key, found) : null;
        }
        catch (RequestFailedException error) when (AzureErrors.IsMissing(error))
        {
            return null;
        }
    }

    private async Task<Stream> NothingOfAsync(BlobKey key, string? pinned, CancellationToken ct)
    {
        var found = await FindAsync(key, ct) ?? throw new TemperException("blob_missing", $"There is no blob '{key}' in {container.Uri.GetLeftPart(UriPartial.Path)}.");
        return pinned is null || pinned == found.ETag
            ? new MemoryStream([], writable: false)
            : throw new TemperException("blob_changed", $"The blob '{key}' should be version {pinned}; it is {found.ETag}.");
    }

    private async Task<T> CallAsync<T>(BlobKey? key, Func<Task<T>> call, CancellationToken ct)
    {
        try
        {
            if (!_containerMade)
                await MakeContainerAsync(ct);
            return await call();
        }
        catch (Exception error) when (AzureErrors.Translate(error, key, container.Uri) is { } translated)
        {
            throw translated;
        }
    }

    private async Task MakeContainerAsync(CancellationToken ct)
    {
        try
        {
            await container.CreateIfNotExistsAsync(cancellationToken: ct);
        }
        catch (RequestFailedException error) when (error.Status == 403)
        {
            // An identity may be allowed to use a container without being allowed to make one; the call itself will tell.
        }
        _containerMade = true;
    }

    private static BlobUploadOptions Options(string mark, BlobRequestConditions conditions) => new()
    {
        Metadata = Mark(mark),
        Conditions = conditions,
        TransferOptions = new() { InitialTransferSize = 256L << 20, MaximumTransferSize = 256L << 20 },
    };

    private static Dictionary<string, string> Mark(string mark) => new() { [WriterMark] = mark };

    private static BlobInfo Info(BlobKey key, BlobProperties found) => new(key, found.ContentLength, Text(found.ETag));

    private static string Text(ETag etag) => etag.ToString("G").Trim('"');
}
