using Temper.Core.Ids;
using Temper.Storage.Folder;
using Temper.Storage.Sql;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Repositories;

/// <summary>The objects of a repository's folder: packs below <c>objects</c>, their catalogue in the repository's database.</summary>
internal sealed class LocalObjects : IObjectStore
{
    private readonly Db _db;
    private readonly ContentStore _store;

    private LocalObjects(Db db, ContentStore store) => (_db, _store) = (db, store);

    public static IObjectStore Open(string home, Db db, TimeProvider clock)
    {
        db.ExecuteAsync(VersioningSchema.Version1, null, CancellationToken.None).GetAwaiter().GetResult();
        return new LocalObjects(db, new(new FolderBlobStore(Path.Combine(home, "objects/packs"), clock), db, clock, Path.Combine(home, "objects/tmp")));
    }

    public ValueTask<ObjectKind?> FindKindAsync(Digest id, CancellationToken ct) => _store.FindKindAsync(id, ct);

    public ValueTask<IReadOnlyList<(Digest Id, ObjectKind Kind)>> FindPrefixAsync(string hex, int most, CancellationToken ct) => _store.FindPrefixAsync(hex, most, ct);

    public ValueTask<CommitRow?> FindCommitAsync(Digest commit, CancellationToken ct) => _store.FindCommitAsync(commit, ct);

    public ValueTask<Commit> ReadCommitAsync(Digest commit, CancellationToken ct) => _store.ReadCommitAsync(commit, ct);

    public ValueTask<Tag> ReadTagAsync(Digest tag, CancellationToken ct) => _store.ReadTagAsync(tag, ct);

    public ValueTask<IReadOnlyList<TreeEntry>> ReadTreeAsync(Digest tree, CancellationToken ct) => _store.ReadTreeAsync(tree, ct);

    public ValueTask<Recipe?> FindRecipeAsync(Digest file, CancellationToken ct) => _store.FindRecipeAsync(file, ct);

    public ValueTask<bool> HasChunkAsync(Digest chunk, CancellationToken ct) => _store.HasChunkAsync(chunk, ct);

    public ValueTask<Stream> OpenFileAsync(Digest file, long offset, long? length, CancellationToken ct) => _store.OpenFileAsync(file, offset, length, ct);

    public ValueTask<byte[]?> FindBodyAsync(Digest id, ObjectKind kind, CancellationToken ct) => _store.FindBodyAsync(id, kind, ct);

    public ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> ids, CancellationToken ct) => _store.FindMissingAsync(ids, ct);

    public IObjectBatch BeginBatch() => new Batch(_db, _store.NewBatch());

    private sealed class Batch(Db db, ContentBatch batch) : IObjectBatch
    {
        public Task<StoredFile> AddFileAsync(Stream content, FileHint hint, CancellationToken ct) => batch.AddFileAsync(content, ct);

        public (Digest Id, long Size) AddFolder(IReadOnlyCollection<TreeEntry> entries) => batch.AddFolder(entries);

        public void AddBody(ObjectKind kind, Digest id, ReadOnlyMemory<byte> body) => batch.AddBody(kind, id, body);

        public Digest AddCommit(Commit commit) => batch.AddCommit(commit);

        public Digest AddTag(Tag tag) => batch.AddTag(tag);

        public async Task StoreAsync(CancellationToken ct)
        {
            await batch.StoreAsync(ct);
            await db.InTransactionAsync((session, token) => batch.RecordAsync(session, token), ct);
        }

        public ValueTask DisposeAsync() => batch.DisposeAsync();
    }
}
