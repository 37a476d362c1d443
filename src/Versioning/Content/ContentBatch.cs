using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Storage.Sql;
using Temper.Versioning.Chunks;
using Temper.Versioning.Objects;
using Temper.Versioning.Packs;
using Temper.Versioning.Paths;
using Temper.Versioning.Sync;
using Temper.Versioning.Trees;

namespace Temper.Versioning.Content;

/// <summary>
/// New objects on their way into the store. Order: add files, then trees, then the commit; <see cref="StoreAsync"/> makes the bytes durable;
/// <see cref="RecordAsync"/>, inside the caller's transaction, makes them known; last the caller moves its reference. Chunks that the store has
/// already are not stored again. Dropping a batch undoes it. Not safe from two threads at once.
/// </summary>
public sealed class ContentBatch : IObjectBatch
{
    private const long LargestPack = 1L << 30;

    private readonly ContentStore _store;
    private readonly BatchRows _rows;
    private readonly HashSet<Digest> _named = [];
    private PackWriter? _pack;
    private bool _stored;

    internal ContentBatch(ContentStore store) => (_store, _rows) = (store, new(store.Clock));

    /// <summary>Adds a file by its content.</summary>
    public Task<StoredFile> AddFileAsync(Stream content, CancellationToken ct) => AddFileAsync(content, new(), ct);

    /// <inheritdoc/>
    public async Task<StoredFile> AddFileAsync(Stream content, FileHint hint, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(content);
        var recipe = await FileCutting.CutAsync(content, hint, async cut =>
        {
            var id = cut.Chunk.Id;
            if (_rows.HasObject(id) || _pack?.Contains(id) == true || await _store.Catalogue.WillKeepAsync(id, ct))
                return;
            if (_pack is not null && _pack.Size + cut.Bytes.Length > LargestPack)
                await ClosePackAsync(ct);
            Add(ObjectKind.Chunk, id, cut.Bytes);
        }, ct);
        _rows.AddFile(recipe, null);
        return new(recipe.File, recipe.Size);
    }

    /// <summary>
    /// Adds a file that stays in the immutable blob it is in: read once, checked against <paramref name="expected"/>, not stored twice. The blob
    /// must live as long as the store.
    /// </summary>
    /// <exception cref="TemperException">Codes <c>blob_missing</c>; <c>object_corrupt</c> when the blob is not what it should be.</exception>
    public async Task<StoredFile> AddExternalAsync(BlobKey blob, StoredFile expected, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(expected);
        await using var content = await _store.Blobs.OpenAsync(blob, 0, null, null, ct);
        var recipe = await FileCutting.CutAsync(content, new(Size: expected.Size), _ => ValueTask.CompletedTask, ct);
        if (new StoredFile(recipe.File, recipe.Size) != expected)
            throw new TemperException("object_corrupt", $"The blob '{blob}' should have {expected.Size} bytes of digest {expected.Id}; it has {recipe.Size} bytes of digest {recipe.File}.");
        _rows.AddFile(recipe, blob);
        return expected;
    }

    /// <summary>Adds the trees of these files; the id of the root.</summary>
    /// <exception cref="TemperException">Code <c>path_collision</c>: paths that one folder could not hold on every system, all of them.</exception>
    public Digest AddTree(IEnumerable<KeyValuePair<SafePath, StoredFile>> files)
    {
        var root = new TreeBuilder();
        var problems = new List<Problem>();
        foreach (var (path, file) in files)
        {
            _named.Add(file.Id);
            if (root.Add(path, file) is { } collision)
                problems.Add(collision);
        }
        if (problems.Count > 0)
            throw new TemperException(problems);
        return root.Write((id, body) => Add(ObjectKind.Tree, id, body)).Id;
    }

    /// <inheritdoc/>
    public (Digest Id, long Size) AddFolder(IReadOnlyCollection<TreeEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        _named.UnionWith(entries.Where(e => e.Mode != EntryMode.Folder).Select(e => e.Id));
        return new FolderBuilder((id, body) => Add(ObjectKind.Tree, id, body)).Write(entries);
    }

    /// <inheritdoc/>
    public Digest AddTag(Tag tag)
    {
        var body = TagCodec.Encode(tag);
        var id = ObjectIds.Of(ObjectKind.Tag, body);
        Add(ObjectKind.Tag, id, body);
        return id;
    }

    /// <summary>Adds a commit; its id. Its tree is of this batch or known already.</summary>
    public Digest AddCommit(Commit commit)
    {
        var body = CommitCodec.Encode(commit);
        var id = ObjectIds.Of(ObjectKind.Commit, body);
        Add(ObjectKind.Commit, id, body);
        _rows.AddCommit(id, commit);
        return id;
    }

    /// <summary>Adds a pack of another store, whose blob the caller writes before <see cref="StoreAsync"/>. Its recipes are admitted apart.</summary>
    public void AddPack(ReceivedPack pack)
    {
        ArgumentNullException.ThrowIfNull(pack);
        _rows.AddPack(pack.Pack with { Entries = [.. pack.Pack.Entries.Where(e => e.Kind != ObjectKind.Recipe)] });
        foreach (var (id, commit) in pack.Commits)
            _rows.AddCommit(id, commit);
    }

    /// <inheritdoc/>
    public void AddBody(ObjectKind kind, Digest id, ReadOnlyMemory<byte> body)
    {
        if (ObjectIds.Of(kind, body.Span) != id)
            throw new TemperException("object_corrupt", $"The {ObjectIds.Word(kind)} {id} does not have the digest that names it.");
        if (kind == ObjectKind.Recipe)
            _rows.AddFile(RecipeCodec.Decode(body.Span), null);
        else
            Add(kind, id, body);
        if (kind == ObjectKind.Commit)
            _rows.AddCommit(id, CommitCodec.Decode(body.Span));
    }

    /// <summary>Makes the bytes durable. Call once, before the transaction.</summary>
    /// <exception cref="TemperException">Code <c>object_missing</c>: a tree names a file that neither the batch nor the store has.</exception>
    public async Task StoreAsync(CancellationToken ct)
    {
        foreach (var file in _named)
            if (!_rows.HasFile(file) && !_rows.HasObject(file) && _pack?.Contains(file) != true && await _store.FindFileAsync(file, ct) is null)
                throw new TemperException("object_missing", $"A tree names the file {file}, which the store does not have.");
        await ClosePackAsync(ct);
        _stored = true;
        DurableSteps.Passed("publish.pack_written");
    }

    /// <summary>Makes what was stored known; repeating it changes nothing.</summary>
    /// <exception cref="TemperException">Code <c>object_missing</c>: a commit follows one that the store does not have.</exception>
    public Task RecordAsync(DbSession session, CancellationToken ct) => _stored
        ? _rows.InsertAsync(session, ct)
        : throw new InvalidOperationException("StoreAsync comes first: what is recorded must be durable.");

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _pack?.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Add(ObjectKind kind, Digest id, ReadOnlyMemory<byte> body)
    {
        if (_stored)
            throw new InvalidOperationException("The batch is stored; take a new one.");
        if (_rows.HasObject(id))
            return;
        _pack ??= new(_store.Scratch);
        _pack.Add(kind, id, body);
    }

    private async Task ClosePackAsync(CancellationToken ct)
    {
        if (_pack is null)
            return;
        _rows.AddPack(await _pack.StoreAsync(_store.Blobs, _store.Catalogue.ClaimAsync, ct));
        _pack.Dispose();
        _pack = null;
    }
}
