using System.Text;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.WorkTrees;

/// <summary>A folder by what .NET tells on every system: no inode, no time of change of facts.</summary>
internal sealed class PortableFolder : ScannedFolder
{
    private readonly string _path;

    private PortableFolder(string path) => _path = path;

    public static PortableFolder? OpenAt(string path)
    {
        var info = new DirectoryInfo(path);
        if (!info.Exists || info.LinkTarget is not null)
            return null;
        var folder = new PortableFolder(path);
        foreach (var entry in info.EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false }))
            folder.Add(Encoding.UTF8.GetBytes(entry.Name), KindOf(entry));
        return folder;
    }

    public override FileFacts? Stat(string name) => StatAt(Path.Combine(_path, name));

    public override FileFacts? StatOf(int index) => Stat(NameOf(index));

    public static FileFacts? StatAt(string path)
    {
        var info = new FileInfo(path);
        if (!info.Exists && info.LinkTarget is null)
            return Directory.Exists(path) ? new(NameKind.Folder, false, 0, default) : null;
        var executable = !OperatingSystem.IsWindows() && (info.UnixFileMode & UnixFileMode.UserExecute) != 0;
        var kind = KindOf(info);
        return new(kind, executable, kind == NameKind.Link ? 0 : info.Length, new((info.LastWriteTimeUtc - DateTime.UnixEpoch).Ticks * 100, 0, 0));
    }

    public override void Dispose() { }

    private static NameKind KindOf(FileSystemInfo entry) =>
        entry.LinkTarget is not null ? NameKind.Link
        : (entry.Attributes & FileAttributes.Directory) != 0 ? NameKind.Folder
        : (entry.Attributes & FileAttributes.Device) != 0 ? NameKind.Special : NameKind.File;
}
