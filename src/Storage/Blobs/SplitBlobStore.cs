using System.Runtime.CompilerServices;
using Temper.Core.Blobs;

namespace Temper.Storage.Blobs;

/// <summary>
/// One store over several: blobs whose key begins with the name of a part lie in that part, without the name; all others in <paramref name="rest"/>. So
/// uploads and caches can have containers of their own, with lifetimes and rights of their own.
/// </summary>
/// <param name="parts">Stores by the first segment of the keys that lie in them.</param>
/// <param name="rest">Everything else.</param>
public sealed class SplitBlobStore(IReadOnlyDictionary<string, IBlobStore> parts, IBlobStore rest) : IBlobStore
{
    /// <inheritdoc/>
    public async Task<BlobInfo?> FindAsync(BlobKey key, CancellationToken ct) => Named(key, await Of(key).FindAsync(Inner(key), ct).ConfigureAwait(false));

    /// <inheritdoc/>
    public async Task<BlobInfo?> CreateAsync(BlobKey key, Stream content, CancellationToken ct) => Named(key, await Of(key).CreateAsync(Inner(key), content, ct).ConfigureAwait(false));

    /// <inheritdoc/>
    public async Task<BlobInfo> ReplaceAsync(BlobKey key, ReadOnlyMemory<byte> content, string expected, CancellationToken ct) =>
        Named(key, await Of(key).ReplaceAsync(Inner(key), content, expected, ct).ConfigureAwait(false))!;

    /// <inheritdoc/>
    public Task<Stream> OpenAsync(BlobKey key, long offset, long? length, string? pinned, CancellationToken ct) => Of(key).OpenAsync(Inner(key), offset, length, pinned, ct);

    /// <inheritdoc/>
    public async IAsyncEnumerable<BlobInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        if (prefix.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash && parts.TryGetValue(prefix[..slash], out var part))
        {
            await foreach (var blob in ListAsync(prefix[..slash], part, prefix[(slash + 1)..], ct).ConfigureAwait(false))
                yield return blob;
            yield break;
        }
        // Each part stands in one piece where its name stands among the keys of the rest.
        var ahead = new Queue<string>(parts.Keys.Where(name => $"{name}/".StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        await foreach (var blob in rest.ListAsync(prefix, ct).ConfigureAwait(false))
        {
            for (; ahead.TryPeek(out var name) && string.CompareOrdinal($"{name}/", blob.Key.ToString()) < 0; ahead.Dequeue())
                await foreach (var before in ListAsync(name, parts[name], "", ct).ConfigureAwait(false))
                    yield return before;
            yield return blob;
        }
        foreach (var name in ahead)
            await foreach (var last in ListAsync(name, parts[name], "", ct).ConfigureAwait(false))
                yield return last;
    }

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(BlobKey key, string? expected, CancellationToken ct) => Of(key).DeleteAsync(Inner(key), expected, ct);

    /// <inheritdoc/>
    public Task<string> BeginPartsAsync(BlobKey key, CancellationToken ct) => Of(key).BeginPartsAsync(Inner(key), ct);

    /// <inheritdoc/>
    public Task<BlobPart> StagePartAsync(BlobKey key, string token, int number, Stream content, CancellationToken ct) => Of(key).StagePartAsync(Inner(key), token, number, content, ct);

    /// <inheritdoc/>
    public async Task<BlobInfo?> CommitPartsAsync(BlobKey key, string token, IReadOnlyList<BlobPart> parts, CancellationToken ct) =>
        Named(key, await Of(key).CommitPartsAsync(Inner(key), token, parts, ct).ConfigureAwait(false));

    /// <inheritdoc/>
    public Task AbandonPartsAsync(BlobKey key, string token, CancellationToken ct) => Of(key).AbandonPartsAsync(Inner(key), token, ct);

    private static async IAsyncEnumerable<BlobInfo> ListAsync(string name, IBlobStore part, string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var blob in part.ListAsync(prefix, ct).ConfigureAwait(false))
            yield return blob with { Key = BlobKey.Of(name, blob.Key.ToString()) };
    }

    private IBlobStore Of(BlobKey key) => PartOf(key) is { } name ? parts[name] : rest;

    private BlobKey Inner(BlobKey key) => PartOf(key) is { } name ? BlobKey.Parse(key.ToString()[(name.Length + 1)..]) : key;

    private string? PartOf(BlobKey key)
    {
        var text = key.ToString();
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && parts.ContainsKey(text[..slash]) ? text[..slash] : null;
    }

    private static BlobInfo? Named(BlobKey key, BlobInfo? found) => found is null ? null : found with { Key = key };
}
