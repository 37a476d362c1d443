using System.Collections.Concurrent;

namespace Temper.Ingest;

/// <summary>So many at a time for each host, among all that share it.</summary>
public sealed class HostGates
{
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _gates = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Waits for a place; disposing gives it back.</summary>
    /// <param name="host">Whose.</param>
    /// <param name="most">Places of the host; who asks first decides.</param>
    /// <param name="ct">Stops waiting.</param>
    public async Task<IDisposable> EnterAsync(string host, int most, CancellationToken ct)
    {
        var gate = _gates.GetOrAdd(host, _ => new(most));
        await gate.WaitAsync(ct);
        return new Place(gate);
    }

    private sealed class Place(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
