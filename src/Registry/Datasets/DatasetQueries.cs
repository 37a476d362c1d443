using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;

namespace Temper.Registry.Datasets;

/// <summary>Reads datasets and their versions. Safe from any thread.</summary>
public sealed class DatasetQueries
{
    /// <summary>Datasets by name.</summary>
    public Task<Page<DatasetInfo>> ListAsync(string? cursor, int limit, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>Null when nothing was ever uploaded under that name.</summary>
    public Task<DatasetInfo?> FindAsync(ResourceName name, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>Newest first; null when there is no such dataset.</summary>
    public Task<Page<DatasetVersionInfo>?> VersionsAsync(ResourceName name, string? cursor, int limit, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>Null when there is none.</summary>
    public Task<DatasetVersionInfo?> FindAsync(ResourceName name, int version, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>Records set aside, in the order of the upload; read from the version's blob by byte offset.</summary>
    public Task<Page<QuarantineEntry>> QuarantineAsync(ResourceName name, int version, string? cursor, int limit, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>The version's report.json; null when it has none.</summary>
    public Task<JsonElement?> ReportAsync(ResourceName name, int version, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>The sealed version that a reference names.</summary>
    /// <exception cref="Core.Errors.TemperException">Codes <c>not_found</c> (naming the nearest that exists), <c>reference_invalid</c>.</exception>
    public Task<DatasetPin> ResolveAsync(string reference, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>The recipe that every sealed version starts; null when none is bound.</summary>
    public Task<JobRequest?> BindingAsync(ResourceName name, CancellationToken ct) => throw new NotSupportedException("not filled in yet");
}
