using System.Runtime.CompilerServices;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;
using Temper.Versioning.Trees;

namespace Temper.Versioning.History;

/// <summary>Files that differ between two trees, by path. Folders of equal id are not opened: the time follows what changed.</summary>
public static class TreeDiff
{
    /// <summary>Compares two trees; null stands for the tree without files.</summary>
    /// <param name="store">Holds the trees.</param>
    /// <param name="a">The first tree.</param>
    /// <param name="b">The second one.</param>
    /// <param name="paths">Only these; null: all.</param>
    /// <param name="ct">Ends the work.</param>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public static async IAsyncEnumerable<TreeChange> CompareAsync(
        IObjectStore store, Digest? a, Digest? b, PathFilter? paths, [EnumeratorCancellation] CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (a == b)
            yield break;
        var open = new Stack<(string Prefix, IEnumerator<(TreeEntry? Old, TreeEntry? New)> Pairs)>();
        open.Push(("", Pairs(await FolderNodes.DifferingAsync(store, a, b, ct))));
        while (open.TryPeek(out var top))
        {
            if (!top.Pairs.MoveNext())
            {
                open.Pop().Pairs.Dispose();
                continue;
            }
            var (old, now) = top.Pairs.Current;
            var path = top.Prefix + (old ?? now)!.Name;
            if ((old ?? now)!.Mode != EntryMode.Folder)
            {
                if (paths?.Matches(path) != false)
                    yield return new(SafePath.Parse(path), old, now);
            }
            else if (paths?.MayMatchBelow(path) != false)
                open.Push((path + "/", Pairs(await FolderNodes.DifferingAsync(store, old?.Id, now?.Id, ct))));
        }
    }

    /// <summary>Compares two whole trees; null stands for the tree without files.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public static IAsyncEnumerable<TreeChange> CompareAsync(IObjectStore store, Digest? a, Digest? b, CancellationToken ct) => CompareAsync(store, a, b, null, ct);

    /// <summary>Whether two trees have the same files at these paths.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public static async Task<bool> AreSameAsync(IObjectStore store, Digest? a, Digest? b, PathFilter? paths, CancellationToken ct)
    {
        await foreach (var _ in CompareAsync(store, a, b, paths, ct))
            return false;
        return true;
    }

    /// <summary>Entries that differ, of two folders in a tree's order; a file and a folder of one name are no pair.</summary>
    private static IEnumerator<(TreeEntry? Old, TreeEntry? New)> Pairs((IReadOnlyList<TreeEntry> A, IReadOnlyList<TreeEntry> B) folders)
    {
        var (a, b) = folders;
        for (int i = 0, k = 0; i < a.Count || k < b.Count;)
        {
            var order = i == a.Count ? 1 : k == b.Count ? -1 : EntryOrder.Compare(a[i], b[k]);
            if (order < 0)
                yield return (a[i++], null);
            else if (order > 0)
                yield return (null, b[k++]);
            else
            {
                if (a[i].Id != b[k].Id || a[i].Mode != b[k].Mode)
                    yield return (a[i], b[k]);
                (i, k) = (i + 1, k + 1);
            }
        }
    }
}
