using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Temper.Core.Errors;

namespace Temper.Versioning.WorkTrees;

/// <summary>
/// A folder read by the calls of Linux: a call for some thousand names, and one for the facts of each name that is asked for.
/// </summary>
internal sealed class LinuxFolder : ScannedFolder
{
    private const int NoFollow = 0x100, CurrentFolder = -100;
    private const uint BasicFacts = 0x7FF;
    private const int NotThere = 2, NotAFolder = 20, TooManyLinks = 40;
    private const int ReadOnly = 0, CloseOnExec = 0x80000, ListingBytes = 64 << 10;
    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;
    private static readonly int Folder = IsArm ? 0x4000 : 0x10000, LinksStay = IsArm ? 0x8000 : 0x20000;
    private static readonly int ListNames = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 217 : 61;
    private int _descriptor;

    private LinuxFolder(int descriptor) => _descriptor = descriptor;

    public static LinuxFolder? OpenAt(string path)
    {
        var descriptor = open(path, ReadOnly | Folder | LinksStay | CloseOnExec, 0);
        if (descriptor < 0)
            return Marshal.GetLastPInvokeError() is NotThere or NotAFolder or TooManyLinks ? null : throw Denied(path);
        var folder = new LinuxFolder(descriptor);
        try
        {
            folder.ReadNames(path);
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public override FileFacts? Stat(string name) => Stat(_descriptor, name);

    public override FileFacts? StatOf(int index)
    {
        Span<byte> facts = stackalloc byte[256];
        if (statx(_descriptor, ref MemoryMarshal.GetReference(BytesOf(index)), NoFollow, BasicFacts, ref MemoryMarshal.GetReference(facts)) == 0)
            return Read(facts);
        return Marshal.GetLastPInvokeError() is NotThere or NotAFolder or TooManyLinks ? null : throw Denied(NameOf(index));
    }

    /// <summary>Facts of a path below an open folder, or of a full one.</summary>
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
        if (_descriptor >= 0)
            _ = close(_descriptor);
        _descriptor = -1;
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

    // struct dirent64: length at 16, kind at 18, name from 19.
    private void ReadNames(string path)
    {
        var listing = ArrayPool<byte>.Shared.Rent(ListingBytes);
        try
        {
            int count;
            while ((count = (int)syscall(ListNames, _descriptor, ref listing[0], ListingBytes)) > 0)
                for (var rest = listing.AsSpan(0, count); !rest.IsEmpty; rest = rest[MemoryMarshal.Read<ushort>(rest[16..])..])
                    Take(rest[19..MemoryMarshal.Read<ushort>(rest[16..])], rest[18]);
            if (count < 0)
                throw Denied(path);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(listing);
        }
    }

    private void Take(ReadOnlySpan<byte> name, byte kind)
    {
        name = name[..name.IndexOf((byte)0)];
        if (name is [(byte)'.'] or [(byte)'.', (byte)'.'])
            return;
        Add(name, kind switch
        {
            8 => NameKind.File,
            4 => NameKind.Folder,
            10 => NameKind.Link,
            // Some file systems do not tell with the name.
            0 => Stat(Encoding.UTF8.GetString(name))?.Kind ?? NameKind.Special,
            _ => NameKind.Special,
        });
    }

    private static TemperException Denied(string path) =>
        new("permission_denied", $"'{path}' cannot be read: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");

    [DllImport("libc", SetLastError = true)]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, int mode);

    // The library's own call by this name is younger than some systems.
    [DllImport("libc", SetLastError = true)]
    private static extern nint syscall(nint number, nint folder, ref byte into, nint size);

    [DllImport("libc")]
    private static extern int close(int descriptor);

    [DllImport("libc", SetLastError = true)]
    private static extern int statx(int folder, ref byte path, int flags, uint mask, ref byte facts);
}
