using System.Buffers.Binary;
using System.Security.Cryptography;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Safetensors;
using Temper.Versioning.Content;

namespace Temper.Versioning.Tensors;

/// <summary>What a stored .safetensors file holds, from its header and its recipe: no tensor is read.</summary>
public sealed class TensorTable
{
    private readonly Dictionary<string, TensorRow> _byName;

    private TensorTable(Digest file, long size, byte[] header, IReadOnlyList<TensorRow> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        (File, Size, Header, Tensors, Metadata) = (file, size, header, tensors, metadata);
        _byName = tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
    }

    /// <summary>The file's id.</summary>
    public Digest File { get; }

    /// <summary>Bytes of the file.</summary>
    public long Size { get; }

    /// <summary>The header as it stands in the file, without the eight bytes before it.</summary>
    public ReadOnlyMemory<byte> Header { get; }

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<TensorRow> Tensors { get; }

    /// <summary>The texts of <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The tensor of a name; null when there is none.</summary>
    public TensorRow? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Reads a file's table.</summary>
    /// <exception cref="TemperException">The codes of a broken header (<c>safetensors_…</c>); <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public static async Task<TensorTable> ReadAsync(IObjectStore store, Digest file, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(store);
        var recipe = await store.FindRecipeAsync(file, ct) ?? throw new TemperException("object_missing", $"The store has no file {file}.");
        var name = $"file {file.Short}";
        if (recipe.Size < 8)
            throw SafetensorsHeader.Bad(name, "safetensors_truncated", "a safetensors file has at least 8 bytes");
        await using var content = await store.OpenFileAsync(file, 0, null, ct);
        var count = new byte[8];
        await content.ReadExactlyAsync(count, ct);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(count);
        if (length > SafetensorsHeader.MaximumBytes || length > (ulong)(recipe.Size - 8))
            throw SafetensorsHeader.Bad(name, "safetensors_header_invalid", $"its header would have {length} bytes, the file has {recipe.Size}");
        var header = new byte[length];
        await content.ReadExactlyAsync(header, ct);
        var start = 8 + (long)length;
        var (tensors, metadata) = SafetensorsHeader.Parse(header, recipe.Size - start, name);
        return new(file, recipe.Size, header, WithChunks(recipe, [.. tensors.Select(t => new TensorRow(t.Name, t.Type, t.Shape, start + t.Begin, t.End - t.Begin))]), metadata);
    }

    /// <summary>Whether a stored file begins as a .safetensors file does. Reads nine bytes.</summary>
    public static async Task<bool> IsTableAsync(IObjectStore store, Digest file, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (await store.FindRecipeAsync(file, ct) is not { Size: > 9 } recipe)
            return false;
        await using var content = await store.OpenFileAsync(file, 0, 9, ct);
        var head = new byte[9];
        await content.ReadExactlyAsync(head, ct);
        return head[8] == (byte)'{' && BinaryPrimitives.ReadUInt64LittleEndian(head) is var length && length <= SafetensorsHeader.MaximumBytes && length <= (ulong)(recipe.Size - 8);
    }

    /// <summary>
    /// The digest of a tensor: over its chunks' ids where it has chunks of its own (<see cref="TensorRow.ChunkDigest"/>), else SHA-256 of its bytes,
    /// which are read.
    /// </summary>
    public async Task<Digest> DigestAsync(IObjectStore store, TensorRow row, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(row);
        return row.ChunkDigest ?? await BytesDigestAsync(store, row, ct);
    }

    /// <summary>SHA-256 of a tensor's bytes, however they are cut.</summary>
    public async Task<Digest> BytesDigestAsync(IObjectStore store, TensorRow row, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(row);
        await using var content = await store.OpenFileAsync(File, row.Offset, row.Length, ct);
        return Digest.FromHash(await SHA256.HashDataAsync(content, ct));
    }

    /// <summary>
    /// Whether two tensors of the same type and shape have the same bytes: by their chunks where both are cut alike, else by what they hold.
    /// </summary>
    public static async Task<bool> AreEqualAsync(IObjectStore store, TensorTable left, TensorRow a, TensorTable right, TensorRow b, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(right);
        if (!a.HasFormOf(b))
            return false;
        if (left.File == right.File && a.Offset == b.Offset)
            return true;
        if (AreCutAlike(a, b))
            return a.Chunks!.SequenceEqual(b.Chunks!);
        return await left.BytesDigestAsync(store, a, ct) == await right.BytesDigestAsync(store, b, ct);
    }

    /// <summary>Whether two tensors lie in chunks of their own that end at the same places.</summary>
    internal static bool AreCutAlike(TensorRow a, TensorRow b) =>
        a.Chunks is not null && b.Chunks is not null && a.Chunks.Select(c => c.Length).SequenceEqual(b.Chunks.Select(c => c.Length));

    private static List<TensorRow> WithChunks(Recipe recipe, List<TensorRow> rows)
    {
        var next = 0;
        long at = 0;
        for (var i = 0; i < rows.Count; i++)
        {
            while (next < recipe.Chunks.Count && at < rows[i].Offset)
                at += recipe.Chunks[next++].Length;
            if (at != rows[i].Offset || rows[i].Length == 0)
                continue;
            var (last, end) = (next, at);
            while (last < recipe.Chunks.Count && end < rows[i].Offset + rows[i].Length)
                end += recipe.Chunks[last++].Length;
            if (end == rows[i].Offset + rows[i].Length)
                rows[i] = rows[i] with { Chunks = [.. recipe.Chunks.Skip(next).Take(last - next)] };
        }
        return rows;
    }
}
