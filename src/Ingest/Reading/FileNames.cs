namespace Temper.Ingest;

/// <summary>What a file's name says of it.</summary>
internal static class FileNames
{
    private static readonly Dictionary<string, FileKind> Kinds = new(StringComparer.OrdinalIgnoreCase)
    {
        [".jsonl"] = FileKind.Lines,
        [".ndjson"] = FileKind.Lines,
        [".json"] = FileKind.Json,
        [""] = FileKind.Json,
        [".csv"] = FileKind.CommaTable,
        [".tsv"] = FileKind.TabTable,
        [".txt"] = FileKind.Text,
        [".md"] = FileKind.Text,
        [".parquet"] = FileKind.Parquet,
        [".zip"] = FileKind.Zip,
        [".tar"] = FileKind.Tar,
        [".tgz"] = FileKind.Tar,
        [".tzst"] = FileKind.Tar,
    };

    /// <summary>The kinds that can be read, for messages.</summary>
    public const string Readable = ".jsonl, .ndjson, .json, .csv, .tsv, .txt, .md (each may be .gz or .zst), .parquet, .zip, .tar, .tar.gz, .tgz or .tar.zst";

    /// <summary>Extension in lower case, with its dot, a <c>.gz</c> or <c>.zst</c> taken off; empty when there is none.</summary>
    public static string ExtensionOf(string path)
    {
        var name = path[(path.LastIndexOf('/') + 1)..].ToLowerInvariant();
        name = name.EndsWith(".gz", StringComparison.Ordinal) ? name[..^3] : name.EndsWith(".zst", StringComparison.Ordinal) ? name[..^4] : name;
        return name.LastIndexOf('.') is > 0 and var dot ? name[dot..] : "";
    }

    /// <summary>The kind that a name promises; null when no kind has such names.</summary>
    public static FileKind? KindOf(string path) => Kinds.TryGetValue(ExtensionOf(path), out var kind) && !(kind is FileKind.Parquet or FileKind.Zip && PackingOf(path) != Packing.None) ? kind : null;

    /// <summary>The compression that a name promises.</summary>
    public static Packing PackingOf(string path) => Ends(path, ".gz") || Ends(path, ".tgz") ? Packing.Gzip : Ends(path, ".zst") || Ends(path, ".tzst") ? Packing.Zstd : Packing.None;

    private static bool Ends(string path, string ending) => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase);

    /// <summary>README, licence and hidden files: listed, never read.</summary>
    public static bool IsNotData(string name) => name[0] == '.'
        || name.StartsWith("README", StringComparison.OrdinalIgnoreCase) || name.StartsWith("LICENSE", StringComparison.OrdinalIgnoreCase) || name.StartsWith("LICENCE", StringComparison.OrdinalIgnoreCase);
}

/// <summary>How a file's rows are read.</summary>
internal enum FileKind
{
    /// <summary>JSON, one value a line.</summary>
    Lines,

    /// <summary>By name, JSON: an array or lines, as the content says.</summary>
    Json,

    /// <summary>One JSON array.</summary>
    Array,

    /// <summary>Comma-separated values with a header.</summary>
    CommaTable,

    /// <summary>Tab-separated values with a header.</summary>
    TabTable,

    /// <summary>Plain text.</summary>
    Text,

    /// <summary>Apache Parquet.</summary>
    Parquet,

    /// <summary>An archive of the kind zip.</summary>
    Zip,

    /// <summary>An archive of the kind tar, plain or compressed.</summary>
    Tar,
}
