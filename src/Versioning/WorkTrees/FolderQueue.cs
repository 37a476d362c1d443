namespace Temper.Versioning.WorkTrees;

/// <summary>Work that finds more work, shared by some threads until none is left.</summary>
internal static class FolderQueue
{
    /// <summary>Runs it all; the first error that a thread met ends it.</summary>
    public static void Run<T>(T first, int threads, Action<T, Action<T>> work, CancellationToken ct)
        where T : class
    {
        var state = new Shared<T>(work, ct);
        state.Add(first);
        var others = new Task[Math.Max(0, threads - 1)];
        for (var i = 0; i < others.Length; i++)
            others[i] = Task.Run(state.Loop, CancellationToken.None);
        state.Loop();
        Task.WaitAll(others, CancellationToken.None);
        state.Failure?.Throw();
        ct.ThrowIfCancellationRequested();
    }

    private sealed class Shared<T>(Action<T, Action<T>> work, CancellationToken ct)
        where T : class
    {
        private readonly Stack<T> _waiting = new();
        private int _left;

        public System.Runtime.ExceptionServices.ExceptionDispatchInfo? Failure { get; private set; }

        public void Add(T item)
        {
            lock (_waiting)
            {
                _left++;
                _waiting.Push(item);
                Monitor.Pulse(_waiting);
            }
        }

        public void Loop()
        {
            while (Take() is { } item)
            {
                try
                {
                    work(item, Add);
                }
                catch (Exception error)
                {
                    lock (_waiting)
                        Failure ??= System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(error);
                }
                lock (_waiting)
                    if (--_left == 0 || Failure is not null)
                        Monitor.PulseAll(_waiting);
            }
        }

        private T? Take()
        {
            lock (_waiting)
            {
                while (_waiting.Count == 0 && _left > 0 && Failure is null)
                    Monitor.Wait(_waiting);
                return Failure is not null || ct.IsCancellationRequested ? null : _waiting.TryPop(out var item) ? item : null;
            }
        }
    }
}
