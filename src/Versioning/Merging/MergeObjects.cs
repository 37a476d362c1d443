using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Diffing;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Merging;

/// <summary>
/// The objects of a merge: a store's, and those of merged merge bases, which live as long as the merge and are never stored.
/// </summary>
internal sealed class MergeObjects(IObjectStore store)
{
    private readonly Dictionary<Digest, IReadOnlyList<TreeEntry>> _trees = [];
    private readonly Dictionary<Digest, byte[]> _files = [];
    private readonly Dictionary<Digest, TreeEntry> _unreal = [];

    public IObjectStore Store => store;

    public async ValueTask<IReadOnlyList<TreeEntry>> ReadTreeAsync(TreeEntry? folder, CancellationToken ct) =>
        folder is null ? [] : _trees.TryGetValue(folder.Id, out var entries) ? entries : await store.ReadTreeAsync(folder.Id, ct);

    /// <summary>Whether a folder is one of the store's.</summary>
    public bool IsStored(TreeEntry folder) => !_trees.ContainsKey(folder.Id);

    /// <summary>Whether the file can be read at all: what stands for a conflict in a merged base cannot.</summary>
    public bool IsReal(TreeEntry entry) => !_unreal.ContainsKey(entry.Id);

    /// <summary>A file as text; null where it is none, or too long to compare by lines. No file is the empty text.</summary>
    public async ValueTask<byte[]?> ReadTextAsync(TreeEntry? entry, CancellationToken ct)
    {
        if (entry is null || (entry.Size == 0 && IsReal(entry)))
            return [];
        if (entry.Size > TextLines.LongestText || !IsReal(entry))
            return null;
        if (!_files.TryGetValue(entry.Id, out var content))
        {
            content = new byte[entry.Size];
            await using var stream = await store.OpenFileAsync(entry.Id, 0, null, ct);
            await stream.ReadExactlyAsync(content, ct);
        }
        return TextLines.IsText(content) ? content : null;
    }

    public StoredFile KeepFile(byte[] content)
    {
        var id = Digest.Of(content);
        _files[id] = content;
        return new(id, content.Length);
    }

    public (Digest Id, long Size) KeepTree(IReadOnlyCollection<TreeEntry> entries)
    {
        var id = ObjectIds.Of(ObjectKind.Tree, TreeCodec.Encode(entries));
        _trees[id] = TreeCodec.Decode(TreeCodec.Encode(entries));
        return (id, entries.Sum(e => e.Size));
    }

    /// <summary>An entry that equals no file there is; <paramref name="instead"/> is what people are shown of it.</summary>
    public TreeEntry Unequal(TreeEntry instead, Digest ours, Digest theirs)
    {
        var entry = instead with { Id = Digest.OfText($"in conflict: {instead.Name} {ours} {theirs}"), Size = 0 };
        _unreal.TryAdd(entry.Id, instead);
        return entry;
    }

    /// <summary>The entry as the index can keep it: a file that only this merge has goes into the batch.</summary>
    public async ValueTask<TreeEntry?> StoredAsync(TreeEntry? entry, IObjectBatch batch, CancellationToken ct)
    {
        while (entry is not null && _unreal.TryGetValue(entry.Id, out var instead))
            entry = instead;
        if (entry is not null && _files.TryGetValue(entry.Id, out var content))
            await batch.AddFileAsync(new MemoryStream(content), new(entry.Name), ct);
        return entry;
    }
}
