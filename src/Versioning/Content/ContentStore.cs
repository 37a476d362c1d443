using System.Security.Cryptography;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Storage.Sql;
using Temper.Versioning.Objects;
using Temper.Versioning.Packs;
using Temper.Versioning.Paths;
using Temper.Versioning.Trees;

namespace Temper.Versioning.Content;

/// <summary>A file that the content store knows.</summary>
/// <param name="Id">SHA-256 of its content.</param>
/// <param name="Size">Bytes.</param>
public sealed record StoredFile(Digest Id, long Size);

/// <summary>
/// Files, trees and commits by the digest of their content: bytes in packs of the blob store (or in blobs that exist anyway), places in the
/// database. Whatever is read is checked against the digest that names it: <c>object_corrupt</c>. Safe from any thread.
/// </summary>
/// <param name="blobs">Holds the packs.</param>
/// <param name="db">Holds the catalogue; <see cref="VersioningSchema"/> has been applied to it.</param>
/// <param name="clock">Stamps packs.</param>
/// <param name="scratch">An existing folder for packs that are being built; nothing in it outlives the process.</param>
public sealed class ContentStore(IBlobStore blobs, Db db, TimeProvider clock, string scratch) : IObjectStore
{
    private readonly Catalogue _catalogue = new(db);

    internal IBlobStore Blobs => blobs;
    internal Catalogue Catalogue => _catalogue;
    internal TimeProvider Clock => clock;

    /// <summary>The folder for packs that are being built.</summary>
    public string Scratch => scratch;

    /// <summary>Collects new objects; nothing is visible until the batch is stored and recorded.</summary>
    public ContentBatch NewBatch() => new(this);

    IObjectBatch IObjectStore.BeginBatch() => NewBatch();

    /// <inheritdoc/>
    public async ValueTask<ObjectKind?> FindKindAsync(Digest id, CancellationToken ct) => await _catalogue.FindKindAsync(id, ct);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<(Digest Id, ObjectKind Kind)>> FindPrefixAsync(string hex, int most, CancellationToken ct) =>
        await _catalogue.FindPrefixAsync(hex, most, ct);

    /// <inheritdoc/>
    public async ValueTask<bool> HasChunkAsync(Digest chunk, CancellationToken ct) => await _catalogue.HasAsync(chunk, ct);

    /// <inheritdoc/>
    public async ValueTask<Recipe?> FindRecipeAsync(Digest file, CancellationToken ct) => await _catalogue.FindRecipeAsync(file, ct);

    /// <inheritdoc/>
    public async ValueTask<Tag> ReadTagAsync(Digest tag, CancellationToken ct) => TagCodec.Decode(await ReadObjectAsync(tag, ObjectKind.Tag, ct));

    /// <summary>Null when the store does not know the file.</summary>
    public async Task<StoredFile?> FindFileAsync(Digest file, CancellationToken ct) =>
        await _catalogue.FindFileAsync(file, ct) is { } size ? new(file, size) : null;

