using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Temper.Tensors;

/// <summary>What the items of one call do. A struct, so that a call costs no allocation and the loop inside is compiled for it.</summary>
internal interface IWork
{
    void Run(int item, int worker);
}

/// <summary>Persistent threads that share the items of one call at a time with the caller. Idle workers poll for a while, first keeping their processor,
/// then offering it to whoever else needs it, and sleep at last. Which worker runs which item is left open, so items must not depend on it.</summary>
internal sealed unsafe class WorkerPool : IDisposable
{
    private readonly Worker[] workers;
    private Shared shared;
    private volatile bool stopping;

    // What the items of the present call are. Written before its items can be claimed and not again before the last of them is done, so a worker
    // that holds a claim may read them.
    private void* work;
    private delegate*<void*, int, int, void> run;
    private int count;
    private ExceptionDispatchInfo? error;

    public WorkerPool(int threads)
    {
        Threads = threads;
        workers = new Worker[threads - 1];
        for (var i = 0; i < workers.Length; i++) workers[i] = new Worker(this, i + 1);
        foreach (var worker in workers) worker.WaitUntilStarted();
    }

    /// <summary>Threads that run items, the caller included.</summary>
    public int Threads { get; }

    private bool HasItems => (uint)Volatile.Read(ref shared.Ticket) != 0;

    /// <summary>Runs work.Run(item, worker) for every item in [0, count); worker is in [0, Threads). Returns when all have finished and throws the
    /// first exception any of them threw.</summary>
    public void Run<TWork>(int count, TWork work) where TWork : struct, IWork
    {
        if (count <= 1 || workers.Length == 0)
        {
            for (var i = 0; i < count; i++) work.Run(i, 0);
            return;
        }

        // The parameter is a copy on this stack and stays where it is until every item is done.
        this.work = Unsafe.AsPointer(ref work);
        run = &RunItem<TWork>;
        this.count = count;
        shared.Done = 0;
        Volatile.Write(ref shared.Ticket, NextCall(shared.Ticket) | (uint)count);
        Interlocked.MemoryBarrier();
        for (var i = 0; i < Math.Min(workers.Length, count - 1); i++) workers[i].Wake();
        Work(0);
        Wait(count);
        if (error is not { } first) return;
        error = null;
        first.Throw();
    }

    public void Dispose()
    {
        stopping = true;
        Interlocked.MemoryBarrier();
        foreach (var worker in workers) worker.Wake();
        foreach (var worker in workers) worker.Dispose();
    }

    private static void RunItem<TWork>(void* work, int item, int worker) where TWork : struct, IWork => Unsafe.AsRef<TWork>(work).Run(item, worker);

    private static long NextCall(long ticket) => ((ticket >> 32) + 1) << 32;

    /// <summary>Claims items and runs them until none is left. A claim succeeds only on the very call whose ticket was read, so a thread that was away
    /// in between cannot touch a later call's items.</summary>
    private void Work(int worker)
    {
        var mine = 0;
        for (long ticket; (uint)(ticket = Volatile.Read(ref shared.Ticket)) != 0;)
        {
            if (Interlocked.CompareExchange(ref shared.Ticket, ticket - 1, ticket) != ticket) continue;
            mine++;
            try
            {
                run(work, count - (int)(uint)ticket, worker);
            }
            catch (Exception thrown)
            {
                Interlocked.CompareExchange(ref error, ExceptionDispatchInfo.Capture(thrown), null);
            }
        }

        if (mine > 0) Interlocked.Add(ref shared.Done, mine);
    }

    private void Wait(int count)
    {
        for (var polls = 0; Volatile.Read(ref shared.Done) < count; polls++)
        {
            if (polls < 1000) Thread.SpinWait(1);
            else Thread.Yield();
        }
    }

    /// <summary>What threads write to at the same time, each on cache lines of its own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 384)]
    private struct Shared
    {
        /// <summary>Number of the call in the upper half, items left to claim in the lower.</summary>
        [FieldOffset(128)]
        public long Ticket;

        /// <summary>Items that are finished.</summary>
        [FieldOffset(256)]
        public int Done;
    }

    private sealed class Worker : IDisposable
    {
        private static readonly long KeepTicks = Stopwatch.Frequency / 20_000, SpinTicks = Stopwatch.Frequency / 5_000;
        private readonly WorkerPool pool;
        private readonly int index;
        private readonly AutoResetEvent signal = new(false), started = new(false);
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
            if (Volatile.Read(ref asleep) == 1 && Interlocked.Exchange(ref asleep, 0) == 1) signal.Set();
        }

        public void WaitUntilStarted() => started.WaitOne();

        public void Dispose()
        {
            thread.Join();
            signal.Dispose();
            started.Dispose();
        }

        private void Loop()
        {
            // What a thread needs to wait is made when it first waits: here, and not in the midst of a step.
            signal.WaitOne(1);
            started.Set();
            while (!pool.stopping)
            {
                pool.Work(index);
                if (!Poll()) Sleep();
            }
        }

        /// <summary>Whether items came while it looked.</summary>
        private bool Poll()
        {
            var start = Stopwatch.GetTimestamp();
            for (var waited = 0L; waited < SpinTicks; waited = Stopwatch.GetTimestamp() - start)
            {
                for (var i = 0; i < 16; i++)
                {
                    if (pool.HasItems) return true;
                    Thread.SpinWait(1);
                }

                if (waited > KeepTicks) Thread.Yield();
            }

            return false;
        }

        private void Sleep()
        {
            Interlocked.Exchange(ref asleep, 1);
            if ((!pool.HasItems && !pool.stopping) || Interlocked.Exchange(ref asleep, 0) == 0) signal.WaitOne();
        }
    }
}
