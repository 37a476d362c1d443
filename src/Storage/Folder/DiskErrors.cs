using Temper.Core.Errors;

namespace Temper.Storage.Folder;

/// <summary>What the file system's errors mean.</summary>
public static class DiskErrors
{
    private const int NoPermission = 1, AccessDenied = 13, WouldBlock = 11, NoSpace = 28, ReadOnly = 30, WouldBlockMac = 35, QuotaMac = 69, Quota = 122;
    private const int WindowsDiskFull = unchecked((int)0x80070070), WindowsHandleDiskFull = unchecked((int)0x80070027);
    private const int WindowsSharing = unchecked((int)0x80070020), WindowsLock = unchecked((int)0x80070021);

    /// <summary>The catalogue's error for <paramref name="error"/>; null when it is not one of the file system.</summary>
    internal static TemperException? Translate(Exception error, string path) => error switch
    {
        UnauthorizedAccessException => Denied(error, path),
        IOException when IsFull(error) =>
            new("disk_full", $"There is no space left to write {path}.", inner: error),
        IOException { HResult: NoPermission or AccessDenied or ReadOnly } => Denied(error, path),
        IOException => new("storage_unavailable", $"{path} cannot be read or written: {error.Message}", inner: error),
        _ => null,
    };

    /// <summary>There is no space left, or none of what somebody may use.</summary>
    public static bool IsFull(Exception error) => error is IOException { HResult: NoSpace or Quota or QuotaMac or WindowsDiskFull or WindowsHandleDiskFull };

    /// <summary>Somebody else holds the lock of the file.</summary>
    internal static bool IsLocked(IOException error) => error.HResult is WouldBlock or WouldBlockMac or WindowsSharing or WindowsLock;

    private static TemperException Denied(Exception error, string path) =>
        new("permission_denied", $"The operating system refuses to write {path}: {error.Message}", inner: error);
}
