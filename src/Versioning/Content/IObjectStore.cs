using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Content;

/// <summary>
/// Objects by id, wherever they lie: in the packs of a repository's folder, or in the registry's blobs. Whatever is read is checked against the id
/// that names it. Reading what is not there fails with <c>object_missing</c>, what was altered with <c>object_corrupt</c>. Safe from any thread.
/// </summary>
public interface IObjectStore
{
    /// <summary>Kind of a tree, commit or tag; <see cref="ObjectKind.Chunk"/> where <paramref name="id"/> is that of a file; null when nothing is known of it.</summary>
    ValueTask<ObjectKind?> FindKindAsync(Digest id, CancellationToken ct);

    /// <summary>Ids of trees, commits, tags and files (every chunk is the file of its bytes, too) that begin with these hex digits (4 to 64, lower case), at most <paramref name="most"/>, sorted.</summary>
    ValueTask<IReadOnlyList<(Digest Id, ObjectKind Kind)>> FindPrefixAsync(string hex, int most, CancellationToken ct);

    /// <summary>A commit with its generation; null when the store has none of that id.</summary>
    ValueTask<CommitRow?> FindCommitAsync(Digest commit, CancellationToken ct);

    /// <summary>A commit.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    ValueTask<Commit> ReadCommitAsync(Digest commit, CancellationToken ct);

    /// <summary>An annotated tag.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    ValueTask<Tag> ReadTagAsync(Digest tag, CancellationToken ct);

    /// <summary>All entries of one folder in the tree's order, however many nodes keep them.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    ValueTask<IReadOnlyList<TreeEntry>> ReadTreeAsync(Digest tree, CancellationToken ct);

    /// <summary>Which chunks a file is made of; null when the store does not know the file.</summary>
    ValueTask<Recipe?> FindRecipeAsync(Digest file, CancellationToken ct);

    /// <summary>Whether the bytes of a chunk are here.</summary>
    ValueTask<bool> HasChunkAsync(Digest chunk, CancellationToken ct);

    /// <summary>
    /// Reads <paramref name="length"/> bytes of a file from <paramref name="offset"/> (null: to the end); each chunk is checked before its bytes are
    /// handed out. A range past the end is cut.
    /// </summary>
    /// <exception cref="TemperException">Code <c>object_missing</c>; <c>object_corrupt</c> also while reading.</exception>
    ValueTask<Stream> OpenFileAsync(Digest file, long offset, long? length, CancellationToken ct);

    /// <summary>
    /// The encoded body of one object, checked against its id: a commit, a tag, one node of a tree, a recipe (by the file's id) or a chunk. Null when
    /// it is not here. What other stores are sent.
    /// </summary>
    /// <exception cref="TemperException">Code <c>object_corrupt</c>.</exception>
    ValueTask<byte[]?> FindBodyAsync(Digest id, ObjectKind kind, CancellationToken ct);

    /// <summary>Those of the ids of chunks, trees, commits and tags that are not here, in no order.</summary>
    ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> ids, CancellationToken ct);

    /// <summary>Collects new objects; nothing is visible until the batch is stored.</summary>
    IObjectBatch BeginBatch();
}
