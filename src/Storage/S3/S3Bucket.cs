using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Temper.Core.Blobs;
using Temper.Core.Errors;

namespace Temper.Storage.S3;

/// <summary>One bucket: its objects' names, and calls whose errors are the catalogue's. That the bucket exists is checked before the first call.</summary>
internal sealed class S3Bucket(IAmazonS3 client, S3Address address, TimeProvider clock)
{
    private const int MostConflicts = 6;
    private volatile bool _known;

    public IAmazonS3 Client => client;

    public S3Address Address => address;

    public TimeProvider Clock => clock;

    public string Name => address.Bucket;

    /// <summary>Put before every key.</summary>
    public string Before { get; } = address.Prefix.Length == 0 ? "" : address.Prefix + "/";

    /// <summary>The object's name.</summary>
    public string ObjectOf(BlobKey key) => Before + key;

    /// <summary>Makes a call; a conflict between conditional writes is tried again after a pause.</summary>
    public async Task<T> CallAsync<T>(BlobKey? key, Func<Task<T>> call, CancellationToken ct)
    {
        try
        {
            if (!_known)
                await LookAsync(ct);
            for (var conflicts = 0; ; conflicts++)
            {
                try
                {
                    return await call();
                }
                catch (AmazonServiceException error) when (S3Errors.IsConflict(error) && conflicts < MostConflicts)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(20 << conflicts), clock, ct);
                }
            }
        }
        catch (Exception error) when (!ct.IsCancellationRequested && S3Errors.Translate(error, key, address) is { } translated)
        {
            throw translated;
        }
    }

    /// <summary>What is stored under a key now; null when nothing is.</summary>
    public async Task<(BlobInfo Info, S3Version Version)?> LookAsync(BlobKey key, CancellationToken ct)
    {
        try
        {
            var found = await client.GetObjectMetadataAsync(new GetObjectMetadataRequest { BucketName = Name, Key = ObjectOf(key) }, ct);
            var version = S3Version.Of(found.ETag, found.Metadata);
            return (new(key, found.ContentLength, version.ToString()), version);
        }
        catch (AmazonServiceException error) when (S3Errors.IsMissing(error))
        {
            return null;
        }
    }

    private async Task LookAsync(CancellationToken ct)
    {
        try
        {
            await client.HeadBucketAsync(new HeadBucketRequest { BucketName = Name }, ct);
        }
        catch (AmazonServiceException error) when (error.StatusCode == HttpStatusCode.NotFound)
        {
            throw S3Errors.NoBucket(address, error);
        }
        catch (AmazonServiceException error) when (error.StatusCode == HttpStatusCode.Forbidden && error.ErrorCode != "InvalidAccessKeyId")
        {
            // An identity may be allowed to use objects without being allowed to look at the bucket; the call itself will tell.
        }
        _known = true;
    }
}
