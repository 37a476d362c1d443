using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>Opens the backends of a configuration's datasets.</summary>
/// <param name="kinds">Kinds that the host has.</param>
/// <param name="services">What the host lends them.</param>
public sealed class BackendOpener(IReadOnlyList<DataBackendKind> kinds, BackendServices services)
{
    /// <summary>The backend of one dataset; dispose it.</summary>
    /// <exception cref="TemperException">Codes <c>CFG_UNSUPPORTED</c> (this host has no such kind) and those of the kind, with the dataset's line.</exception>
    public async Task<IDataBackend> OpenAsync(DatasetEntry entry, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var kind = kinds.FirstOrDefault(k => k.IsCalled(entry.Backend.Type))
            ?? throw new TemperException("CFG_UNSUPPORTED", $"Dataset '{entry.Id}' comes from '{entry.Backend.Type}', which this host cannot open.", $"It can open {string.Join(", ", kinds.Select(k => k.Type))}.");
        return await kind.Open(new(entry.Id, new BackendSettings(entry.Id, entry.Backend.Values), services), ct).ConfigureAwait(false);
    }
}
