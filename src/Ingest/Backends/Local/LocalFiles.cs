using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>The file system's errors as the catalogue's.</summary>
internal static class LocalFiles
{
    /// <summary>Runs <paramref name="work"/>, which touches the file or folder at <paramref name="path"/>.</summary>
    public static T Guard<T>(Func<T> work, string path)
    {
        try
        {
            return work();
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TemperException("SRC_MISSING", $"'{path}' is not there any more.", inner: error);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new TemperException("permission_denied", $"The operating system refuses to read '{path}'.", inner: error);
        }
        catch (IOException error)
        {
            throw new TemperException("storage_unavailable", $"'{path}' cannot be read: {error.Message}", inner: error);
        }
    }

    /// <summary>The file is not the version that was listed.</summary>
    public static TemperException Changed(string item, string address) =>
        new("SRC_CHANGED", $"'{item}' of {address} has changed since it was listed; nothing of the new version was read.");
}
