using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace Temper.Tensors;

/// <summary>Persistent threads that share the items of one call at a time with the caller. Idle workers spin for some tens of
/// microseconds, then sleep. Which worker runs which item is left open, so items must not depend on it.</summary>
internal sealed class WorkerPool : IDisposable
{
    private static readonly long SpinTicks = Stopwatch.Frequency / 20_000;
    private readonly Worker[] workers;
    private volatile Job? current;
    private volatile bool stopping;

    public WorkerPool(int threads)
    {
        Threads = threads;
        workers = new Worker[threads - 1];
        for (var i = 0; i < workers.Length; i++) workers[i] = new Worker(this, i + 1);
    }

    /// <summary>Threads that run items, the caller included.</summary>
    public int Threads { get; }

    /// <summary>Runs body(item, worker) for every item in [0, count); worker is in [0, Threads). Returns when all have finished and throws the
    /// first exception any of them threw.</summary>
    public void Run(int count, Action<int, int> body)
    {
        if (count <= 1 || workers.Length == 0)
        {
            for (var i = 0; i < count; i++) body(i, 0);
            return;
        }

        var job = new Job(body, count);
        current = job;
        Interlocked.MemoryBarrier();
        for (var i = 0; i < Math.Min(workers.Length, count - 1); i++) workers[i].Wake();
        job.Work(0);
        job.Wait();
        current = null;
        job.Error?.Throw();
    }

    public void Dispose()
    {
        stopping = true;
        Interlocked.MemoryBarrier();
        foreach (var worker in workers) worker.Wake();
        foreach (var worker in workers) worker.Dispose();
    }

    private sealed class Job(Action<int, int> body, int count)
    {
        private int next, done;

        public ExceptionDispatchInfo? Error { get; private set; }

        public void Work(int worker)
        {
            for (int item; (item = Interlocked.Increment(ref next) - 1) < count;)
            {
                try
                {
                    body(item, worker);
                }
                catch (Exception error)
                {
                    Error ??= ExceptionDispatchInfo.Capture(error);
                }

                Interlocked.Increment(ref done);
            }
        }

        public void Wait()
        {
            for (var spins = 0; Volatile.Read(ref done) < count; spins++)
            {
                if (spins < 100) Thread.SpinWait(8);
                else Thread.Yield();
            }
        }
    }

    private sealed class Worker : IDisposable
    {
        private readonly WorkerPool pool;
        private readonly int index;
        private readonly SemaphoreSlim signal = new(0);
        private readonly Thread thread;
        private int asleep;

        public Worker(WorkerPool pool, int index)
        {
            this.pool = pool;
            this.index = index;
            thread = new Thread(Loop) { IsBackground = true, Name = $"tensor-worker-{index}" };
            thread.Start();
        }

        public void Wake()
        {
            if (Volatile.Read(ref asleep) == 1 && Interlocked.Exchange(ref asleep, 0) == 1) signal.Release();
        }

        public void Dispose()
        {
            thread.Join();
            signal.Dispose();
        }

        private void Loop()
        {
            Job? last = null;
            while (!pool.stopping)
            {
                var job = Next(last);
                if (job is null) continue;
                last = job;
                job.Work(index);
            }
        }

        private Job? Next(Job? last)
        {
            var until = Stopwatch.GetTimestamp() + SpinTicks;
            do
            {
                if (pool.current is { } job && job != last) return job;
                Thread.SpinWait(8);
            }
            while (Stopwatch.GetTimestamp() < until);
            Interlocked.Exchange(ref asleep, 1);
            if ((pool.current is null || pool.current == last) && !pool.stopping) signal.Wait();
            else if (Interlocked.Exchange(ref asleep, 0) == 0) signal.Wait();
            return null;
        }
    }
}
