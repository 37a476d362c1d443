using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Temper.Core.Files;

namespace Temper.Storage.Folder;

/// <summary>The calls of the operating system that a durable store needs and .NET does not offer.</summary>
internal static class PosixCalls
{
    private const int Exists = 17, NoEntry = 2;
    private static readonly int Direct = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x10000 : 0x4000;

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
    public static void SyncFolder(string path) => DurableNames.Flush(path);

    /// <summary>Asks the system to begin writing a part of a file to the disk, and does not wait. A hint: where there is no such call, nothing happens.</summary>
    public static void StartWriting(SafeFileHandle file, long offset, long count)
    {
        const uint write = 2;
        if (OperatingSystem.IsLinux())
            _ = sync_file_range(file, offset, count, write);
    }

    /// <summary>
    /// Whether reads and writes of a file pass the system's cache by from now on: then buffer, offset and count are multiples of 4096 bytes. False where
    /// the system or the file system has no such thing; nothing has changed then.
    /// </summary>
    public static bool PassCacheBy(SafeFileHandle file, bool on)
    {
        const int getFlags = 3, setFlags = 4;
        if (!OperatingSystem.IsLinux())
            return false;
        var flags = fcntl(file, getFlags, 0);
        return flags >= 0 && fcntl(file, setFlags, on ? flags | Direct : flags & ~Direct) == 0;
    }

    /// <summary>
    /// The same open file once more, read or written past the system's cache as <see cref="PassCacheBy"/> says, whatever became of its name; null where
    /// that cannot be had.
    /// </summary>
    public static SafeFileHandle? OpenPastCache(SafeFileHandle file, bool write)
    {
        const int closeOnExec = 0x80000;
        if (!OperatingSystem.IsLinux())
            return null;
        var descriptor = open($"/proc/self/fd/{file.DangerousGetHandle()}", (write ? 1 : 0) | Direct | closeOnExec);
        GC.KeepAlive(file);
        return descriptor < 0 ? null : new(descriptor, ownsHandle: true);
    }

    /// <summary>Bytes of a part of a file that the system's cache holds, by pages; null where it does not tell (Linux before 6.5).</summary>
    public static long? CachedBytes(SafeFileHandle file, long offset, long count)
    {
        const long cachestat = 451;
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess)
            return null;
        Span<long> range = [offset, count], found = stackalloc long[5];
        return syscall(cachestat, file, ref range[0], ref found[0], 0) == 0 ? found[0] * Environment.SystemPageSize : null;
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int link([MarshalAs(UnmanagedType.LPUTF8Str)] string file, [MarshalAs(UnmanagedType.LPUTF8Str)] string name);

    [DllImport("libc", SetLastError = true)]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int sync_file_range(SafeFileHandle file, long offset, long count, uint flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int fcntl(SafeFileHandle file, int command, int value);

    [DllImport("libc", SetLastError = true)]
    private static extern nint syscall(long number, SafeFileHandle file, ref long range, ref long found, uint flags);
}
