using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Temper.Ingest;

/// <summary>What the file system says of a file now.</summary>
/// <param name="IsFile">A plain file: no folder, pipe, socket or device.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Version">
/// Changes with every write, replacement or change of times. On Linux device, inode, size and both times to the tick of the file system (up to 4 ms):
/// two writes of one size within one tick are one. Elsewhere size and time.
/// </param>
public readonly record struct FileState(bool IsFile, long Size, string Version)
{
    private const int CurrentFolder = -100, EmptyPath = 0x1000, BasicStats = 0x7ff, KindMask = 0xF000, PlainFile = 0x8000, NoEntry = 2, NoFolder = 20;

    /// <summary>Of the file at a path, links followed; null when there is none.</summary>
    public static FileState? Of(string path)
    {
        if (OperatingSystem.IsLinux())
            return Read(CurrentFolder, path, 0);
        var info = new FileInfo(path);
        return info.Exists ? Portable(info.Length, info.LastWriteTimeUtc) : Directory.Exists(path) ? new(false, 0, "") : null;
    }

    /// <summary>Of an open file.</summary>
    public static FileState Of(SafeFileHandle file) => OperatingSystem.IsLinux()
        ? Read((int)file.DangerousGetHandle(), "", EmptyPath) ?? throw new IOException("The open file has no state.")
        : Portable(RandomAccess.GetLength(file), File.GetLastWriteTimeUtc(file));

    private static FileState Portable(long size, DateTime written) => new(true, size, string.Create(CultureInfo.InvariantCulture, $"{size:x}-{written.Ticks:x}"));

    private static FileState? Read(int folder, string path, int flags)
    {
        Span<byte> s = stackalloc byte[256];
        if (statx(folder, path, flags, BasicStats, ref MemoryMarshal.GetReference(s)) != 0)
            return Marshal.GetLastPInvokeError() is NoEntry or NoFolder ? null : throw Failure(path);
        var size = MemoryMarshal.Read<long>(s[40..]);
        var version = string.Create(CultureInfo.InvariantCulture,
            $"{MemoryMarshal.Read<uint>(s[136..]):x}.{MemoryMarshal.Read<uint>(s[140..]):x}-{MemoryMarshal.Read<ulong>(s[32..]):x}-{size:x}-{Time(s[112..])}-{Time(s[96..])}");
        return new((MemoryMarshal.Read<ushort>(s[28..]) & KindMask) == PlainFile, size, version);
    }

    private static string Time(ReadOnlySpan<byte> stamp) =>
        string.Create(CultureInfo.InvariantCulture, $"{MemoryMarshal.Read<long>(stamp):x}.{MemoryMarshal.Read<uint>(stamp[8..]):x}");

    private static Exception Failure(string path)
    {
        var code = Marshal.GetLastPInvokeError();
        var message = $"{Marshal.GetPInvokeErrorMessage(code)} : '{path}'";
        return code is 1 or 13 ? new UnauthorizedAccessException(message) : new IOException(message, code);
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int statx(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, ref byte state);
}
