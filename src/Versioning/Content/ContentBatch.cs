using Temper.Core.Blobs;
using Temper.Core.Ids;
using Temper.Storage.Sql;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;

namespace Temper.Versioning.Content;

/// <summary>
/// New objects on their way into the store. Order: add files, then trees, then the commit; <see cref="StoreAsync"/> makes the bytes durable;
/// <see cref="RecordAsync"/>, inside the caller's transaction, makes them known; last the caller moves its reference. Chunks that the store has
/// already are not stored again. Dropping a batch undoes it. Not safe from two threads at once.
/// </summary>
public sealed class ContentBatch : IAsyncDisposable
{
    private readonly ContentStore _store;

    internal ContentBatch(ContentStore store) => _store = store;

    /// <summary>Adds a file by its content.</summary>
    public Task<StoredFile> AddFileAsync(Stream content, CancellationToken ct) => throw new NotSupportedException($"not filled in yet {_store}");

    /// <summary>
    /// Adds a file that stays in the immutable blob it is in: read once, checked against <paramref name="expected"/>, not stored twice. The blob
    /// must live as long as the store.
    /// </summary>
    /// <exception cref="Temper.Core.Errors.TemperException">Codes <c>blob_missing</c>; <c>object_corrupt</c> when the blob is not what it should be.</exception>
    public Task<StoredFile> AddExternalAsync(BlobKey blob, StoredFile expected, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>Adds the trees of these files; the id of the root.</summary>
    /// <exception cref="Temper.Core.Errors.TemperException">Code <c>path_collision</c>: paths that one folder could not hold on every system, all of them.</exception>
    public Digest AddTree(IEnumerable<KeyValuePair<SafePath, StoredFile>> files) => throw new NotSupportedException("not filled in yet");

    /// <summary>Adds a commit; its id.</summary>
    public Digest AddCommit(Commit commit) => throw new NotSupportedException("not filled in yet");

    /// <summary>Makes the bytes durable. Call once, before the transaction.</summary>
    public Task StoreAsync(CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>Makes what was stored known; repeating it changes nothing.</summary>
    public Task RecordAsync(DbSession session, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
