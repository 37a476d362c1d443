using System.Collections.Concurrent;

namespace Temper.Registry;

/// <summary>
/// Long writes that must go on when the caller's connection breaks, and of which at most one runs for a key: whoever asks meanwhile waits for the
/// one that runs.
/// </summary>
internal sealed class SharedRuns<TKey, T> where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Lazy<Task<T>>> _running = new();

    public Task<T> RunAsync(TKey key, Func<Task<T>> run, CancellationToken wait)
    {
        var mine = new Lazy<Task<T>>(() => Task.Run(async () =>
        {
            try
            {
                return await run();
            }
            finally
            {
                _running.TryRemove(key, out _);
            }
        }, CancellationToken.None));
        return _running.GetOrAdd(key, mine).Value.WaitAsync(wait);
    }
}
