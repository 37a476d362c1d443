using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;

namespace Temper.Storage.S3;

/// <summary>Objects that arrive in parts. A token is <c>MARK.UPLOAD</c>: the writer's mark, which the finished object carries, and the service's id.</summary>
internal sealed class S3Parts(S3Bucket bucket)
{
    private const int MostParts = 10_000;

    public Task<string> BeginAsync(BlobKey key, CancellationToken ct) => bucket.CallAsync(key, async () =>
    {
        var mark = Ulid.New(bucket.Clock);
        var begin = new InitiateMultipartUploadRequest { BucketName = bucket.Name, Key = bucket.ObjectOf(key) };
        begin.Metadata[S3Version.MarkName] = mark;
        return $"{mark}.{(await bucket.Client.InitiateMultipartUploadAsync(begin, ct)).UploadId}";
    }, ct);

    public async Task<BlobPart> StageAsync(BlobKey key, string token, int number, Stream content, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, MostParts);
        var (_, upload) = Read(key, token);
        await using var known = await KnownLength.OfAsync(content, ct);
        var size = known.Content.Length - known.Content.Position;
        return await bucket.CallAsync(key, async () =>
        {
            var part = new UploadPartRequest
            {
                BucketName = bucket.Name,
                Key = bucket.ObjectOf(key),
                UploadId = upload,
                PartNumber = number,
                InputStream = known.Content,
                PartSize = size,
                UseChunkEncoding = false,
            };
            return new BlobPart(number, (await bucket.Client.UploadPartAsync(part, ct)).ETag.Trim('"'), size);
        }, ct);
    }

    public async Task<BlobInfo?> CommitAsync(BlobKey key, string token, IReadOnlyList<BlobPart> parts, Func<string, Task<BlobInfo?>> empty, CancellationToken ct)
    {
        var (mark, upload) = Read(key, token);
        if (await bucket.CallAsync(key, () => bucket.LookAsync(key, ct), ct) is not null || parts.Count == 0)
        {
            await AbandonAsync(key, token, ct);
            // The service joins no less than one part; with the mark of the upload the name is taken or free as for any other.
            return parts.Count == 0 ? await empty(mark) : null;
        }
        var made = await bucket.CallAsync(key, () => JoinAsync(key, mark, upload, parts, ct), ct);
        if (made is null)
            await AbandonAsync(key, token, ct);
        return made;
    }

    public async Task AbandonAsync(BlobKey key, string token, CancellationToken ct)
    {
        var (_, upload) = Read(key, token);
        await bucket.CallAsync(key, async () =>
        {
            try
            {
                await bucket.Client.AbortMultipartUploadAsync(bucket.Name, bucket.ObjectOf(key), upload, ct);
            }
            catch (AmazonServiceException error) when (S3Errors.IsNoUpload(error))
            {
                // Finished or given up before.
            }
            return true;
        }, ct);
    }

    private async Task<BlobInfo?> JoinAsync(BlobKey key, string mark, string upload, IReadOnlyList<BlobPart> parts, CancellationToken ct)
    {
        var join = new CompleteMultipartUploadRequest
        {
            BucketName = bucket.Name,
            Key = bucket.ObjectOf(key),
            UploadId = upload,
            PartETags = [.. parts.OrderBy(p => p.Number).Select(p => new PartETag(p.Number, p.Token))],
            IfNoneMatch = "*",
        };
        try
        {
            await bucket.Client.CompleteMultipartUploadAsync(join, ct);
            return await OursAsync(key, mark, ct);
        }
        catch (AmazonServiceException error) when (S3Errors.IsRefused(error))
        {
            return await OursAsync(key, mark, ct);
        }
        catch (AmazonServiceException error) when (S3Errors.IsNoUpload(error))
        {
            // Our own first try, whose answer was lost; or a name that somebody else took.
            return await bucket.LookAsync(key, ct) is not { } found ? throw S3Errors.Translate(error, key, bucket.Address)! : found.Version.Mark == mark ? found.Info : null;
        }
    }

    private async Task<BlobInfo?> OursAsync(BlobKey key, string mark, CancellationToken ct) =>
        await bucket.LookAsync(key, ct) is { } found && found.Version.Mark == mark ? found.Info : null;

    private static (string Mark, string Upload) Read(BlobKey key, string token)
    {
        var cut = token.Split('.', 2);
        return cut.Length == 2 && Ulid.IsValid(cut[0]) && cut[1].Length > 0
            ? (cut[0], cut[1])
            : throw new TemperException("blob_missing", $"The store has no unfinished blob '{key}' under the token '{token}'.", hint: "Begin the upload again.");
    }
}
