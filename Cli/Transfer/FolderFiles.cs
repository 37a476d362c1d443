using System.IO.Enumeration;

namespace Temper.Cli.Transfer;

/// <summary>What lies in a folder and all below it. Links and hidden folders are named once and never entered, so that a link to a folder above ends nowhere.</summary>
internal static class FolderFiles
{
    private static readonly EnumerationOptions Everything = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false };

    /// <summary>All files, and the links and hidden folders that stand for what is not looked into.</summary>
    public static IEnumerable<FileSystemInfo> Of(string folder) =>
        new FileSystemEnumerable<FileSystemInfo>(folder, (ref FileSystemEntry entry) => entry.ToFileSystemInfo(), Everything)
        {
            ShouldRecursePredicate = (ref FileSystemEntry entry) => !IsClosed(ref entry),
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory || IsClosed(ref entry),
        };

    private static bool IsClosed(ref FileSystemEntry entry) => entry.FileName.StartsWith('.') || (entry.Attributes & FileAttributes.ReparsePoint) != 0;
}
