using Microsoft.Extensions.Logging;
using Temper.Models;

namespace Temper.Serving;

/// <summary>A base in use: keeps it, and the adapter asked for through it, in memory until disposed.</summary>
internal sealed class HeldBase(DecodeLoop loop, ShelvedBase entry, Action<HeldBase> release) : IDisposable
{
    /// <summary>The base.</summary>
    public DecodeLoop Loop => loop;

    internal ShelvedBase Entry => entry;

    internal ShelvedAdapter? Adapter { get; set; }

    /// <inheritdoc/>
    public void Dispose() => release(this);
}

/// <summary>A base that is loaded or being loaded.</summary>
internal sealed class ShelvedBase(string key, Task<DecodeLoop> loading)
{
    public string Key => key;
    public Task<DecodeLoop> Loading => loading;
    public Dictionary<string, ShelvedAdapter> Adapters { get; } = [];
    public int Holders { get; set; }
    public long LastUsed { get; set; }
    public long Bytes => loading.IsCompletedSuccessfully ? loading.Result.Base.Bytes : 0;
}

/// <summary>An adapter that is loaded or being loaded.</summary>
internal sealed class ShelvedAdapter(string key, Task<LoraAdapter> loading)
{
    public string Key => key;
    public Task<LoraAdapter> Loading => loading;
    public int Holders { get; set; }
    public long LastUsed { get; set; }
    public long Bytes => loading.IsCompletedSuccessfully ? loading.Result.Weights.Sum(weight => weight.Tensor.ByteCount) : 0;
}

/// <summary>
/// Loaded bases and adapters under a limit of bytes. Two requests for one that is not there yet wait for one load; a failed load is forgotten, so that
/// the next request tries again.
/// </summary>
internal sealed class ModelShelf(long limit, TimeProvider clock, ILogger log) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ShelvedBase> _bases = [];

    /// <summary>All loaded bases.</summary>
    public IReadOnlyList<DecodeLoop> Loops
    {
        get
        {
            lock (_gate)
                return [.. _bases.Values.Where(entry => entry.Loading.IsCompletedSuccessfully).Select(entry => entry.Loading.Result)];
        }
    }

    /// <summary>The base of this key, held; <paramref name="load"/> runs when it is not there.</summary>
    public async Task<HeldBase> BaseAsync(string key, Func<Task<DecodeLoop>> load, CancellationToken ct)
    {
        ShelvedBase entry;
        lock (_gate)
        {
            if (!_bases.TryGetValue(key, out entry!))
                _bases[key] = entry = new(key, Task.Run(load, CancellationToken.None));
            entry.Holders++;
            entry.LastUsed = clock.GetTimestamp();
        }
        try
        {
            var loop = await entry.Loading.WaitAsync(ct).ConfigureAwait(false);
            Trim();
            return new(loop, entry, Release);
        }
        catch
        {
            lock (_gate)
            {
                entry.Holders--;
                if (entry.Loading.IsFaulted && _bases.GetValueOrDefault(key) == entry)
                    _bases.Remove(key);
            }
            throw;
        }
    }

    /// <summary>An adapter of a held base; it is kept as long as the base is held.</summary>
    public async Task<LoraAdapter> AdapterAsync(HeldBase held, string key, Func<Task<LoraAdapter>> load, CancellationToken ct)
    {
        ShelvedAdapter entry;
        lock (_gate)
        {
            if (!held.Entry.Adapters.TryGetValue(key, out entry!))
                held.Entry.Adapters[key] = entry = new(key, Task.Run(load, CancellationToken.None));
            entry.Holders++;
            entry.LastUsed = clock.GetTimestamp();
            held.Adapter = entry;
        }
        try
        {
            var adapter = await entry.Loading.WaitAsync(ct).ConfigureAwait(false);
            Trim();
            return adapter;
        }
        catch
        {
            lock (_gate)
                if (entry.Loading.IsFaulted && held.Entry.Adapters.GetValueOrDefault(key) == entry)
                    held.Entry.Adapters.Remove(key);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var loop in Loops)
            loop.Dispose();
    }

    private void Release(HeldBase held)
    {
        lock (_gate)
        {
            held.Entry.Holders--;
            if (held.Adapter is { } adapter)
                adapter.Holders--;
            held.Entry.LastUsed = clock.GetTimestamp();
        }
        Trim();
    }

    /// <summary>Drops what nobody holds until the bytes fit.</summary>
    private void Trim()
    {
        while (TakeIdle() is { } drop)
            drop();
    }

    /// <summary>Takes the least recently used idle adapter or base off the shelf when there are too many bytes; the result frees it.</summary>
    private Action? TakeIdle()
    {
        lock (_gate)
        {
            if (_bases.Values.Sum(entry => entry.Bytes + entry.Adapters.Values.Sum(adapter => adapter.Bytes)) <= limit)
                return null;
            var adapters = from entry in _bases.Values
                           from adapter in entry.Adapters.Values
                           where adapter.Holders == 0 && adapter.Bytes > 0
                           select (adapter.LastUsed, Take: (Func<Action>)(() => Take(entry, adapter)));
            var bases = from entry in _bases.Values
                        where entry.Holders == 0 && entry.Bytes > 0
                        select (entry.LastUsed, Take: (Func<Action>)(() => Take(entry)));
            return adapters.Concat(bases).OrderBy(idle => idle.LastUsed).Select(idle => idle.Take).FirstOrDefault()?.Invoke();
        }
    }

    private Action Take(ShelvedBase entry)
    {
        log.LogInformation("Dropping a base model of {Bytes} bytes", entry.Bytes);
        _bases.Remove(entry.Key);
        foreach (var adapter in entry.Adapters.Values)
            Free(entry, adapter);
        return () => _ = Task.Run(entry.Loading.Result.Dispose);
    }

    private Action Take(ShelvedBase owner, ShelvedAdapter entry)
    {
        log.LogInformation("Dropping an adapter of {Bytes} bytes", entry.Bytes);
        owner.Adapters.Remove(entry.Key);
        Free(owner, entry);
        return static () => { };
    }

    /// <summary>Frees an adapter on the thread that owns its engine.</summary>
    private static void Free(ShelvedBase owner, ShelvedAdapter entry)
    {
        if (entry.Bytes > 0)
            _ = owner.Loading.Result.DoAsync(() =>
            {
                entry.Loading.Result.Dispose();
                return true;
            });
    }
}
