using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Storage.Folder;
using Temper.Versioning.Chunks;
using Temper.Versioning.Objects;
using Temper.Versioning.Packs;
using Temper.Versioning.Trees;

namespace Temper.Versioning.Content;

/// <summary>
/// Objects in the packs of a local folder: <c>packs/p-SHA256.pack</c> and nothing else, found by the sorted indexes of the packs themselves; <c>tmp/</c>
/// holds packs that are being written. Several processes may read and write at once. Whatever is read is checked against the id that names it. The
/// tasks that it hands out are finished already, but for those of reading a large file. Safe from any thread. Format: docs/formats/packs.md.
/// </summary>
public sealed class PackFolder : IObjectStore, IDisposable
{
    // A difference of a difference of … : reading one object reads so many others at most.
    private const int LongestChain = 4;
    private const int Files = 1 << (int)ObjectKind.Chunk | 1 << (int)ObjectKind.Recipe, Any = ~0;

    private readonly Lazy<ConcurrentDictionary<Digest, long>> _known = new(() => new());

    /// <summary>Opens the folder, making it where it is missing, and removes what writers that died left in <c>tmp/</c> over an hour ago.</summary>
    /// <exception cref="TemperException">Codes <c>permission_denied</c>, <c>disk_full</c>.</exception>
    public PackFolder(string folder, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        Folder = Path.GetFullPath(folder);
        (PacksFolder, Scratch) = (Path.Combine(Folder, "packs"), Path.Combine(Folder, "tmp"));
        foreach (var name in (string[])[PacksFolder, Scratch])
            FolderFiles.Guarded(name, () => Directory.CreateDirectory(name));
        FolderSweep.Temp(Scratch, clock);
        Packs = new(PacksFolder, clock);
        Packs.Refresh(surely: true);
    }

    /// <summary>Full path.</summary>
    public string Folder { get; }

    /// <summary>
    /// Whether objects may lie at a remote only (clones with a depth or a filter): then a tree may name a file, and a commit a parent, that is not here.
    /// </summary>
    public bool IsPartial { get; set; }

    /// <summary>A cache of commits that is asked before packs are read: the commit with its generation, or null.</summary>
    public Func<Digest, CommitRow?>? KnownCommit { get; set; }

    internal string PacksFolder { get; }

    internal string Scratch { get; }

    internal PackList Packs { get; }

    /// <summary>For whoever writes a block of a large file past the system's cache. Who finds no room writes through the cache: so a disk that is slower
    /// than memory is kept busy and waited for by few, and memory that is slow to get is left to the blocks that the disk cannot take.</summary>
    internal SemaphoreSlim PastCache { get; } = new(3);

    /// <summary>Looks at the folder again, where another process may have changed it.</summary>
    public void Refresh()
    {
        // Parents that came later change the generations of what follows them.
        if (IsPartial)
            _known.Value.Clear();
        Packs.Refresh(surely: true);
    }

    /// <inheritdoc/>
    public ValueTask<ObjectKind?> FindKindAsync(Digest id, CancellationToken ct) => new(
        TryFind(id, Any & ~Files, out _, out var row) ? row.Kind
        : id == Chunking.EmptyFile || TryFind(id, Files, out _, out _) ? ObjectKind.Chunk : null);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<(Digest Id, ObjectKind Kind)>> FindPrefixAsync(string hex, int most, CancellationToken ct)
    {
        var (first, last) = (Digest.Parse(hex.PadRight(64, '0')), Digest.Parse(hex.PadRight(64, 'f')));
        Packs.Refresh();
        var found = new SortedSet<(Digest Id, ObjectKind Kind)>();
        foreach (var pack in Packs.All())
            for (var (i, taken) = (pack.LowerBound(first), 0); i < pack.Count && taken < most && pack.RowAt(i) is var row && row.Id <= last; i++)
                taken += found.Add((row.Id, row.Kind == ObjectKind.Recipe ? ObjectKind.Chunk : row.Kind)) ? 1 : 0;
        return new([.. found.Take(most)]);
    }

    /// <inheritdoc/>
    public ValueTask<CommitRow?> FindCommitAsync(Digest commit, CancellationToken ct)
    {
        if (KnownCommit?.Invoke(commit) is { } known)
            return new(known);
        if (FindBody(commit, ObjectKind.Commit) is not { } body)
            return new((CommitRow?)null);
        var found = CommitCodec.Decode(body);
        return new(new CommitRow { Id = commit, Tree = found.Tree, Meta = found.Meta, Gen = Generation(commit), AtMs = found.Committer.AtMs });
    }

    /// <inheritdoc/>
    public ValueTask<Commit> ReadCommitAsync(Digest commit, CancellationToken ct) => new(CommitCodec.Decode(ReadBody(commit, ObjectKind.Commit)));

