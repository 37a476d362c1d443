using Microsoft.Win32.SafeHandles;
using Temper.Core.Errors;
using Temper.Versioning.Objects;

namespace Temper.Versioning.WorkTrees;

/// <summary>
/// Writes and removes files below a folder and never anywhere else: no part of a path that is written through may be a link. A file is written aside
/// and renamed into its place. Not safe from two threads at once.
/// </summary>
internal abstract class WorkFiles : IDisposable
{
    /// <summary>For a work tree and a folder on the same file system for what is being written.</summary>
    public static WorkFiles Open(string root, string scratch) => OperatingSystem.IsLinux() ? new LinuxWorkFiles(root, scratch) : new PortableWorkFiles(root, scratch);

    /// <summary>Begins a file aside.</summary>
    public abstract SafeFileHandle Begin(EntryMode mode);

    /// <summary>Gives what was begun its name, making folders that are missing; a file that is there is replaced, a folder is not.</summary>
    /// <returns>Facts of the new file.</returns>
    /// <exception cref="TemperException">Code <c>link_refused</c>: a folder of the path is a link, or a file.</exception>
    public abstract FileFacts Finish(SafeFileHandle begun, string path);

    /// <summary>Makes a link.</summary>
    public abstract FileFacts Link(string target, string path);

    /// <summary>Removes a file or link, and folders that are empty then; nothing when it is not there or is a folder.</summary>
    public abstract void Remove(string path);

    /// <summary>Removes a folder with all in it; links in it are removed, not followed.</summary>
    public abstract void RemoveFolder(string path);

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>The error of a path that leads through something that is no folder.</summary>
    protected static TemperException NoFolder(string path) => new("link_refused", $"'{path}' is a link or a file where a folder is needed; nothing is written through it.");

    /// <summary>The folders of a path from the outermost on.</summary>
    protected static IEnumerable<string> FoldersOf(string path)
    {
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
            yield return path[..slash];
    }
}
