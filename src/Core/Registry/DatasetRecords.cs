using System.Text.Json.Serialization;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;

namespace Temper.Core.Registry;

/// <summary>A dataset in a list.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Versions">How many versions it has, rejected ones included.</param>
/// <param name="Latest">Newest sealed version, if any.</param>
/// <param name="Ingesting">Rows of ingestion that have not ended.</param>
/// <param name="UpdatedMs">Milliseconds since 1970, UTC.</param>
public sealed record DatasetInfo(ResourceName Name, int Versions, DatasetVersionInfo? Latest, int Ingesting, long UpdatedMs)
{
    /// <summary>Whether the newest version was rejected; <see cref="Latest"/> is an older one then, or none.</summary>
    [JsonIgnore]
    public bool NewestRejected => Versions > 0 && Latest?.Version != Versions;
}

/// <summary>One version of a dataset.</summary>
/// <param name="Name">The dataset.</param>
/// <param name="Version">1 and up.</param>
/// <param name="Sealed">False when it was rejected.</param>
/// <param name="VersionKey">Folder under <c>datasets/{name}/</c>.</param>
/// <param name="Commit">Commit; null when rejected.</param>
/// <param name="Ledger">Closes.</param>
/// <param name="Codes">Records per code.</param>
/// <param name="Files">All files of the version.</param>
/// <param name="Problems">Why it was rejected, or what is worth knowing.</param>
/// <param name="Work">The row that made it.</param>
/// <param name="CreatedMs">Milliseconds since 1970, UTC.</param>
public sealed record DatasetVersionInfo(ResourceName Name, int Version, bool Sealed, string VersionKey, Digest? Commit, Ledger Ledger,
    SortedDictionary<string, long> Codes, IReadOnlyList<FileEntry> Files, IReadOnlyList<Problem> Problems, WorkId Work, long CreatedMs);

/// <summary>A shard of cached vectors.</summary>
/// <param name="Name">Under its space.</param>
/// <param name="Size">Bytes.</param>
public sealed record CacheShard(string Name, long Size);
