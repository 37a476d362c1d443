using System.Collections.Concurrent;
using Temper.Core.Errors;
using Temper.Core.References;
using Temper.Core.Registry;

namespace Temper.Serving;

/// <summary>
/// What references stand for, believed for a short while: a moved alias is seen soon, and a burst of requests asks the registry once. When the registry
/// does not answer, the last known meaning is used for <see cref="Patience"/>, so that models in memory go on answering.
/// </summary>
internal sealed class ReferenceCache(RegistryClient registry, TimeProvider clock, TimeSpan lifetime)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private readonly ConcurrentDictionary<string, (ModelVersionInfo Version, long At)> _known = new();

    /// <exception cref="TemperException">Codes <c>not_found</c>, <c>reference_invalid</c>, <c>server_unreachable</c>.</exception>
    public async Task<ModelVersionInfo> ResolveAsync(Reference reference, CancellationToken ct)
    {
        var key = reference.ToString()!;
        var known = _known.TryGetValue(key, out var entry);
        if (known && clock.GetElapsedTime(entry.At) < lifetime)
            return entry.Version;
        try
        {
            var asked = clock.GetTimestamp();
            var version = await registry.Models.ResolveAsync(key, ct).ConfigureAwait(false);
            _known[key] = (version, asked);
            return version;
        }
        catch (TemperException e) when (e.Code == "server_unreachable" && known && clock.GetElapsedTime(entry.At) < Patience)
        {
            return entry.Version;
        }
        catch (TemperException e) when (e.Code == "not_found")
        {
            _known.TryRemove(key, out _);
            throw;
        }
    }
}
