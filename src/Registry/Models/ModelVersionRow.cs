using Temper.Core.Datasets;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Schema;

namespace Temper.Registry.Models;

/// <summary>A row of <c>model_versions</c>.</summary>
internal sealed record ModelVersionRow
{
    public const string Columns = "name, version, commit_id, digest, files, base, lineage, metrics, metadata, job_id, traceparent, created_ms";

    public const string Insert = $"""
        insert into model_versions ({Columns})
        values (@Name, @Version, @CommitId, @Digest, @Files, @Base, @Lineage, @Metrics, @Metadata, @JobId, @Traceparent, @CreatedMs)
        """;

    public ResourceName Name { get; init; }
    public long Version { get; init; }
    public Digest CommitId { get; init; }
    public Digest Digest { get; init; }
    public string Files { get; init; } = "";
    public string? Base { get; init; }
    public string? Lineage { get; init; }
    public string Metrics { get; init; } = "{}";
    public string? Metadata { get; init; }
    public string? JobId { get; init; }
    public string? Traceparent { get; init; }
    public long CreatedMs { get; init; }

    public ModelPin ToPin() => new(Name, (int)Version, CommitId, Digest, Column.Read<List<FileEntry>>(Files)!, Column.Read<ModelPin>(Base));

    public ModelVersionInfo ToInfo(IReadOnlyList<string> aliases) => new(ToPin(), Column.Read<Lineage>(Lineage),
        Column.Read<SortedDictionary<string, double>>(Metrics)!, Column.Element(Metadata), aliases, Traceparent, CreatedMs);
}
