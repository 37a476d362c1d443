using Temper.Core.Blobs;
using Temper.Core.Registry;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>
/// Claims rows of kind <see cref="WorkKind.Ingest"/>, turns each upload into a sealed or rejected dataset version, and finishes the row.
/// Many may run; the registry's leases keep them apart, and create-only blobs make a repetition harmless.
/// </summary>
/// <param name="registry">Where rows are claimed and finished; a patient client.</param>
/// <param name="doorbell">What wakes the worker.</param>
/// <param name="blobs">Uploads, caches and sealed versions.</param>
/// <param name="options">How to ingest.</param>
/// <param name="clock">Time.</param>
public sealed class IngestWorker(RegistryClient registry, IDoorbell doorbell, IBlobStore blobs, IngestOptions options, TimeProvider clock)
{
    /// <summary>Works until <paramref name="ct"/>; a claim under way is handed back.</summary>
    public Task RunAsync(CancellationToken ct) => throw new NotSupportedException($"not filled in yet {registry} {doorbell} {blobs} {options} {clock} {ct}");
}
