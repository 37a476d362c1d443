using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;

namespace Temper.Versioning.Metadata;

/// <summary>
/// The second root of a commit: a tree whose files are documents in canonical JSON, named <c>models/…</c> and <c>datasets/…</c> without an ending. No
/// documents: no root. Specification: docs/formats/metadata.md.
/// </summary>
public static class MetadataTree
{
    private const int MostDocuments = 100_000;

    /// <summary>Adds what a folder holds (<see cref="MetadataFolder"/>) to a batch; the root for <see cref="Commit.Meta"/>, null without documents.</summary>
    /// <exception cref="TemperException">All that is wrong: <c>metadata_invalid</c>, <c>path_invalid</c>, <c>path_collision</c>.</exception>
    public static Task<Digest?> BuildAsync(string folder, IObjectBatch batch, CancellationToken ct) => BuildAsync(MetadataFolder.Read(folder), batch, ct);

    /// <summary>Adds documents to a batch; the root for <see cref="Commit.Meta"/>, null without documents.</summary>
    /// <exception cref="TemperException">All that is wrong: <c>metadata_invalid</c>, <c>path_invalid</c>, <c>path_collision</c>.</exception>
    public static async Task<Digest?> BuildAsync(IReadOnlyDictionary<SafePath, JsonElement> documents, IObjectBatch batch, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(documents);
        ArgumentNullException.ThrowIfNull(batch);
        if (documents.Count == 0)
            return null;
        MetadataSchema.Require(documents);
        var files = new List<(string[] Parts, StoredFile File)>();
        foreach (var (path, document) in documents)
        {
            using var content = new MemoryStream(MetadataJson.Canonical(document));
            files.Add((MetadataFolder.PathOf(path.ToString()).Parts, await batch.AddFileAsync(content, new FileHint(), ct)));
        }
        return Folder(files, 0, batch).Id;
    }

    /// <summary>All documents below a root; none where there is no root.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public static async Task<SortedDictionary<SafePath, JsonElement>> ReadAsync(IObjectStore store, Digest? meta, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(store);
        var documents = new SortedDictionary<SafePath, JsonElement>();
        if (meta is { } root)
            await foreach (var (path, entry) in ListAsync(store, root, "", ct))
                documents.Add(path, await ReadAsync(store, path, entry, ct));
        return documents;
    }

    /// <summary>Makes a folder hold the documents below a root and no others.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public static async Task CheckOutAsync(IObjectStore store, Digest? meta, string folder, CancellationToken ct) =>
        MetadataFolder.Write(folder, await ReadAsync(store, meta, ct));

    /// <summary>Whether two sets of documents say the same.</summary>
    public static bool AreSame(IReadOnlyDictionary<SafePath, JsonElement> left, IReadOnlyDictionary<SafePath, JsonElement> right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return left.Count == right.Count && left.All(l => right.TryGetValue(l.Key, out var r) && JsonElement.DeepEquals(l.Value, r));
    }

    private static async Task<JsonElement> ReadAsync(IObjectStore store, SafePath path, TreeEntry entry, CancellationToken ct)
    {
        if (entry.Size > MetadataJson.LargestDocument)
            throw new TemperException("object_corrupt", $"The metadata document '{path}' has {entry.Size} bytes; there are {MetadataJson.LargestDocument} at most.");
        await using var content = await store.OpenFileAsync(entry.Id, 0, null, ct);
        var bytes = new byte[entry.Size];
        var read = await content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, ct);
        return read == bytes.Length
            ? MetadataJson.Parse(bytes, path.ToString())
            : throw new TemperException("object_corrupt", $"The metadata document '{path}' should have {entry.Size} bytes; it has {read}.");
    }

    private static async IAsyncEnumerable<(SafePath Path, TreeEntry Entry)> ListAsync(IObjectStore store, Digest root, string before,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var waiting = new Stack<(string Before, Digest Tree)>([(before, root)]);
        var count = 0;
        while (waiting.TryPop(out var next))
            foreach (var entry in await store.ReadTreeAsync(next.Tree, ct))
            {
                if (++count > MostDocuments)
                    throw new TemperException("object_corrupt", $"The metadata tree {root} has more than {MostDocuments} entries.");
                if (entry.Mode == EntryMode.Folder)
                    waiting.Push(($"{next.Before}{entry.Name}/", entry.Id));
                else
                    yield return (SafePath.Parse(next.Before + entry.Name), entry);
            }
    }

    private static (Digest Id, long Size) Folder(List<(string[] Parts, StoredFile File)> files, int depth, IObjectBatch batch)
    {
        var entries = new List<TreeEntry>();
        foreach (var group in files.GroupBy(f => f.Parts[depth], StringComparer.OrdinalIgnoreCase))
        {
            var names = group.Select(f => (Name: f.Parts[depth], IsFile: f.Parts.Length == depth + 1)).Distinct().ToList();
            if (names.Count > 1)
                throw new TemperException("path_collision", $"The metadata documents {string.Join(", ", group.Select(f => $"'{string.Join('/', f.Parts)}'").Take(4))} would meet in one folder.");
            var below = group.ToList();
            entries.Add(names[0].IsFile
                ? new(EntryMode.File, names[0].Name, below[0].File.Id, below[0].File.Size)
                : Entry(names[0].Name, Folder(below, depth + 1, batch)));
        }
        return batch.AddFolder(entries);

        static TreeEntry Entry(string name, (Digest Id, long Size) folder) => new(EntryMode.Folder, name, folder.Id, folder.Size);
    }
}
