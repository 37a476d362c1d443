using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Safetensors;
using Temper.Core.Work;
using Temper.Storage.Folder;
using Temper.Versioning.Chunks;
using Temper.Versioning.Objects;
using Temper.Versioning.Packs;
using Temper.Versioning.Trees;

namespace Temper.Versioning.Content;

/// <summary>
/// New objects on their way into a <see cref="PackFolder"/>: one open pack in <c>tmp/</c>, another from a gibibyte on, named when the batch is stored.
/// Unlike the port asks, files may be added from several threads at once.
/// </summary>
internal sealed class PackFolderBatch(PackFolder store) : IObjectBatch
{
    private const long LargestPack = 1L << 30;

    private readonly Lock _adding = new();
    private readonly List<PackBuilder> _packs = [];
    private readonly HashSet<(Digest Id, EntryMode Mode)> _named = [];
    private readonly HashSet<Digest> _parents = [];
    private bool _stored;

    /// <inheritdoc/>
    public async Task<StoredFile> AddFileAsync(Stream content, FileHint hint, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(content);
        var bases = new Lazy<DifferenceBases?>((DifferenceBases?)null);
        var recipe = await FileCutting.CutAsync(content, hint, cut =>
        {
            if (cut.Index == 0 && hint.Base is { } earlier && cut.Layout is { } layout)
                bases = new(() => DifferenceBases.Find(store, earlier, layout));
            AddChunk(cut, hint, bases);
            return ValueTask.CompletedTask;
        }, ct);
        if (recipe.Chunks.Count > 1)
            Add(ObjectKind.Recipe, recipe.File, RecipeCodec.Encode(recipe));
        return new(recipe.File, recipe.Size);
    }

    /// <inheritdoc/>
    public (Digest Id, long Size) AddFolder(IReadOnlyCollection<TreeEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        lock (_adding)
            foreach (var entry in entries)
                _named.Add((entry.Id, entry.Mode == EntryMode.Folder ? EntryMode.Folder : EntryMode.File));
        return new FolderBuilder((id, body) => Add(ObjectKind.Tree, id, body)).Write(entries);
    }

    /// <inheritdoc/>
    public Digest AddCommit(Commit commit)
    {
        var body = CommitCodec.Encode(commit);
        var id = ObjectIds.Of(ObjectKind.Commit, body);
        lock (_adding)
            _parents.UnionWith(commit.Parents);
        Add(ObjectKind.Commit, id, body);
        return id;
    }

    /// <inheritdoc/>
    public Digest AddTag(Tag tag)
    {
        var body = TagCodec.Encode(tag);
        var id = ObjectIds.Of(ObjectKind.Tag, body);
        Add(ObjectKind.Tag, id, body);
        return id;
    }

    /// <inheritdoc/>
    public void AddBody(ObjectKind kind, Digest id, ReadOnlyMemory<byte> body)
    {
        if (ObjectIds.Of(kind, body.Span) != id)
            throw new TemperException("object_corrupt", $"The {ObjectIds.Word(kind)} {id} does not have the digest that names it.");
        if (kind == ObjectKind.Commit)
            lock (_adding)
                _parents.UnionWith(CommitCodec.Decode(body.Span).Parents);
        Add(kind, id, body);
    }

    /// <inheritdoc/>
    public Task StoreAsync(CancellationToken ct)
    {
        lock (_adding)
        {
            if (!store.IsPartial)
                CheckNamed();
            _stored = true;
            FolderFiles.Guarded(store.PacksFolder, NamePacks);
            DurableSteps.Passed("vcs.pack_written");
            Drop();
            store.Packs.Refresh(surely: true);
        }
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        lock (_adding)
            Drop();
        return ValueTask.CompletedTask;
    }

    private void NamePacks()
    {
        var names = _packs.ConvertAll(pack =>
        {
            var id = pack.Finish();
            RandomAccess.FlushToDisk(pack.File.SafeFileHandle);
            // Under its name it must not be locked: readers share it. Sweeping leaves it alone for an hour.
            pack.File.Dispose();
            return store.Packs.PathOf(id);
        });
        for (var i = 0; i < names.Count; i++)
            File.Move(_packs[i].File.Name, names[i], overwrite: true);
        if (names.Count > 0)
            PosixCalls.SyncFolder(store.PacksFolder);
    }

    private void Drop()
    {
        foreach (var pack in _packs)
        {
            pack.Dispose();
            // A pack that was named is not there any more under this name.
            FolderFiles.Discard(pack.File.Name);
        }
        _packs.Clear();
    }

    private void CheckNamed()
    {
        foreach (var (id, mode) in _named)
        {
            var isHere = mode == EntryMode.Folder
                ? Holds(id, ObjectKind.Tree) || store.Has(id, ObjectKind.Tree)
                : Holds(id, ObjectKind.Chunk) || Holds(id, ObjectKind.Recipe) || store.HasFile(id);
            if (!isHere)
                throw new TemperException("object_missing", $"A tree names the {(mode == EntryMode.Folder ? "folder" : "file")} {id}, which the store does not have.");
        }
        foreach (var parent in _parents)
            if (!Holds(parent, ObjectKind.Commit) && !store.HasCommit(parent))
                throw new TemperException("object_missing", $"A commit follows {parent}, which the store does not have.");
    }

    private void AddChunk(in CutChunk cut, FileHint hint, Lazy<DifferenceBases?> bases)
    {
        if (!Knows(cut.Chunk.Id, ObjectKind.Chunk))
            Add(ObjectKind.Chunk, cut.Chunk.Id, cut.Bytes.Length, Encode(cut, hint, bases));
    }

    private StoredBody Encode(in CutChunk cut, FileHint hint, Lazy<DifferenceBases?> bases)
    {
        if (cut.Layout?.TensorOf(cut.Index) is not { } tensor)
            return PackForms.Encode(ObjectKind.Chunk, cut.Bytes);
        if (bases.Value?.Of(cut.Index) is var (earlier, width) && store.FindBase(earlier) is var (id, body) && body.Length == cut.Bytes.Length
            && PackForms.EncodeDifference(cut.Bytes.Span, width, id, body) is { } difference)
            return difference;
        var stored = PackForms.Encode(ObjectKind.Chunk, cut.Bytes, isTensor: true);
        return stored.Form == PackForm.Raw && hint.IsSmall ? PackForms.EncodePlanes(cut.Bytes, tensor.Type.Bytes()) : stored;
    }

    private void Add(ObjectKind kind, Digest id, ReadOnlyMemory<byte> body)
    {
        if (!Knows(id, kind))
            Add(kind, id, body.Length, PackForms.Encode(kind, body));
    }

    private void Add(ObjectKind kind, Digest id, int size, in StoredBody body)
    {
        lock (_adding)
        {
            if (_stored)
                throw new InvalidOperationException("The batch is stored; take a new one.");
            if (Holds(id, kind))
                return;
            if (_packs.Count == 0 || _packs[^1].Size + body.Bytes.Length > LargestPack)
            {
                var path = Path.Combine(store.Scratch, $"{Environment.ProcessId}-{Path.GetRandomFileName()}.pack");
                _packs.Add(FolderFiles.Guarded(path, () => new PackBuilder(path, PackFormat.Version2, FileOptions.None, namedByIndex: true)));
            }
            _packs[^1].Add(kind, id, size, body);
        }
    }

    private bool Knows(Digest id, ObjectKind kind)
    {
        if (store.Has(id, kind))
            return true;
        lock (_adding)
            return Holds(id, kind);
    }

    private bool Holds(Digest id, ObjectKind kind) => _packs.Exists(p => p.Contains(id, kind));
}
