namespace Temper.Versioning.Pointers;

/// <summary>Walks a foreign work tree: tools' own folders are left out, links are never followed.</summary>
internal static class PointerWalk
{
    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = false };

    /// <summary>Files of at most this many bytes, in ordinal order of their paths.</summary>
    public static IEnumerable<string> Files(string root, long most)
    {
        var waiting = new Stack<string>([root]);
        while (waiting.TryPop(out var folder))
        {
            foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", Everything).Where(f => f.Length <= most).OrderBy(f => f.Name, StringComparer.Ordinal))
                yield return file.FullName;
            foreach (var below in new DirectoryInfo(folder).EnumerateDirectories("*", Everything).OrderByDescending(f => f.Name, StringComparer.Ordinal))
                if (below.Name is not (".git" or ".dvc" or ".temper"))
                    waiting.Push(below.FullName);
        }
    }

    /// <summary>The path of a file in the tree.</summary>
    public static string Relative(string root, string file) => Path.GetRelativePath(root, file).Replace(Path.DirectorySeparatorChar, '/');
}
