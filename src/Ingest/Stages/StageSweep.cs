using System.Globalization;
using Temper.Core.Blobs;

namespace Temper.Ingest;

/// <summary>
/// Evicts from <c>cache/ingest/</c>: entries that no upload has used for <see cref="IngestOptions.CacheDays"/>, and beyond
/// <see cref="IngestOptions.CacheBytes"/> those used longest ago. Every claim marks what it reads with the day; an entry marked today or yesterday is
/// never removed, however large the cache is, so a running row keeps what it needs. What is gone is made again.
/// </summary>
internal sealed class StageSweep(IBlobStore blobs, IngestOptions options, TimeProvider clock)
{
    private const string Prefix = "cache/ingest/", Used = "used-", Day = "yyyyMMdd";

    /// <summary>Name of the mark of a day's use.</summary>
    public static string UsedOn(DateTimeOffset now) => Used + now.ToString(Day, CultureInfo.InvariantCulture);

    /// <summary>Removes what is due; how many entries.</summary>
    public async Task<int> RunAsync(CancellationToken ct)
    {
        var entries = await EntriesAsync(ct).ConfigureAwait(false);
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        var (bytes, removed) = (entries.Sum(e => e.Bytes), 0);
        foreach (var entry in entries.OrderBy(e => e.LastUse).ThenBy(e => e.Prefix, StringComparer.Ordinal))
        {
            var idle = today.DayNumber - entry.LastUse.DayNumber;
            if (idle <= 1 || (idle <= options.CacheDays && bytes <= options.CacheBytes))
                continue;
            // Documents go before what they name, and marks of use last: an entry that is half removed misleads nobody, and the next sweep finds it.
            foreach (var key in entry.Keys.OrderBy(k => k.Name.EndsWith(".json", StringComparison.Ordinal) ? 0 : k.Name.StartsWith(Used, StringComparison.Ordinal) ? 2 : 1))
                await blobs.DeleteAsync(key, null, ct).ConfigureAwait(false);
            (bytes, removed) = (bytes - entry.Bytes, removed + 1);
        }
        return removed;
    }

    private async Task<List<Entry>> EntriesAsync(CancellationToken ct)
    {
        var entries = new List<Entry>();
        await foreach (var blob in blobs.ListAsync(Prefix, ct).ConfigureAwait(false))
        {
            var key = blob.Key.ToString();
            var folder = key[..(key.IndexOf('/', Prefix.Length) + 1)];
            if (entries.Count == 0 || entries[^1].Prefix != folder)
                entries.Add(new(folder));
            entries[^1].Add(blob);
        }
        return entries;
    }

    private sealed class Entry(string prefix)
    {
        public string Prefix { get; } = prefix;

        public List<BlobKey> Keys { get; } = [];

        public long Bytes { get; private set; }

        public DateOnly LastUse { get; private set; }

        public void Add(BlobInfo blob)
        {
            Keys.Add(blob.Key);
            Bytes += blob.Size;
            if (blob.Key.Name.StartsWith(Used, StringComparison.Ordinal) && DateOnly.TryParseExact(blob.Key.Name.AsSpan(Used.Length), Day, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day > LastUse)
                LastUse = day;
        }
    }
}