    /// <summary>
    /// Reads <paramref name="length"/> bytes of a file from <paramref name="offset"/> (null: to the end); each chunk is checked before its bytes
    /// are handed out. A range past the end is cut.
    /// </summary>
    /// <exception cref="TemperException">Code <c>object_missing</c>; <c>object_corrupt</c> also while reading.</exception>
    public async ValueTask<Stream> OpenFileAsync(Digest file, long offset, long? length, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length ?? 0, nameof(length));
        var (size, places) = await _catalogue.PlacesAsync(file, ct);
        var start = Math.Min(offset, size);
        var end = start + Math.Min(length ?? long.MaxValue, size - start);
        return new ChunkStream(blobs, [.. places.Where(p => p.Start < end && p.Start + p.Length > start)], start, end - start);
    }

    /// <summary>The whole of a small file, at most 64 MiB.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public async Task<byte[]> ReadFileAsync(Digest file, CancellationToken ct)
    {
        await using var stream = await OpenFileAsync(file, 0, null, ct);
        if (stream.Length > PackFormat.LargestObject)
            throw new ArgumentException($"The file {file} has {stream.Length} bytes; read it as a stream.", nameof(file));
        var content = new byte[stream.Length];
        await stream.ReadExactlyAsync(content, ct);
        return content;
    }

    /// <summary>Entries of one tree, in the tree's order.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public async ValueTask<IReadOnlyList<TreeEntry>> ReadTreeAsync(Digest tree, CancellationToken ct)
    {
        var body = await ReadObjectAsync(tree, ObjectKind.Tree, ct);
        return TreeNode.IsInner(body) ? await FolderNodes.ReadAsync(this, body, ct) : TreeCodec.Decode(body);
    }

    /// <summary>All files below a tree by path, in ordinal order of the paths.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public async Task<SortedDictionary<SafePath, TreeEntry>> ListFilesAsync(Digest tree, CancellationToken ct)
    {
        var files = new SortedDictionary<SafePath, TreeEntry>();
        var waiting = new Stack<(string Before, Digest Tree)>([("", tree)]);
        while (waiting.TryPop(out var next))
        {
            foreach (var entry in await ReadTreeAsync(next.Tree, ct))
            {
                if (entry.Mode == EntryMode.Folder)
                    waiting.Push(($"{next.Before}{entry.Name}/", entry.Id));
                else
                    files.Add(SafePath.Parse(next.Before + entry.Name), entry);
            }
        }
        return files;
    }

    /// <summary>The file at a path below a tree; null when there is none.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public async Task<TreeEntry?> FindFileAsync(Digest tree, SafePath path, CancellationToken ct)
    {
        var parts = path.Parts;
        for (var depth = 0; ; depth++)
        {
            var entry = (await ReadTreeAsync(tree, ct)).FirstOrDefault(e => e.Name == parts[depth]);
            var last = depth == parts.Length - 1;
            if (entry is null || last == (entry.Mode == EntryMode.Folder))
                return null;
            if (last)
                return entry;
            tree = entry.Id;
        }
    }

    /// <summary>Keeps a pack's blob from being removed by a collection; to be called before the blob is written.</summary>
    public Task ClaimPackAsync(Digest pack, CancellationToken ct) => _catalogue.ClaimAsync(pack, ct);

    /// <summary>A commit.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public async ValueTask<Commit> ReadCommitAsync(Digest commit, CancellationToken ct) => CommitCodec.Decode(await ReadObjectAsync(commit, ObjectKind.Commit, ct));

    /// <summary>What the catalogue says of a commit; null when it knows none of that id.</summary>
    public async ValueTask<CommitRow?> FindCommitAsync(Digest commit, CancellationToken ct) => await _catalogue.FindCommitAsync(commit, ct);

    /// <inheritdoc/>
    public async ValueTask<byte[]?> FindBodyAsync(Digest id, ObjectKind kind, CancellationToken ct) =>
        kind == ObjectKind.Recipe ? await _catalogue.FindRecipeAsync(id, ct) is { Chunks.Count: > 1 } recipe ? RecipeCodec.Encode(recipe) : null
        : await _catalogue.FindPlaceAsync(id, kind, ct) is var (pack, entry) ? await PackReader.ReadAsync(blobs, pack, entry, ct) : null;

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> ids, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var missing = new HashSet<Digest>(ids);
        missing.ExceptWith(await _catalogue.PresentAsync(missing, ct));
        return [.. missing];
    }

    /// <summary>
    /// Takes in how files of another store are put together, after reading each from its chunks, which are here, and comparing it with the digest that
    /// names it. What is known of a file already stays.
    /// </summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>; <c>corrupt_upload</c> when a file is not what its recipe makes.</exception>
    public async Task AdmitAsync(IReadOnlyList<Recipe> recipes, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(recipes);
        var admitted = new List<Recipe>();
        foreach (var recipe in recipes)
        {
            if (await FindRecipeAsync(recipe.File, ct) is not null)
                continue;
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            foreach (var chunk in recipe.Chunks)
            {
                var body = await FindBodyAsync(chunk.Id, ObjectKind.Chunk, ct)
                    ?? throw new TemperException("object_missing", $"The chunk {chunk.Id} of the file {recipe.File} is not in the store.");
                hash.AppendData(body.Length == chunk.Length ? body : throw Wrong(recipe));
            }
            admitted.Add(Digest.FromHash(hash.GetHashAndReset()) == recipe.File ? recipe : throw Wrong(recipe));
        }
        await db.InTransactionAsync(async (session, token) =>
        {
            foreach (var recipe in admitted)
                await BatchRows.InsertAsync(session, recipe, null, clock.GetUtcNow().ToUnixTimeMilliseconds(), token);
        }, ct);
    }

    private static TemperException Wrong(Recipe recipe) => new("corrupt_upload", $"The chunks of the file {recipe.File} do not make a file of that digest.");

    private async Task<byte[]> ReadObjectAsync(Digest id, ObjectKind kind, CancellationToken ct)
    {
        var (pack, entry) = await _catalogue.PlaceAsync(id, kind, ct);
        return await PackReader.ReadAsync(blobs, pack, entry, ct);
    }
}
