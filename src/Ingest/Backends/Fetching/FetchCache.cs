using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;

namespace Temper.Ingest;

/// <summary>What is known of one address: content by its hash, or a refusal until a moment. The address itself is not kept; it may hold a signature.</summary>
/// <param name="Sha256">Of the content; null for a refusal.</param>
/// <param name="Size">Bytes of the content; of a refusal the most that were allowed.</param>
/// <param name="Extension">Kind of the content.</param>
/// <param name="Refusal">Why there is none.</param>
/// <param name="Expires">When the refusal is forgotten.</param>
public sealed record FetchRecord(Digest? Sha256, long Size, string? Extension, FetchRefusal? Refusal, DateTimeOffset? Expires);

/// <summary>
/// Downloads kept in a blob store: <c>cache/fetch/{sha256 of the address}</c> says what an address gave, <c>cache/fetched/{sha256}</c> holds the
/// content, once however many addresses give it. A refusal is kept with status, reason and expiry, never as content.
/// </summary>
/// <param name="fetcher">Asks for what is not there.</param>
/// <param name="store">Holds both.</param>
/// <param name="clock">For expiry.</param>
/// <param name="policy">How long refusals are remembered.</param>
public sealed class FetchCache(SafeFetcher fetcher, IBlobStore store, TimeProvider clock, FetchPolicy policy)
{
    /// <summary>What the address gives: from the cache, or fetched now and put there.</summary>
    public async Task<FetchRecord> GetAsync(string url, CancellationToken ct)
    {
        if (KeyOf(url) is not { } key)
            return new(null, 0, null, (await fetcher.FetchAsync(url, ct)).Refusal, null);
        var known = await ReadAsync(key, ct);
        if (known is { Record: { } record } && await IsGoodAsync(record, ct))
        {
            FetchTelemetry.Count("cached");
            return record;
        }
        var result = await fetcher.FetchAsync(url, ct);
        var made = result.File is { } file ? await KeepAsync(file, ct) : new FetchRecord(null, policy.MaxBytes, null, result.Refusal, clock.GetUtcNow() + Remember(result.Refusal!));
        // What the operator's policy refuses is asked again each time: the policy may change, and asking costs nothing.
        if (made.Refusal?.Code is not ("FETCH_URL" or "FETCH_BLOCKED"))
            await WriteAsync(key, made, known?.ETag, ct);
        return made;
    }

    /// <summary>Opens content by its hash; null when the cache has it no more.</summary>
    public async Task<Stream?> OpenAsync(Digest sha256, long offset, long? length, CancellationToken ct)
    {
        try
        {
            return await store.OpenAsync(ContentKey(sha256), offset, length, null, ct);
        }
        catch (TemperException error) when (error.Code == "blob_missing")
        {
            return null;
        }
    }

    private async Task<bool> IsGoodAsync(FetchRecord record, CancellationToken ct) => record.Sha256 is { } sha256
        ? await store.FindAsync(ContentKey(sha256), ct) is { } found && found.Size == record.Size
        : record.Expires > clock.GetUtcNow() && (record.Refusal?.Code != "FETCH_TOO_LARGE" || record.Size >= policy.MaxBytes);

    private async Task<FetchRecord> KeepAsync(FetchedFile file, CancellationToken ct)
    {
        await using (file)
        {
            await store.CreateAsync(ContentKey(file.Sha256), file.Content, ct);
            return new(file.Sha256, file.Size, file.Extension, null, null);
        }
    }

    private async Task<(FetchRecord? Record, string ETag)?> ReadAsync(BlobKey key, CancellationToken ct)
    {
        if (await store.FindAsync(key, ct) is not { } found)
            return null;
        try
        {
            await using var stream = await store.OpenAsync(key, 0, null, found.ETag, ct);
            return (await JsonSerializer.DeserializeAsync<FetchRecord>(stream, Wire.Json, ct), found.ETag);
        }
        catch (JsonException)
        {
            // Damaged: as if nothing were known, and written anew.
            return (null, found.ETag);
        }
    }

    /// <summary>Whoever writes first wins: another worker has asked the same address a moment ago.</summary>
    private async Task WriteAsync(BlobKey key, FetchRecord record, string? known, CancellationToken ct)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(record, Wire.Json);
        try
        {
            if (known is null)
                await store.CreateAsync(key, new MemoryStream(bytes, writable: false), ct);
            else
                await store.ReplaceAsync(key, bytes, known, ct);
        }
        catch (TemperException error) when (error.Code == "blob_changed")
        {
        }
    }

    private TimeSpan Remember(FetchRefusal refusal) =>
        !refusal.MayPass ? policy.RememberRefusal : refusal.RetryAfter is { } wait && wait > policy.RememberFailure ? wait : policy.RememberFailure;

    private static BlobKey ContentKey(Digest sha256) => BlobLayout.Cache("fetched", sha256.Hex);

    private static BlobKey? KeyOf(string url)
    {
        try
        {
            return BlobLayout.Cache("fetch", FetchAddress.Parse(url).Key.Hex);
        }
        catch (TemperException)
        {
            return null;
        }
    }
}
