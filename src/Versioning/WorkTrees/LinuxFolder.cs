using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Temper.Core.Errors;

namespace Temper.Versioning.WorkTrees;

/// <summary>
/// A folder read by the calls of Linux: one listing, and one call for the facts of each name that is asked for. What runs for every file is compiled
/// well at once: a verb is over before the runtime would find out.
/// </summary>
internal sealed class LinuxFolder : ScannedFolder
{
    private const int NoFollow = 0x100, CurrentFolder = -100;
    private const uint BasicFacts = 0x7FF;
    private const int NotThere = 2, NotAFolder = 20, TooManyLinks = 40;
    private IntPtr _stream;
    private readonly int _descriptor;

    private LinuxFolder(IntPtr stream) => (_stream, _descriptor) = (stream, dirfd(stream));

    public static LinuxFolder? OpenAt(string path)
    {
        if (Stat(CurrentFolder, path) is not { Kind: NameKind.Folder })
            return null;
        var stream = opendir(path);
        if (stream == IntPtr.Zero)
            return Marshal.GetLastPInvokeError() is NotThere or NotAFolder or TooManyLinks ? null : throw Denied(path);
        var folder = new LinuxFolder(stream);
        folder.ReadNames();
        return folder;
    }

    public override FileFacts? Stat(string name) => Stat(_descriptor, name);

    /// <summary>Facts of a path below an open folder, or of a full one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static FileFacts? Stat(int folder, string path)
    {
        Span<byte> name = stackalloc byte[path.Length <= 60 ? 192 : Encoding.UTF8.GetMaxByteCount(path.Length) + 1];
        name[Encoding.UTF8.GetBytes(path, name)] = 0;
        Span<byte> facts = stackalloc byte[256];
        if (statx(folder, ref MemoryMarshal.GetReference(name), NoFollow, BasicFacts, ref MemoryMarshal.GetReference(facts)) != 0)
            return Marshal.GetLastPInvokeError() is NotThere or NotAFolder or TooManyLinks ? null : throw Denied(path);
        return Read(facts);
    }

    public override void Dispose()
    {
        if (_stream != IntPtr.Zero)
            _ = closedir(_stream);
        _stream = IntPtr.Zero;
    }

    // struct statx: mode at 28, inode at 32, size at 40, times of 16 bytes: access 64, birth 80, change 96, modification 112.
    private static FileFacts Read(ReadOnlySpan<byte> facts)
    {
        var mode = MemoryMarshal.Read<ushort>(facts[28..]);
        var kind = (mode & 0xF000) switch { 0x8000 => NameKind.File, 0x4000 => NameKind.Folder, 0xA000 => NameKind.Link, _ => NameKind.Special };
        return new(kind, kind == NameKind.File && (mode & 0x40) != 0, MemoryMarshal.Read<long>(facts[40..]),
            new(Time(facts[112..]), Time(facts[96..]), MemoryMarshal.Read<long>(facts[32..])));
    }

    private static long Time(ReadOnlySpan<byte> time) => MemoryMarshal.Read<long>(time) * 1_000_000_000 + MemoryMarshal.Read<uint>(time[8..]);

    // struct dirent of 64-bit systems: kind at 18, name from 19.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ReadNames()
    {
        while (readdir(_stream) is var entry && entry != IntPtr.Zero)
        {
            var name = Marshal.PtrToStringUTF8(entry + 19)!;
            if (name is "." or "..")
                continue;
            var kind = Marshal.ReadByte(entry, 18) switch
            {
                8 => NameKind.File,
                4 => NameKind.Folder,
                10 => NameKind.Link,
                // Some file systems do not tell with the name.
                0 => Stat(name)?.Kind ?? NameKind.Special,
                _ => NameKind.Special,
            };
            Names.Add((name, kind));
        }
    }

    private static TemperException Denied(string path) =>
        new("permission_denied", $"'{path}' cannot be read: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");

    [DllImport("libc", SetLastError = true)]
    private static extern IntPtr opendir([MarshalAs(UnmanagedType.LPUTF8Str)] string path);

    [DllImport("libc")]
    private static extern IntPtr readdir(IntPtr stream);

    [DllImport("libc")]
    private static extern int closedir(IntPtr stream);

    [DllImport("libc")]
    private static extern int dirfd(IntPtr stream);

    [DllImport("libc", SetLastError = true)]
    private static extern int statx(int folder, ref byte path, int flags, uint mask, ref byte facts);
}
