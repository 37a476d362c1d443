using Temper.Core.Work;
using Temper.Registry.Datasets;
using Temper.Registry.Models;

namespace Temper.Registry.Jobs;

/// <summary>What references of a request name, looked up once: jobs that are made together stand on the same versions.</summary>
internal sealed class JobInputs(ModelQueries models, DatasetQueries datasets)
{
    private readonly Dictionary<string, ModelPin> _models = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DatasetPin> _datasets = new(StringComparer.Ordinal);
    private readonly Dictionary<DatasetPin, string?> _traces = [];

    public async Task<ModelPin> ModelAsync(string reference, CancellationToken ct) =>
        _models.TryGetValue(reference, out var pin) ? pin : _models[reference] = (await models.ResolveAsync(reference, ct)).Pin;

    public async Task<DatasetPin> DatasetAsync(string reference, CancellationToken ct) =>
        _datasets.TryGetValue(reference, out var pin) ? pin : _datasets[reference] = await datasets.ResolveAsync(reference, ct);

    /// <summary>The trace that the data came with.</summary>
    public async Task<string?> TraceAsync(DatasetPin dataset, CancellationToken ct) =>
        _traces.TryGetValue(dataset, out var trace) ? trace : _traces[dataset] = await datasets.TraceAsync(dataset, ct);
}
