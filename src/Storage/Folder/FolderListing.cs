using Temper.Core.Blobs;

namespace Temper.Storage.Folder;

/// <summary>Walks the folder of blobs in the order of the keys.</summary>
internal static class FolderListing
{
    private sealed record Child(string Segment, string Path, bool IsFolder)
    {
        // What the child's keys go on with: sorting by it puts a/b behind a-b and a.b, as the keys themselves sort.
        public string SortKey => IsFolder ? Segment + "/" : Segment;
    }

    /// <summary>Blobs below <paramref name="root"/> whose key begins with <paramref name="prefix"/>, in ordinal order.</summary>
    public static IEnumerable<BlobInfo> Walk(string root, string prefix)
    {
        var cut = prefix.LastIndexOf('/');
        var start = cut < 0 ? root : Path.Combine(root, FolderNames.OfFolder(prefix[..cut].Split('/')));
        return Directory.Exists(start) ? Walk(start, prefix[..(cut + 1)], prefix) : [];
    }

    private static IEnumerable<BlobInfo> Walk(string folder, string before, string prefix)
    {
        var children = new List<Child>();
        Collect(folder, "", children);
        foreach (var child in children.OrderBy(c => c.SortKey, StringComparer.Ordinal))
        {
            var name = before + child.SortKey;
            if (!Overlaps(name, prefix))
                continue;
            if (child.IsFolder)
            {
                foreach (var blob in Walk(child.Path, name, prefix))
                    yield return blob;
            }
            else if (name.StartsWith(prefix, StringComparison.Ordinal) && FolderFiles.Describe(BlobKey.Parse(name), child.Path) is { } found)
            {
                yield return found;
            }
        }
    }

    private static bool Overlaps(string name, string prefix) =>
        name.StartsWith(prefix, StringComparison.Ordinal) || prefix.StartsWith(name, StringComparison.Ordinal);

    private static void Collect(string folder, string begun, List<Child> into)
    {
        foreach (var entry in Entries(folder))
        {
            var name = entry.Name;
            if (entry is FileInfo)
                Add(begun + name, entry.FullName, isFolder: false, into);
            else if (name[^1] == FolderNames.MoreMark)
                Collect(entry.FullName, begun + name[..^1], into);
            else if (name[^1] == FolderNames.FolderMark)
                Add(begun + name[..^1], entry.FullName, isFolder: true, into);
        }
    }

    private static void Add(string encoded, string path, bool isFolder, List<Child> into)
    {
        // Anything else in the folder was put there by somebody else and is no blob.
        if (FolderNames.Decode(encoded) is { } segment)
            into.Add(new(segment, path, isFolder));
    }

    private static FileSystemInfo[] Entries(string folder)
    {
        try
        {
            return new DirectoryInfo(folder).GetFileSystemInfos();
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception error) when (DiskErrors.Translate(error, folder) is { } translated)
        {
            throw translated;
        }
    }
}
