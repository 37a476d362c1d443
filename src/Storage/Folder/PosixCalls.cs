using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Temper.Storage.Folder;

/// <summary>The calls of the operating system that a durable store needs and .NET does not offer.</summary>
internal static class PosixCalls
{
    private const int Exists = 17, NoEntry = 2;

    /// <summary>Outcome of <see cref="Link"/>.</summary>
    public enum LinkOutcome { Made, NameTaken, FolderGone, NotSupported }

    /// <summary>Gives a file a second name unless that name is taken: the one step that creates a blob.</summary>
    public static LinkOutcome Link(string file, string name)
    {
        if (OperatingSystem.IsWindows())
            return LinkOutcome.NotSupported;
        if (link(file, name) == 0)
            return LinkOutcome.Made;
        return Marshal.GetLastPInvokeError() switch
        {
            Exists => LinkOutcome.NameTaken,
            NoEntry => LinkOutcome.FolderGone,
            _ => LinkOutcome.NotSupported,
        };
    }

    /// <summary>Makes the names in a folder survive power loss. Windows keeps names in its own journal.</summary>
    public static void SyncFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        var descriptor = open(path, 0);
        if (descriptor < 0)
            throw Failure(path);
        try
        {
            // EINVAL: a file system that cannot sync folders, such as some network mounts, has nothing better to offer.
            if (fsync(descriptor) != 0 && Marshal.GetLastPInvokeError() != 22)
                throw Failure(path);
        }
        finally
        {
            _ = close(descriptor);
        }
    }

    /// <summary>Asks the system to begin writing a part of a file to the disk, and does not wait. A hint: where there is no such call, nothing happens.</summary>
    public static void StartWriting(SafeFileHandle file, long offset, long count)
    {
        const uint write = 2;
        if (OperatingSystem.IsLinux())
            _ = sync_file_range(file, offset, count, write);
    }

    private static IOException Failure(string path)
    {
        var code = Marshal.GetLastPInvokeError();
        return new IOException($"{Marshal.GetPInvokeErrorMessage(code)} : '{path}'", code);
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int link([MarshalAs(UnmanagedType.LPUTF8Str)] string file, [MarshalAs(UnmanagedType.LPUTF8Str)] string name);

    [DllImport("libc", SetLastError = true)]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int sync_file_range(SafeFileHandle file, long offset, long count, uint flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int fsync(int descriptor);

    [DllImport("libc", SetLastError = true)]
    private static extern int close(int descriptor);
}
