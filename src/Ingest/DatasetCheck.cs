using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>What ingestion would say of a folder.</summary>
/// <param name="Result">As a worker would finish.</param>
/// <param name="SetAside">Every record that would not be in the version, in upload order.</param>
public sealed record CheckedFolder(IngestResult Result, IReadOnlyList<QuarantineEntry> SetAside);

/// <summary>A dry run of ingestion over a folder: nothing is uploaded, registered or kept.</summary>
public static class DatasetCheck
{
    /// <summary>Runs every stage but embedding over the files of <paramref name="folder"/>.</summary>
    /// <param name="folder">What would be uploaded.</param>
    /// <param name="options">As a worker's.</param>
    /// <param name="clock">Time.</param>
    /// <param name="ct">Stops it.</param>
    /// <exception cref="TemperException">The configuration is wrong, or the folder cannot be read.</exception>
    public static Task<CheckedFolder> RunAsync(string folder, IngestOptions options, TimeProvider clock, CancellationToken ct) =>
        throw new NotSupportedException($"not filled in yet {folder} {options} {clock} {ct}");
}
