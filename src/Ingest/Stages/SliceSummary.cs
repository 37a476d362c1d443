namespace Temper.Ingest;

/// <summary>A place between two records of a file.</summary>
/// <param name="Offset">Bytes of the (decompressed) file before it.</param>
/// <param name="Lines">Lines before it.</param>
internal sealed record Cursor(long Offset, long Lines);

/// <summary>
/// Checkpoint of a file's validation: what became of the records between two places. Committed after its data. It says nothing of the upload that the
/// file came with, so that every later upload with the same file finds it.
/// </summary>
/// <param name="Next">Where the next slice begins.</param>
/// <param name="Ended">Whether the file ends with it.</param>
/// <param name="Data">One line per record, in order: <c>+</c> and a canonical record, or <c>-</c> and a quarantine entry.</param>
/// <param name="Tally">Its share of the file's counts.</param>
internal sealed record SliceSummary(Cursor Next, bool Ended, StageData? Data, FileTally Tally)
{
    /// <summary>One <see cref="Core.Datasets.QuarantinedLine"/> per quarantined record; null when there is none.</summary>
    public StageData? Aside { get; init; }
}

/// <summary>What was found in one file, or in a slice's share of it.</summary>
internal sealed record FileTally
{
    private const int MostKeys = 64;

    /// <summary>Index of the file in its upload; 0 in a slice, which knows no upload.</summary>
    public int File { get; init; }

    /// <summary>Records seen.</summary>
    public long RecordsIn { get; set; }

    /// <summary>Sound ones.</summary>
    public long Accepted { get; set; }

    /// <summary>Set aside with a reason.</summary>
    public long Quarantined { get; set; }

    /// <summary>Dropped by a filter.</summary>
    public long Filtered { get; set; }

    /// <summary>Lines with nothing on them.</summary>
    public long Blank { get; set; }

    /// <summary>Decompressed bytes.</summary>
    public long Bytes { get; set; }

    /// <summary>Whether it began with a byte order mark.</summary>
    public bool ByteOrderMark { get; set; }

    /// <summary>Whole gzip members; null when not compressed. Known at the end.</summary>
    public int? Members { get; set; }

    /// <summary>Why the file cannot be trusted. Known at the end.</summary>
    public FileFault? Fault { get; set; }

    /// <summary>Counts and first places of codes of set-aside records.</summary>
    public SortedDictionary<string, CodeTally> Codes { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Counts and first places of warnings.</summary>
    public SortedDictionary<string, CodeTally> Warnings { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Names of keys that the format does not know, and how often; see <see cref="CountKey"/>.</summary>
    public SortedDictionary<string, long> UnknownKeys { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Of an image: its difference hash, by which images that look alike are found.</summary>
    public ulong? Look { get; set; }

    /// <summary>Rows in which a column of <c>expect.max_null_fraction</c> is null or absent.</summary>
    public SortedDictionary<string, long> Nulls { get; init; } = new(StringComparer.Ordinal);

    /// <summary>What records hold.</summary>
    public RecordFacts Facts { get; init; } = new();

    /// <summary>Counts one more of a code.</summary>
    public static void Count(SortedDictionary<string, CodeTally> codes, string code, long line)
    {
        if (!codes.TryGetValue(code, out var tally))
            codes[code] = tally = new();
        tally.Add(line);
    }

    /// <summary>Counts keys. Of very many different ones, those that come first in ordinal order are kept: which these are depends on no slice's end.</summary>
    public static void CountKey(SortedDictionary<string, long> keys, string key, long count)
    {
        keys[key] = keys.GetValueOrDefault(key) + count;
        if (keys.Count > MostKeys)
            keys.Remove(keys.Keys.Last());
    }

    /// <summary>Adds a later share of the same file.</summary>
    public void Add(FileTally later)
    {
        RecordsIn += later.RecordsIn;
        Accepted += later.Accepted;
        Quarantined += later.Quarantined;
        Filtered += later.Filtered;
        Blank += later.Blank;
        Bytes += later.Bytes;
        ByteOrderMark |= later.ByteOrderMark;
        Members = later.Members ?? Members;
        Fault = later.Fault ?? Fault;
        Look = later.Look ?? Look;
        Merge(Codes, later.Codes);
        Merge(Warnings, later.Warnings);
        foreach (var (column, count) in later.Nulls)
            Nulls[column] = Nulls.GetValueOrDefault(column) + count;
        foreach (var (key, count) in later.UnknownKeys)
            CountKey(UnknownKeys, key, count);
        Facts.Add(later.Facts);
    }

    /// <summary>Adds later counts of codes.</summary>
    internal static void Merge(SortedDictionary<string, CodeTally> into, SortedDictionary<string, CodeTally> from)
    {
        foreach (var (code, tally) in from)
        {
            if (!into.TryGetValue(code, out var sum))
                into[code] = sum = new();
            sum.Add(tally);
        }
    }
}

/// <summary>How often a code came, and where first.</summary>
internal sealed record CodeTally
{
    private const int Places = 20;

    /// <summary>How often.</summary>
    public long Count { get; set; }

    /// <summary>The first lines, at most 20.</summary>
    public List<long> FirstLines { get; init; } = [];

    /// <summary>The line that was counted last; 0 where it was read from a store.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public long LastLine { get; private set; }

    /// <summary>Counts a line.</summary>
    public void Add(long line)
    {
        Count++;
        LastLine = line;
        if (FirstLines.Count < Places)
            FirstLines.Add(line);
    }

    /// <summary>Adds a later tally.</summary>
    public void Add(CodeTally later)
    {
        Count += later.Count;
        FirstLines.AddRange(later.FirstLines.Take(Places - FirstLines.Count));
    }
}
