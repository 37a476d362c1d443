using Azure;
using Azure.Identity;
using Azure.Storage.Blobs.Models;
using Temper.Core.Blobs;
using Temper.Core.Errors;

namespace Temper.Storage.AzureBlobs;

/// <summary>What the service's answers mean.</summary>
internal static class AzureErrors
{
    /// <summary>A create-only write met a blob.</summary>
    public static bool IsTaken(RequestFailedException error) =>
        error.ErrorCode == BlobErrorCode.BlobAlreadyExists || error.Status == 412 || (error.Status == 409 && error.ErrorCode is null);

    /// <summary>There is no such blob.</summary>
    public static bool IsMissing(RequestFailedException error) =>
        error.ErrorCode == BlobErrorCode.BlobNotFound || (error.Status == 404 && error.ErrorCode is null);

    /// <summary>The catalogue's error; null for one that is not the service's.</summary>
    public static TemperException? Translate(Exception error, BlobKey? key, Uri container) => error switch
    {
        RequestFailedException e when IsMissing(e) => new("blob_missing", $"There is no blob '{key}' in {container.GetLeftPart(UriPartial.Path)}.", inner: e),
        RequestFailedException { Status: 412 } e => new("blob_changed", $"The blob '{key}' is not the version that was expected.", inner: e),
        RequestFailedException { Status: 401 or 403 } or AuthenticationFailedException =>
            new("permission_denied", $"The blob store {container.GetLeftPart(UriPartial.Path)} refuses access: {FirstLine(error)}", inner: error),
        RequestFailedException or AggregateException { InnerException: RequestFailedException } =>
            new("storage_unavailable", $"The blob store {container.GetLeftPart(UriPartial.Path)} does not answer: {FirstLine(error)}", inner: error),
        _ => null,
    };

    private static string FirstLine(Exception error) => error.Message.Split('\n')[0].Trim();
}