    /// <inheritdoc/>
    public ValueTask<Tag> ReadTagAsync(Digest tag, CancellationToken ct) => new(TagCodec.Decode(ReadBody(tag, ObjectKind.Tag)));

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<TreeEntry>> ReadTreeAsync(Digest tree, CancellationToken ct)
    {
        var body = ReadBody(tree, ObjectKind.Tree);
        return TreeNode.IsInner(body) ? FolderNodes.ReadAsync(this, body, ct) : new(TreeCodec.Decode(body));
    }

    /// <inheritdoc/>
    public ValueTask<Recipe?> FindRecipeAsync(Digest file, CancellationToken ct) => new(FindRecipe(file));

    /// <inheritdoc/>
    public ValueTask<bool> HasChunkAsync(Digest chunk, CancellationToken ct) => new(TryFind(chunk, 1 << (int)ObjectKind.Chunk, out _, out _));

    /// <inheritdoc/>
    public ValueTask<Stream> OpenFileAsync(Digest file, long offset, long? length, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length ?? 0, nameof(length));
        var recipe = FindRecipe(file) ?? throw Missing("file", file);
        var start = Math.Min(offset, recipe.Size);
        return new(new PackFileStream(this, recipe, start, Math.Min(length ?? long.MaxValue, recipe.Size - start)));
    }

    /// <summary>Writes a file's whole content, checked, into an empty file: for large ones the fastest way there is.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>; what is in the file by then is worth nothing.</exception>
    public async Task WriteFileAsync(Digest file, SafeFileHandle to, CancellationToken ct)
    {
        var recipe = FindRecipe(file) ?? throw Missing("file", file);
        if (PackFileCopy.Takes(recipe))
        {
            await PackFileCopy.RunAsync(this, recipe, to, ct);
            return;
        }
        await using var content = new PackFileStream(this, recipe, 0, recipe.Size);
        for (var at = 0L; at < recipe.Size; at = content.Position)
            RandomAccess.Write(to, (await content.ChunkAsync(ct)).Span, at);
    }

    /// <inheritdoc/>
    public ValueTask<byte[]?> FindBodyAsync(Digest id, ObjectKind kind, CancellationToken ct) => new(FindBody(id, kind));

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> ids, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(ids);
        Packs.Refresh();
        return new([.. ids.Distinct().Where(id => !Packs.TryFind(id, Any & ~(1 << (int)ObjectKind.Recipe), out _, out _))]);
    }

    /// <inheritdoc/>
    public IObjectBatch BeginBatch() => new PackFolderBatch(this);

    /// <inheritdoc/>
    public void Dispose()
    {
        Packs.Dispose();
        PastCache.Dispose();
    }

    /// <summary>Whether an object is in a pack that is known; packs of other processes may be newer.</summary>
    internal bool Has(Digest id, ObjectKind kind) => Packs.TryFind(id, 1 << (int)kind, out _, out _);

    /// <summary>Whether a commit is known, newer packs of other processes included.</summary>
    internal bool HasCommit(Digest id) => TryFind(id, 1 << (int)ObjectKind.Commit, out _, out _);

    /// <summary>Whether a file is known, newer packs of other processes included.</summary>
    internal bool HasFile(Digest id) => id == Chunking.EmptyFile || TryFind(id, Files, out _, out _);

    internal Recipe? FindRecipe(Digest file)
    {
        if (file == Chunking.EmptyFile)
            return new(file, 0, Chunking.Whole, []);
        if (!TryFind(file, Files, out var pack, out var row))
            return null;
        return row.Kind == ObjectKind.Chunk
            ? new(file, row.Size, Chunking.Whole, [new(file, row.Size)])
            : RecipeCodec.Decode(Open(pack, row));
    }

    /// <summary>One chunk of a file, checked. <paramref name="buffer"/> is of the shared pool and may be exchanged for a larger one; the chunk may lie in it.</summary>
    internal ReadOnlyMemory<byte> ReadChunk(Recipe recipe, int index, ref byte[] buffer)
    {
        var chunk = recipe.Chunks[index];
        if (!TryFind(chunk.Id, 1 << (int)ObjectKind.Chunk, out var pack, out var row) || row.Form != PackForm.Raw)
            return Checked(recipe, chunk, ReadBody(chunk.Id, ObjectKind.Chunk));
        if (buffer.Length < row.Stored)
        {
            if (buffer.Length > 0)
                ArrayPool<byte>.Shared.Return(buffer);
            buffer = ArrayPool<byte>.Shared.Rent(Math.Max(row.Stored, (int)Math.Min(recipe.Size, Chunking.WholeSize)));
        }
        pack.ReadStored(row, buffer.AsSpan(0, row.Stored));
        return Digest.Of(buffer.AsSpan(0, row.Stored)) == chunk.Id ? Checked(recipe, chunk, buffer.AsMemory(0, row.Stored)) : throw Altered(pack, row);
    }

    /// <summary>The same for whoever reads all of a large file; the chunk may lie in <paramref name="block"/>.</summary>
    internal ReadOnlyMemory<byte> ReadLarge(Recipe recipe, int index, AlignedBlock block)
    {
        var chunk = recipe.Chunks[index];
        if (!TryFind(chunk.Id, 1 << (int)ObjectKind.Chunk, out var pack, out var row) || row.Form != PackForm.Raw || row.Stored > LocalPack.LargestRead)
            return Checked(recipe, chunk, ReadBody(chunk.Id, ObjectKind.Chunk));
        var body = pack.ReadLarge(row, block);
        return Digest.Of(body.Span) == chunk.Id ? Checked(recipe, chunk, body) : throw Altered(pack, row);
    }

    private static ReadOnlyMemory<byte> Checked(Recipe recipe, FileChunk chunk, ReadOnlyMemory<byte> body) => body.Length == chunk.Length ? body
        : throw new TemperException("object_corrupt", $"The chunk {chunk.Id} of the file {recipe.File} has {body.Length} bytes; the file says {chunk.Length}.");

    internal byte[] ReadBody(Digest id, ObjectKind kind) => FindBody(id, kind, surely: true) ?? throw Missing(ObjectIds.Word(kind), id);

    internal static TemperException Missing(string what, Digest id) => new("object_missing", $"The store has no {what} {id}.");

    private byte[]? FindBody(Digest id, ObjectKind kind, bool surely = false)
    {
        if (TryFind(id, 1 << (int)kind, out var pack, out var row) || surely && Packs.Refresh(surely) && TryFind(id, 1 << (int)kind, out pack, out row))
            return Open(pack, row);
        if (surely)
            Packs.CheckIndexes();
        return null;
    }

    /// <summary>A chunk that others may be kept as a difference from, its bytes the caller's own: the chunk itself or, where its chain is as long as
    /// chains get, that at the chain's end. Null when it is not here.</summary>
    internal (Digest Id, byte[] Body)? FindBase(Digest chunk)
    {
        var (id, links) = (chunk, 0);
        while (TryFind(id, 1 << (int)ObjectKind.Chunk, out var pack, out var row))
        {
            if (row.Form != PackForm.Difference)
            {
                var found = links < LongestChain ? chunk : id;
                return (found, ReadBody(found, ObjectKind.Chunk));
            }
            (id, links) = (pack.BaseOf(row)!.Value, links + 1);
        }
        return null;
    }

    /// <summary>One object of a pack, checked against its id.</summary>
    internal byte[] Open(LocalPack pack, PackRow row, int links = 0)
    {
        PackFormat.Check(row, pack.Size, pack.Id);
        var stored = new byte[row.Stored];
        pack.ReadStored(row, stored);
        byte[]? from = null;
        if (row.Form == PackForm.Difference)
        {
            if (links == LongestChain)
                throw PackFormat.Corrupt(pack.Id, $"the object {row.Id} is at the end of a chain of more than {LongestChain} differences");
            var id = PackForms.BaseOf(stored, row, pack.Id);
            from = TryFind(id, 1 << (int)ObjectKind.Chunk, out var other, out var place) ? Open(other, place, links + 1)
                : throw new TemperException("object_missing", $"The chunk {row.Id} is kept as a difference from {id}, which the store does not have.");
        }
        var body = PackForms.Decode(row.Form, stored, row.Size, from);
        return body is not null && ObjectIds.Of(row.Kind, body) == row.Id ? body : throw Altered(pack, row);
    }

    private static TemperException Altered(LocalPack pack, in PackRow row) =>
        new("object_corrupt", $"The {ObjectIds.Word(row.Kind)} {row.Id} in the pack {pack.Id} does not have the digest that names it.");

    private bool TryFind(Digest id, int kinds, out LocalPack pack, out PackRow row) =>
        Packs.TryFind(id, kinds, out pack, out row) || Packs.Refresh() && Packs.TryFind(id, kinds, out pack, out row);

    // A history is deeper than a stack.
    private ConcurrentDictionary<Digest, long> Generations => _known.Value;

    private long Generation(Digest commit)
    {
        var waiting = new Stack<Digest>([commit]);
        while (waiting.TryPeek(out var next))
        {
            if (Generations.ContainsKey(next))
            {
                waiting.Pop();
                continue;
            }
            var parents = ParentsOf(next);
            var open = parents.Where(p => !Generations.ContainsKey(p)).ToList();
            open.ForEach(waiting.Push);
            if (open.Count == 0)
                Generations[next] = 1 + parents.Select(p => Generations[p]).DefaultIfEmpty().Max();
        }
        return Generations[commit];
    }

    private IReadOnlyList<Digest> ParentsOf(Digest commit)
    {
        if (KnownCommit?.Invoke(commit) is { } known)
        {
            Generations[commit] = known.Gen;
            return [];
        }
        if (FindBody(commit, ObjectKind.Commit, surely: !IsPartial) is { } body)
            return CommitCodec.Decode(body).Parents;
        if (!IsPartial)
            throw Missing("commit", commit);
        // What lies below a cut-off history counts for nothing.
        Generations[commit] = 0;
        return [];
    }
}
