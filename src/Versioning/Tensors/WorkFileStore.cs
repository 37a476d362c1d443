using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Tensors;

/// <summary>A store that also has files which are not stored: those of a work tree, by their digests, for comparing them. Not for writing.</summary>
/// <param name="store">All other objects.</param>
/// <param name="files">Full paths by the digest of the content.</param>
public sealed class WorkFileStore(IObjectStore store, IReadOnlyDictionary<Digest, string> files) : IObjectStore
{
    /// <inheritdoc/>
    public ValueTask<Recipe?> FindRecipeAsync(Digest file, CancellationToken ct) =>
        files.TryGetValue(file, out var path) ? new(new Recipe(file, new FileInfo(path).Length, "none", [])) : store.FindRecipeAsync(file, ct);

    /// <inheritdoc/>
    public ValueTask<Stream> OpenFileAsync(Digest file, long offset, long? length, CancellationToken ct)
    {
        if (!files.TryGetValue(file, out var path))
            return store.OpenFileAsync(file, offset, length, ct);
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete) { Position = offset };
        return new(length is { } count ? new Temper.Core.Files.RangeStream(stream, Math.Min(count, Math.Max(0, stream.Length - offset))) : stream);
    }

    /// <inheritdoc/>
    public ValueTask<ObjectKind?> FindKindAsync(Digest id, CancellationToken ct) => store.FindKindAsync(id, ct);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<(Digest Id, ObjectKind Kind)>> FindPrefixAsync(string hex, int most, CancellationToken ct) => store.FindPrefixAsync(hex, most, ct);

    /// <inheritdoc/>
    public ValueTask<CommitRow?> FindCommitAsync(Digest commit, CancellationToken ct) => store.FindCommitAsync(commit, ct);

    /// <inheritdoc/>
    public ValueTask<Commit> ReadCommitAsync(Digest commit, CancellationToken ct) => store.ReadCommitAsync(commit, ct);

    /// <inheritdoc/>
    public ValueTask<Tag> ReadTagAsync(Digest tag, CancellationToken ct) => store.ReadTagAsync(tag, ct);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<TreeEntry>> ReadTreeAsync(Digest tree, CancellationToken ct) => store.ReadTreeAsync(tree, ct);

    /// <inheritdoc/>
    public ValueTask<bool> HasChunkAsync(Digest chunk, CancellationToken ct) => store.HasChunkAsync(chunk, ct);

    /// <inheritdoc/>
    public ValueTask<byte[]?> FindBodyAsync(Digest id, ObjectKind kind, CancellationToken ct) => store.FindBodyAsync(id, kind, ct);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> ids, CancellationToken ct) => store.FindMissingAsync(ids, ct);

    /// <inheritdoc/>
    public IObjectBatch BeginBatch() => throw new InvalidOperationException("Files of a work tree are compared here, not stored.");
}
