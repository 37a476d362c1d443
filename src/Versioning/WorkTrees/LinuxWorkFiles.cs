using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Temper.Core.Errors;
using Temper.Versioning.Objects;

namespace Temper.Versioning.WorkTrees;

/// <summary>Writing by the calls of Linux that name files relative to an open folder: each folder of a path is opened without following links.</summary>
internal sealed class LinuxWorkFiles : WorkFiles
{
    private const int WriteOnly = 1, Create = 0x40, Exclusive = 0x80, CloseOnExec = 0x80000, RemoveDirectory = 0x200;
    private const int NotThere = 2, Exists = 17, NotAFolder = 20, IsAFolder = 21, NotEmpty = 39, TooManyLinks = 40;
    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;
    private static readonly int Folder = IsArm ? 0x4000 : 0x10000, NoFollow = IsArm ? 0x8000 : 0x20000;

    private readonly int _root, _scratch;
    private readonly Dictionary<string, int> _open = new(StringComparer.Ordinal);
    private string _begun = "";
    private int _count;

    public LinuxWorkFiles(string root, string scratch)
    {
        (_root, _scratch) = (open(root, Folder | CloseOnExec, 0), open(scratch, Folder | CloseOnExec, 0));
        if (_root < 0 || _scratch < 0)
            throw Failure(root);
    }

    public override SafeFileHandle Begin(EntryMode mode)
    {
        _begun = string.Create(CultureInfo.InvariantCulture, $"w-{Environment.ProcessId}-{++_count}.tmp");
        var descriptor = openat(_scratch, _begun, WriteOnly | Create | Exclusive | NoFollow | CloseOnExec, mode == EntryMode.Executable ? 0x1FF : 0x1B6);
        return descriptor >= 0 ? new(descriptor, ownsHandle: true) : throw Failure(_begun);
    }

    public override FileFacts Finish(SafeFileHandle begun, string path)
    {
        begun.Dispose();
        var (folder, name) = Enter(path, make: true);
        if (renameat(_scratch, _begun, folder, name) != 0)
            throw Failure(path);
        return LinuxFolder.Stat(folder, name)!.Value;
    }

    public override FileFacts Link(string target, string path)
    {
        var (folder, name) = Enter(path, make: true);
        _ = unlinkat(folder, name, 0);
        if (symlinkat(target, folder, name) != 0)
            throw Failure(path);
        return LinuxFolder.Stat(folder, name)!.Value;
    }

    public override void Remove(string path)
    {
        var (folder, name) = Enter(path, make: false);
        if (folder < 0)
            return;
        if (unlinkat(folder, name, 0) != 0 && Marshal.GetLastPInvokeError() is not (NotThere or IsAFolder or NotAFolder))
            throw Failure(path);
        foreach (var above in FoldersOf(path).Reverse())
        {
            (folder, name) = Enter(above, make: false);
            if (folder < 0 || unlinkat(folder, name, RemoveDirectory) != 0)
                break;
            Forget(above);
        }
    }

    public override void RemoveFolder(string path)
    {
        var (above, name) = Enter(path, make: false);
        if (above < 0)
            return;
        var (inner, _) = Enter(path + "/x", make: false);
        if (inner < 0)
            return;
        foreach (var (child, kind) in Names(inner, path))
        {
            if (kind == NameKind.Folder)
                RemoveFolder($"{path}/{child}");
            else if (unlinkat(inner, child, 0) != 0)
                throw Failure($"{path}/{child}");
        }
        Forget(path);
        if (unlinkat(above, name, RemoveDirectory) != 0 && Marshal.GetLastPInvokeError() is not (NotThere or NotEmpty))
            throw Failure(path);
    }

    public override void Dispose()
    {
        foreach (var descriptor in _open.Values.Append(_root).Append(_scratch))
            _ = close(descriptor);
        _open.Clear();
    }

    /// <summary>The folder of a path and its last part; -1 where the folder is missing and not to be made.</summary>
    private (int Folder, string Name) Enter(string path, bool make)
    {
        var slash = path.LastIndexOf('/');
        if (slash < 0)
            return (_root, path);
        var folder = path[..slash];
        if (_open.TryGetValue(folder, out var known))
            return (known, path[(slash + 1)..]);
        var (above, name) = Enter(folder, make);
        if (above < 0)
            return (-1, "");
        var descriptor = openat(above, name, Folder | NoFollow | CloseOnExec, 0);
        if (descriptor < 0 && make && Marshal.GetLastPInvokeError() == NotThere)
        {
            if (mkdirat(above, name, 0x1FF) != 0 && Marshal.GetLastPInvokeError() != Exists)
                throw Failure(folder);
            descriptor = openat(above, name, Folder | NoFollow | CloseOnExec, 0);
        }
        if (descriptor < 0)
        {
            if (Marshal.GetLastPInvokeError() is not (NotThere or NotAFolder or TooManyLinks))
                throw Failure(folder);
            return make ? throw NoFolder(folder) : (-1, "");
        }
        Keep(folder, descriptor);
        return (descriptor, path[(slash + 1)..]);
    }

    private void Keep(string folder, int descriptor)
    {
        // Paths come in order: what was open long ago is not asked for again.
        if (_open.Count >= 128)
        {
            foreach (var old in _open.Where(o => !folder.StartsWith(o.Key + "/", StringComparison.Ordinal)).ToList())
                Forget(old.Key);
        }
        _open[folder] = descriptor;
    }

    private void Forget(string folder)
    {
        foreach (var key in _open.Keys.Where(key => key == folder || key.StartsWith(folder + "/", StringComparison.Ordinal)).ToList())
        {
            _ = close(_open[key]);
            _open.Remove(key);
        }
    }

    private static List<(string Name, NameKind Kind)> Names(int folder, string path)
    {
        using var listing = ScannedFolder.Open(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{folder}/.")) ?? throw NoFolder(path);
        return [.. listing.Names];
    }

    private static TemperException Failure(string path)
    {
        var code = Marshal.GetLastPInvokeError();
        return new(code == 28 ? "disk_full" : "permission_denied", $"'{path}' cannot be written: {Marshal.GetPInvokeErrorMessage(code)}.");
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, int mode);

    [DllImport("libc", SetLastError = true)]
    private static extern int openat(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string name, int flags, int mode);

    [DllImport("libc", SetLastError = true)]
    private static extern int mkdirat(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string name, int mode);

    [DllImport("libc", SetLastError = true)]
    private static extern int renameat(int fromFolder, [MarshalAs(UnmanagedType.LPUTF8Str)] string from, int toFolder, [MarshalAs(UnmanagedType.LPUTF8Str)] string to);

    [DllImport("libc", SetLastError = true)]
    private static extern int unlinkat(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string name, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int symlinkat([MarshalAs(UnmanagedType.LPUTF8Str)] string target, int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string name);

    [DllImport("libc")]
    private static extern int close(int descriptor);
}
