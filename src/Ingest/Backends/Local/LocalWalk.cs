namespace Temper.Ingest;

/// <summary>One walk through a folder, in the ordinal order of the paths that it gives.</summary>
/// <param name="root">Real folder that nothing may leave.</param>
/// <param name="address">For messages.</param>
internal sealed class LocalWalk(string root, string address)
{
    private const int DeepestFolder = 128;

    /// <summary>What was left out, by reason.</summary>
    public Dictionary<string, long> LeftOut { get; } = [];

    /// <summary>Files below <paramref name="folder"/>, a real path.</summary>
    public IEnumerable<DataItem> Items(string folder) => Walk(folder, "", [folder]);

    private IEnumerable<DataItem> Walk(string folder, string before, List<string> above)
    {
        // A folder sorts as its files' paths do, with the separator behind its name.
        var children = LocalFiles.Guard(() => new DirectoryInfo(folder).GetFileSystemInfos(), folder)
            .Select(entry => (Entry: entry, Real: Real(entry))).Where(child => child.Real is not null)
            .Select(child => (child.Entry.Name, Real: child.Real!, IsFolder: Directory.Exists(child.Real)))
            .OrderBy(child => child.IsFolder ? child.Name + "/" : child.Name, StringComparer.Ordinal);
        foreach (var (name, real, isFolder) in children)
        {
            if (isFolder)
            {
                if (above.Contains(real) || above.Count > DeepestFolder)
                    Count("symlink_circle");
                else
                    foreach (var item in Walk(real, before + name + "/", [.. above, real]))
                        yield return item;
            }
            else if (File(real, before + name) is { } item)
            {
                yield return item;
            }
        }
    }

    private DataItem? File(string real, string name)
    {
        if (!ItemNames.IsSafe(name))
            return ItemNames.Refused(name, address);
        // Gone between the listing and now: as if it had never been there.
        if (LocalFiles.Guard(() => FileState.Of(real), real) is not { } state)
            return null;
        if (state.IsFile)
            return new(name, state.Size, state.Version);
        Count("not_a_file");
        return null;
    }

    /// <summary>Where the entry really lies; null for a link that leads out of the root or nowhere.</summary>
    private string? Real(FileSystemInfo entry)
    {
        if (entry.LinkTarget is null)
            return entry.FullName;
        var real = LocalPaths.Resolve(entry.FullName);
        if (real is not null && LocalPaths.IsInside(real, root))
            return real;
        Count(real is null ? "symlink_broken" : "symlink_outside");
        return null;
    }

    private void Count(string reason) => LeftOut[reason] = LeftOut.GetValueOrDefault(reason) + 1;
}
