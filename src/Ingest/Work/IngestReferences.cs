using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>What ingestion asks the registry for.</summary>
/// <param name="Model">The pin of a model's reference.</param>
/// <param name="Dataset">The pin of a dataset's reference; a bare name is its newest sealed version.</param>
internal sealed record IngestReferences(Func<string, CancellationToken, Task<ModelPin>> Model, Func<string, CancellationToken, Task<DatasetPin>> Dataset)
{
    /// <summary>Newest sealed version of a dataset; null when it has none.</summary>
    public async Task<DatasetPin?> LatestAsync(ResourceName dataset, CancellationToken ct)
    {
        try
        {
            return await Dataset(dataset.ToString(), ct).ConfigureAwait(false);
        }
        catch (TemperException e) when (e.Code == "not_found")
        {
            return null;
        }
    }
}
