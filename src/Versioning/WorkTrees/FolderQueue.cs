using System.Collections.Concurrent;

namespace Temper.Versioning.WorkTrees;

/// <summary>Work that finds more work, shared by some threads until none is left.</summary>
internal static class FolderQueue
{
    public static void Run<T>(T first, int threads, Action<T, Action<T>> work, CancellationToken ct)
    {
        using var waiting = new BlockingCollection<T>(new ConcurrentStack<T>());
        var left = 1;
        waiting.Add(first, ct);
        void Add(T item)
        {
            Interlocked.Increment(ref left);
            waiting.Add(item, ct);
        }
        void Loop()
        {
            foreach (var item in waiting.GetConsumingEnumerable(ct))
            {
                try
                {
                    work(item, Add);
                }
                catch
                {
                    waiting.CompleteAdding();
                    throw;
                }
                if (Interlocked.Decrement(ref left) == 0)
                    waiting.CompleteAdding();
            }
        }
        var others = Enumerable.Range(1, Math.Max(0, threads - 1)).Select(_ => Task.Run(Loop, ct)).ToArray();
        try
        {
            Loop();
        }
        finally
        {
            try
            {
                Task.WaitAll(others, CancellationToken.None);
            }
            catch (AggregateException error) when (error.InnerExceptions.All(e => e is InvalidOperationException))
            {
                // Another thread met the error that is reported, and closed the queue while this one was adding.
            }
        }
    }
}
