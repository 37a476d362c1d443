using System.Security.Cryptography;
using Temper.Core.Files;
using Temper.Core.Ids;
using Temper.Core.Safetensors;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Tests;

/// <summary>A store whose files look cut by tensors, as local packs cut them, and that counts what is read of files.</summary>
internal sealed class CutStore(IObjectStore inner) : IObjectStore
{
    private long _read;

    public long BytesRead => _read;

    public async ValueTask<Recipe?> FindRecipeAsync(Digest file, CancellationToken ct)
    {
        await using var stream = await inner.OpenFileAsync(file, 0, null, ct);
        var content = new byte[stream.Length];
        await stream.ReadExactlyAsync(content, ct);
        var start = 8 + (int)BitConverter.ToInt64(content);
        var cuts = new List<int> { 0, start };
        foreach (var tensor in SafetensorsHeader.Parse(content[8..start], content.Length - start, "f").Tensors)
            for (var at = tensor.Begin; at < tensor.End; at += 512 << 10)
                cuts.Add(start + (int)Math.Min(at + (512 << 10), tensor.End));
        return new(file, content.Length, "tensors-512k-1", [.. cuts.Zip(cuts.Skip(1), (from, to) => new FileChunk(Digest.FromHash(SHA256.HashData(content.AsSpan(from..to))), to - from))]);
    }

    public async ValueTask<Stream> OpenFileAsync(Digest file, long offset, long? length, CancellationToken ct) => new Counting(this, await inner.OpenFileAsync(file, offset, length, ct));

    public ValueTask<ObjectKind?> FindKindAsync(Digest id, CancellationToken ct) => inner.FindKindAsync(id, ct);

    public ValueTask<IReadOnlyList<(Digest Id, ObjectKind Kind)>> FindPrefixAsync(string hex, int most, CancellationToken ct) => inner.FindPrefixAsync(hex, most, ct);

    public ValueTask<CommitRow?> FindCommitAsync(Digest commit, CancellationToken ct) => inner.FindCommitAsync(commit, ct);

    public ValueTask<Commit> ReadCommitAsync(Digest commit, CancellationToken ct) => inner.ReadCommitAsync(commit, ct);

    public ValueTask<Tag> ReadTagAsync(Digest tag, CancellationToken ct) => inner.ReadTagAsync(tag, ct);

    public ValueTask<IReadOnlyList<TreeEntry>> ReadTreeAsync(Digest tree, CancellationToken ct) => inner.ReadTreeAsync(tree, ct);

    public ValueTask<bool> HasChunkAsync(Digest chunk, CancellationToken ct) => inner.HasChunkAsync(chunk, ct);

    public ValueTask<byte[]?> FindBodyAsync(Digest id, ObjectKind kind, CancellationToken ct) => inner.FindBodyAsync(id, kind, ct);

    public ValueTask<IReadOnlyList<Digest>> FindMissingAsync(IReadOnlyCollection<Digest> ids, CancellationToken ct) => inner.FindMissingAsync(ids, ct);

    public IObjectBatch BeginBatch() => inner.BeginBatch();

    private sealed class Counting(CutStore store, Stream source) : ForwardStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await source.ReadAsync(buffer, cancellationToken);
            Interlocked.Add(ref store._read, count);
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            source.Dispose();
            base.Dispose(disposing);
        }
    }
}
