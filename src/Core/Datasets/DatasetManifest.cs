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
    public const string ReportName = "validation_report.json";

    /// <summary>Name of the report of versions that were sealed before it told of more than counts.</summary>
    public const string FirstReportName = "report.json";

    /// <summary>Name of the report as a page.</summary>
    public const string PageName = "validation_report.html";

    /// <summary>Name of what the version comes from: written first, so that all who seal it agree.</summary>
    public const string LineageName = "lineage.json";

    /// <summary>File of an upload that names the version whose quarantined lines it corrects: a <see cref="Work.RequeueTarget"/>. It is not data.</summary>
    public const string RequeueName = "temper-requeue.json";

    /// <summary>The part for evaluation, where the configuration splits the records; null where it does not.</summary>
    public EvalPart? Eval { get; init; }

    /// <summary>The version before this one, when it was first sealed; null for the first.</summary>
    public ParentVersion? Parent { get; init; }

    /// <summary>Configuration that an upload may carry at its root; it is not data.</summary>
    public static readonly IReadOnlyList<string> ConfigNames = ["dataset.yaml", "dataset.yml", "dataset.json"];
}

/// <summary>Records of a sealed version that are kept for evaluation. They are accepted ones, and nothing trains on them.</summary>
/// <param name="Records">How many.</param>
/// <param name="Shards">Files of canonical records, in order.</param>
public sealed record EvalPart(long Records, IReadOnlyList<FileEntry> Shards);

/// <summary>An earlier version of the same dataset.</summary>
/// <param name="Version">Its number.</param>
/// <param name="VersionKey">Its folder under <c>datasets/{name}/</c>.</param>
public sealed record ParentVersion(int Version, string VersionKey);
