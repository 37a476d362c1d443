using System.Runtime.InteropServices;

namespace Temper.Core.Files;

/// <summary>Makes the names in a folder durable: a file that was made or renamed is so after a loss of power only when its folder was flushed.</summary>
public static class DurableNames
{
    private const int NotOffered = 22;

    /// <summary>Flushes the names in a folder to the disk; nothing on Windows, which keeps names in a journal of its own.</summary>
    /// <exception cref="IOException">The folder cannot be flushed.</exception>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        var descriptor = open(folder, 0);
        if (descriptor < 0)
            throw Failure(folder);
        try
        {
            // EINVAL: a file system that cannot sync folders, such as some network mounts, has nothing better to offer.
            if (fsync(descriptor) != 0 && Marshal.GetLastPInvokeError() != NotOffered)
                throw Failure(folder);
        }
        finally
        {
            _ = close(descriptor);
        }
    }

    private static IOException Failure(string path)
    {
        var code = Marshal.GetLastPInvokeError();
        return new IOException($"{Marshal.GetPInvokeErrorMessage(code)} : '{path}'", code);
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int fsync(int descriptor);

    [DllImport("libc", SetLastError = true)]
    private static extern int close(int descriptor);
}
