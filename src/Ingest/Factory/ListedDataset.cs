using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;

namespace Temper.Ingest;

/// <summary>A dataset's files as an upload would hold them: the items of its backend, its resolved configuration, and where they come from.</summary>
/// <param name="Entries">Size and digest of each, in ordinal order of their paths.</param>
/// <param name="Items">Items by path.</param>
/// <param name="Made">Content of the files that the factory adds, by path.</param>
/// <param name="Hashed">Bytes that were read for digests.</param>
/// <param name="LeftOut">Items that cannot be had or were left out, by code or reason.</param>
internal sealed record ListedDataset(IReadOnlyList<FileEntry> Entries, IReadOnlyDictionary<string, DataItem> Items, IReadOnlyDictionary<string, byte[]> Made, long Hashed,
    SortedDictionary<string, long> LeftOut)
{
    /// <summary>The resolved configuration.</summary>
    public const string ConfigFile = "dataset.json";

    /// <summary>Where the items come from; hidden, so that it is not data.</summary>
    public const string SourcesFile = ".sources.json";

    /// <summary>Bytes of all files.</summary>
    public long Bytes => Entries.Sum(e => e.Size);

    /// <summary>What decides whether a version is of these files: all but where they come from.</summary>
    public static IEnumerable<FileEntry> Content(IEnumerable<FileEntry> entries) => entries.Where(e => e.Path != SourcesFile).OrderBy(e => e.Path, StringComparer.Ordinal);

    /// <summary>Lists a backend and finds the digest of each item; what is known under the same version is not read again.</summary>
    /// <exception cref="TemperException">Codes <c>DATA_TOO_MANY_BAD</c> (items that cannot be had), <c>SRC_…</c>.</exception>
    public static async Task<ListedDataset> OfAsync(DataEntry entry, IDataBackend backend, ItemMemo memo, IProgress<BuildProgress> progress, CancellationToken ct)
    {
        var known = memo.Load(backend.Address);
        var (kept, items, entries) = (new Dictionary<string, KnownItem>(StringComparer.Ordinal), new Dictionary<string, DataItem>(StringComparer.Ordinal), new List<FileEntry>());
        var left = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var failed = new List<(string Item, Problem Problem)>();
        var hashed = 0L;
        await foreach (var item in backend.ListAsync(ct).ConfigureAwait(false))
        {
            if (item.Problem is { } problem)
                failed.Add((item.Path, problem));
            else if (DatasetManifest.ConfigNames.Contains(item.Path) || item.Path is SourcesFile or Undelivered.FileName)
                Count(left, "configuration_of_its_own");
            else
            {
                var fresh = !known.TryGetValue(item.Path, out var digest) || digest.Version != item.Version;
                digest = fresh ? await ReadAsync(backend, item, ct).ConfigureAwait(false) : digest!;
                hashed += fresh ? digest.Size : 0;
                kept[item.Path] = digest;
                items[item.Path] = item;
                entries.Add(new(item.Path, digest.Size, digest.Sha256));
                progress.Report(new(entry.Id, "hashing", 0, $"{entries.Count} items"));
            }
        }
        memo.Save(backend.Address, kept);
        foreach (var (reason, count) in backend.LeftOut)
            left[reason] = left.GetValueOrDefault(reason) + count;
        Judge(entry, [.. failed.Select(f => f.Problem)], entries.Count, left);
        var made = MadeFor(entry, backend, failed);
        entries.AddRange(made.Select(m => new FileEntry(m.Key, m.Value.Length, Digest.Of(m.Value))));
        return new([.. entries.OrderBy(e => e.Path, StringComparer.Ordinal)], items, made, hashed, left);
    }

    private static async Task<KnownItem> ReadAsync(IDataBackend backend, DataItem item, CancellationToken ct)
    {
        await using var content = await backend.OpenAsync(item, 0, null, ct).ConfigureAwait(false);
        var counted = new CountedStream(content);
        var digest = await Digest.OfAsync(counted, ct).ConfigureAwait(false);
        return new(item.Version, counted.Count, digest);
    }

    /// <summary>Items that cannot be had are counted like records that were set aside: up to the dataset's own limits.</summary>
    private static void Judge(DataEntry entry, List<Problem> failed, int had, SortedDictionary<string, long> left)
    {
        foreach (var problem in failed)
            Count(left, problem.Code);
        if (had == 0)
            throw new TemperException([new Problem("DATA_EMPTY", $"Dataset '{entry.Id}' has no item that can be had; {failed.Count} failed.") { Hint = "Check the path and the prefix." }, .. failed.Take(20)]);
        var config = entry.Config;
        if (failed.Count > 0 && (config.OnBadRecord == BadRecordPolicy.Fail || failed.Count > (config.MaxBadRecords ?? long.MaxValue) || failed.Count > config.MaxBadFraction * (failed.Count + had)))
            throw new TemperException([new Problem("DATA_TOO_MANY_BAD", $"{failed.Count} of {failed.Count + had} items of dataset '{entry.Id}' cannot be had."), .. failed.Take(20)]);
    }

    private static SortedDictionary<string, byte[]> MadeFor(DataEntry entry, IDataBackend backend, List<(string Item, Problem Problem)> failed)
    {
        var made = new SortedDictionary<string, byte[]>(StringComparer.Ordinal)
        {
            [ConfigFile] = JsonSerializer.SerializeToUtf8Bytes(entry.UploadConfig, Wire.Pretty),
            [SourcesFile] = JsonSerializer.SerializeToUtf8Bytes(new { Backend = entry.Backend.Type, backend.Address, Failed = failed.Select(f => f.Problem) }, Wire.Pretty),
        };
        if (failed.Count > 0)
            made[Undelivered.FileName] = Undelivered.Write(failed);
        return made;
    }

    private static void Count(SortedDictionary<string, long> counts, string key) => counts[key] = counts.GetValueOrDefault(key) + 1;
}
