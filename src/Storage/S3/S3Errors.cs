using System.Net;
using Amazon.Runtime;
using Temper.Core.Blobs;
using Temper.Core.Errors;

namespace Temper.Storage.S3;

/// <summary>What the service's answers mean.</summary>
internal static class S3Errors
{
    /// <summary>There is no such object.</summary>
    public static bool IsMissing(AmazonServiceException error) => error.StatusCode == HttpStatusCode.NotFound && error.ErrorCode is not ("NoSuchBucket" or "NoSuchUpload");

    /// <summary>A condition of the call does not hold.</summary>
    public static bool IsRefused(AmazonServiceException error) => error.StatusCode == HttpStatusCode.PreconditionFailed;

    /// <summary>Another conditional write of the same name is under way; the service asks to try again.</summary>
    public static bool IsConflict(AmazonServiceException error) => error.StatusCode == HttpStatusCode.Conflict;

    /// <summary>The upload was finished or given up.</summary>
    public static bool IsNoUpload(AmazonServiceException error) => error.ErrorCode == "NoSuchUpload";

    /// <summary>The catalogue's error; null for one that is not the service's.</summary>
    public static TemperException? Translate(Exception error, BlobKey? key, S3Address address) => error switch
    {
        // A connection that a policy refused says so itself.
        HttpRequestException or AmazonClientException when Refused(error) is { } refused => refused,
        AmazonServiceException e when IsNoUpload(e) =>
            new("blob_missing", $"The store has no unfinished blob '{key}' under that token.", "Begin the upload again.", e),
        AmazonServiceException { ErrorCode: "InvalidPart" or "InvalidPartOrder" } e =>
            new("blob_missing", $"A part of the unfinished blob '{key}' is not in the store.", "Send that part again.", e),
        AmazonServiceException { ErrorCode: "EntityTooSmall" } e =>
            new("upload_piece_size", $"A part of '{key}' other than its last has fewer than 5 MiB; S3 joins none such.", "Send larger pieces.", e),
        AmazonServiceException { ErrorCode: "NoSuchBucket" } e => NoBucket(address, e),
        AmazonServiceException e when IsMissing(e) => new("blob_missing", $"There is no blob '{key}' in {address}.", inner: e),
        AmazonServiceException e when IsRefused(e) => new("blob_changed", $"The blob '{key}' is not the version that was expected.", inner: e),
        AmazonServiceException { StatusCode: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden } e =>
            new("permission_denied", $"The blob store {address} refuses access: {FirstLine(e)}", "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the profile or the machine's role.", e),
        AmazonServiceException e => new("storage_unavailable", $"The blob store {address} does not answer as it should: {FirstLine(e)}", inner: e),
        AmazonClientException e => new("permission_denied", $"The blob store {address} cannot be asked: {FirstLine(e)}", "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role.", e),
        HttpRequestException or IOException or TimeoutException => new("storage_unavailable", $"The blob store {address} does not answer: {FirstLine(error)}", inner: error),
        TaskCanceledException { InnerException: TimeoutException } => new("storage_unavailable", $"The blob store {address} does not answer in time.", inner: error),
        _ => null,
    };

    /// <summary>There is no such bucket.</summary>
    public static TemperException NoBucket(S3Address address, Exception? inner) =>
        new("storage_unavailable", $"The bucket '{address.Bucket}' of {address} does not exist.", "Make it, or correct its name; it is not made by itself.", inner);

    private static TemperException? Refused(Exception? error) => error is null or TemperException ? error as TemperException : Refused(error.InnerException);

    private static string FirstLine(Exception error) => error.Message.Split('\n')[0].Trim();
}
