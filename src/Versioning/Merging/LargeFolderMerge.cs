using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;
using Temper.Versioning.Trees;

namespace Temper.Versioning.Merging;

/// <summary>
/// Merging folders that are kept as trees of nodes: nodes that two sides share are not opened, and what is merged is our folder with some names changed.
/// </summary>
internal static class LargeFolderMerge
{
    /// <summary>
    /// The names that their side changed, with what the others have there. Null where our folder is no large one, a side is not in the store, or a name
    /// is a file here and a folder there: these are merged name by name.
    /// </summary>
    /// <exception cref="Core.Errors.TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public static async ValueTask<SortedDictionary<string, MergeSides>?> FindAsync(MergeObjects objects, MergeSides folder, CancellationToken ct)
    {
        if (folder is not { Base: { } from, Ours: { } ours, Theirs: { } theirs } || !(objects.IsStored(from) && objects.IsStored(ours) && objects.IsStored(theirs))
            || !TreeNode.IsInner(await FolderNodes.BodyAsync(objects.Store, ours.Id, ct)))
            return null;
        var names = new SortedDictionary<string, MergeSides>(GitOrder.Comparer);
        var (before, after) = await FolderNodes.DifferingAsync(objects.Store, from.Id, theirs.Id, ct);
        foreach (var entry in before)
            names[entry.Name] = new(entry, entry, null);
        foreach (var entry in after)
            names[entry.Name] = names.GetValueOrDefault(entry.Name) with { Theirs = entry };
        foreach (var same in names.Where(n => n.Value.Base == n.Value.Theirs).Select(n => n.Key).ToList())
            names.Remove(same);
        // In nodes that we share with the base, our entries are its own.
        (before, after) = await FolderNodes.DifferingAsync(objects.Store, from.Id, ours.Id, ct);
        foreach (var entry in before)
            if (names.TryGetValue(entry.Name, out var sides))
                names[entry.Name] = sides with { Ours = null };
        foreach (var entry in after)
            if (names.TryGetValue(entry.Name, out var sides))
                names[entry.Name] = sides with { Ours = entry };
        return names.Values.Any(sides => sides.IsMixed) ? null : names;
    }

    /// <summary>Our folder with what became of some names; null when nothing is left in it.</summary>
    public static async Task<TreeEntry?> EditAsync(IObjectStore store, IObjectBatch batch, TreeEntry ours, IReadOnlyCollection<FolderChange> changes, CancellationToken ct)
    {
        if (changes.Count == 0)
            return ours;
        var (id, size) = await FolderEditing.EditAsync(store, batch, ours.Id, changes, ct);
        return id == ObjectIds.Of(ObjectKind.Tree, []) ? null : ours with { Id = id, Size = size };
    }
}
