using System.Text.Json;
using Temper.Core.Ids;

namespace Temper.Core.Datasets;

/// <summary>A file of a sealed version or of a model: path inside it, and identity of its bytes.</summary>
/// <param name="Path">Relative, <c>/</c> between segments.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">Identity of the content.</param>
public sealed record FileEntry(string Path, long Size, Digest Sha256);

/// <summary>
/// <c>manifest.json</c> of a sealed version: the last file written; where it is, all others are whole. A function of the upload's bytes, the
/// dataset's configuration and the code version alone, so that ingesting again gives the same bytes.
/// </summary>
/// <param name="Format">1.</param>
/// <param name="Dataset">Its name.</param>
/// <param name="VersionKey">First 32 hex digits of the registration key: the folder's name under <c>datasets/</c>.</param>
/// <param name="Ledger">Closes.</param>
/// <param name="Codes">How many records each code set aside.</param>
/// <param name="Sources">The uploaded files.</param>
/// <param name="Shards">Files of canonical records, in order.</param>
/// <param name="Config">The dataset's configuration, resolved.</param>
public sealed record DatasetManifest(int Format, ResourceName Dataset, string VersionKey, Ledger Ledger, SortedDictionary<string, long> Codes,
    IReadOnlyList<FileEntry> Sources, IReadOnlyList<FileEntry> Shards, JsonElement Config)
{
    /// <summary>Of a dataset of images: the archives that hold them and, last, their index, as <see cref="SealedImages"/> reads them; null for others.</summary>
    public IReadOnlyList<FileEntry>? Images { get; init; }

    /// <summary>Name of the manifest inside the version's folder.</summary>
    public const string FileName = "manifest.json";

    /// <summary>Name of the list of records set aside.</summary>
    public const string QuarantineName = "quarantine.jsonl";

    /// <summary>Name of the report.</summary>
    public const string ReportName = "report.json";

    /// <summary>Configuration that an upload may carry at its root; it is not data.</summary>
    public static readonly IReadOnlyList<string> ConfigNames = ["dataset.yaml", "dataset.yml", "dataset.json"];
}
