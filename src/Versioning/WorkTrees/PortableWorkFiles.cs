using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Temper.Versioning.Objects;

namespace Temper.Versioning.WorkTrees;

/// <summary>Writing by what .NET offers on every system: each folder of a path is looked at before it is used.</summary>
internal sealed class PortableWorkFiles(string root, string scratch) : WorkFiles
{
    private string _begun = "";
    private int _count;

    public override SafeFileHandle Begin(EntryMode mode)
    {
        _begun = Path.Combine(scratch, string.Create(CultureInfo.InvariantCulture, $"w-{Environment.ProcessId}-{++_count}.tmp"));
        var handle = File.OpenHandle(_begun, FileMode.Create, FileAccess.Write, FileShare.None);
        if (!OperatingSystem.IsWindows() && mode == EntryMode.Executable)
            File.SetUnixFileMode(handle, File.GetUnixFileMode(handle) | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        return handle;
    }

    public override FileFacts Finish(SafeFileHandle begun, string path)
    {
        begun.Dispose();
        MakeFolders(path);
        File.Move(_begun, Full(path), overwrite: true);
        return ScannedFolder.StatPath(Full(path))!.Value;
    }

    public override FileFacts Link(string target, string path)
    {
        MakeFolders(path);
        File.Delete(Full(path));
        File.CreateSymbolicLink(Full(path), target);
        return ScannedFolder.StatPath(Full(path))!.Value;
    }

    public override void Remove(string path)
    {
        if (FoldersOf(path).Any(folder => ScannedFolder.StatPath(Full(folder)) is not { Kind: NameKind.Folder }))
            return;
        if (ScannedFolder.StatPath(Full(path)) is { Kind: not NameKind.Folder })
            File.Delete(Full(path));
        foreach (var folder in FoldersOf(path).Reverse())
        {
            if (Directory.EnumerateFileSystemEntries(Full(folder)).Any())
                break;
            Directory.Delete(Full(folder));
        }
    }

    public override void RemoveFolder(string path)
    {
        if (FoldersOf(path).Append(path).All(folder => ScannedFolder.StatPath(Full(folder)) is { Kind: NameKind.Folder }))
            Directory.Delete(Full(path), recursive: true);
    }

    public override void Dispose() { }

    private void MakeFolders(string path)
    {
        foreach (var folder in FoldersOf(path))
        {
            if (ScannedFolder.StatPath(Full(folder)) is not { } facts)
                Directory.CreateDirectory(Full(folder));
            else if (facts.Kind != NameKind.Folder)
                throw NoFolder(folder);
        }
    }

    private string Full(string path) => Path.Combine(root, path);
}
