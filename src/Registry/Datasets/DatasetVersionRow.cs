using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Schema;

namespace Temper.Registry.Datasets;

/// <summary>A row of <c>dataset_versions</c>.</summary>
internal sealed record DatasetVersionRow
{
    public const string Columns = "name, version, version_key, sealed, commit_id, manifest, ledger, codes, files, problems, work_id, traceparent, created_ms";

    public const string Insert = $"""
        insert into dataset_versions ({Columns})
        values (@Name, @Version, @VersionKey, @Sealed, @CommitId, @Manifest, @Ledger, @Codes, @Files, @Problems, @WorkId, @Traceparent, @CreatedMs)
        """;

    public ResourceName Name { get; init; }
    public long Version { get; init; }
    public string VersionKey { get; init; } = "";
    public long Sealed { get; init; }
    public string? CommitId { get; init; }
    public string? Manifest { get; init; }
    public string Ledger { get; init; } = "";
    public string Codes { get; init; } = "";
    public string Files { get; init; } = "";
    public string Problems { get; init; } = "";
    public WorkId WorkId { get; init; }
    public string? Traceparent { get; init; }
    public long CreatedMs { get; init; }

    public DatasetVersionInfo ToInfo() => new(Name, (int)Version, Sealed != 0, VersionKey, CommitId is null ? null : Digest.Parse(CommitId), Column.Read<Ledger>(Ledger)!,
        Column.Read<SortedDictionary<string, long>>(Codes)!, Column.Read<List<FileEntry>>(Files)!, Column.Read<List<Problem>>(Problems)!, WorkId, CreatedMs);

    /// <summary>Of a sealed version only.</summary>
    public DatasetPin ToPin() => new(Name, (int)Version, VersionKey, Digest.Parse(CommitId!), Digest.Parse(Manifest!));
}
