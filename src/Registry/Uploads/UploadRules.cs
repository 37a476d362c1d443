using Temper.Core.Errors;
using Temper.Core.Registry;

namespace Temper.Registry.Uploads;

/// <summary>What an upload may hold. The server asks when an upload is opened, a dry run asks before anything is sent: both say the same.</summary>
public static class UploadRules
{
    /// <summary>Most files of one upload.</summary>
    public const int MostFiles = 20_000;

    /// <summary>Bytes that one file may have where the host decides nothing else: 1 TiB.</summary>
    public const long LargestFile = 1L << 40;

    /// <summary>Checks the names, the number and the announced sizes of an upload's files; their digests are not looked at.</summary>
    /// <param name="request">What would be sent, and where it goes.</param>
    /// <param name="upload">The upload's id, which is part of the blobs' names.</param>
    /// <param name="largestFile">Bytes that one file may have.</param>
    /// <exception cref="TemperException">Everything that is wrong: <c>upload_empty</c>, <c>upload_too_large</c>, <c>path_invalid</c>, <c>blob_key_invalid</c>,
    /// <c>path_collision</c>, <c>unsafe_format</c>.</exception>
    public static void Check(UploadRequest request, string upload, long largestFile)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Files.Count == 0)
            throw new TemperException("upload_empty", $"The upload to {request.Name} has no files.");
        if (request.Files.Count > MostFiles)
            throw new TemperException("upload_too_large", $"The upload to {request.Name} has {request.Files.Count} files; the server takes {MostFiles} at once.");
        var sizes = request.Files.Where(file => file.Size < 0 || file.Size > largestFile)
            .Select(file => new Problem("upload_too_large", $"{file.Path} announces {file.Size} bytes; the server takes 0 to {largestFile}.") { File = file.Path }).ToList();
        if (sizes.Count > 0)
            throw new TemperException(sizes);
        UploadNames.Check(request.Kind, request.Name, upload, request.Files);
    }
}
