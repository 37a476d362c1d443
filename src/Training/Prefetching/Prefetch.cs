using System.Runtime.ExceptionServices;
using System.Threading.Channels;

namespace Temper.Training.Prefetching;

/// <summary>
/// Batches prepared ahead of the one that reads them, by several producers, and handed out in the order of their plans. Plans are asked for one at a time;
/// what is made from them is made side by side. A producer that fails ends it: the next read throws what it threw, also when earlier batches are ready.
/// Nobody spins: everyone waits for a signal.
/// </summary>
/// <typeparam name="TPlan">What a batch is made from.</typeparam>
/// <typeparam name="TBatch">What is read.</typeparam>
public sealed class Prefetch<TPlan, TBatch> : IDisposable where TPlan : class
{
    private static readonly TimeSpan MostPatience = TimeSpan.FromMilliseconds(900);
    private readonly Func<TPlan?> _plan;
    private readonly Func<TPlan, CancellationToken, ValueTask<TBatch>> _make;
    private readonly Func<TPlan, long>? _bytesOf;
    private readonly PrefetchOptions _options;
    private readonly Channel<Ahead> _ahead;
    private readonly SemaphoreSlim _turn = new(1), _room = new(0);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task[] _producers;
    private readonly Lock _gate = new();
    private long _bytes;
    private int _count, _ready;

    /// <summary>Begins at once.</summary>
    /// <param name="plan">The next batch's plan, null after the last; never called by two threads at once.</param>
    /// <param name="make">Makes the batch; called by several producers at once.</param>
    /// <param name="options">How far ahead.</param>
    /// <param name="bytesOf">What a batch will hold, for the limit of bytes.</param>
    public Prefetch(Func<TPlan?> plan, Func<TPlan, CancellationToken, ValueTask<TBatch>> make, PrefetchOptions options, Func<TPlan, long>? bytesOf = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Batches);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Producers);
        (_plan, _make, _options, _bytesOf) = (plan, make, options, bytesOf);
        _ahead = Channel.CreateBounded<Ahead>(options.Batches);
        _producers = [.. Enumerable.Range(0, Math.Min(options.Producers, options.Batches)).Select(_ => Task.Run(ProduceAsync))];
    }

    /// <summary>Batches that are ready and not read yet.</summary>
    public int Ready => Volatile.Read(ref _ready);

    /// <summary>The next batch; false after the last. Waits without using the processor.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> asked for it.</exception>
    public bool TryTake(out TBatch batch, CancellationToken ct = default)
    {
        var (there, value) = TakeAsync(ct).AsTask().GetAwaiter().GetResult();
        batch = value!;
        return there;
    }

    /// <summary>The next batch; its first part is false after the last.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> asked for it.</exception>
    public async ValueTask<(bool There, TBatch? Batch)> TakeAsync(CancellationToken ct)
    {
        if (_failed.Task.IsCompleted)
            await _failed.Task.ConfigureAwait(false);
        Ahead next;
        try
        {
            next = await _ahead.Reader.ReadAsync(ct).ConfigureAwait(false);
        }
        catch (ChannelClosedException e) when (e.InnerException is null)
        {
            return (false, default);
        }
        catch (ChannelClosedException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerException!);
            throw;
        }
        if (!next.Batch.IsCompleted && await Task.WhenAny(next.Batch, _failed.Task).WaitAsync(ct).ConfigureAwait(false) == _failed.Task)
            await _failed.Task.ConfigureAwait(false);
        var batch = await next.Batch.ConfigureAwait(false);
        Interlocked.Decrement(ref _ready);
        Release(next.Bytes);
        return (true, batch);
    }

    /// <summary>Ends it: producers stop at their next safe point and what is ready is forgotten. Returns within a second.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        var ended = new ObjectDisposedException(nameof(Prefetch<,>));
        _failed.TrySetException(ended);
        _ahead.Writer.TryComplete(ended);
        // A producer never throws; one that does not listen to its token is left behind rather than waited for.
        Task.WaitAll(_producers, MostPatience);
        _ = _failed.Task.Exception;
    }

    private async Task ProduceAsync()
    {
        try
        {
            while (await ReserveAsync(_stop.Token).ConfigureAwait(false) is { } work)
            {
                var batch = await _make(work.Plan, _stop.Token).ConfigureAwait(false);
                Interlocked.Increment(ref _ready);
                work.Done.SetResult(batch);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Asked to end: nobody waits for the batch.
        }
        catch (Exception e)
        {
            _failed.TrySetException(e);
            _ahead.Writer.TryComplete(e);
            await _stop.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>One producer at a time waits for room, takes the next plan and lines up with it, so that the line is in the order of plans.</summary>
    private async ValueTask<Work?> ReserveAsync(CancellationToken ct)
    {
        await _turn.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            if (_ahead.Reader.Completion.IsCompleted || _plan() is not { } plan)
            {
                _ahead.Writer.TryComplete();
                return null;
            }
            var bytes = _bytesOf?.Invoke(plan) ?? 0;
            while (!Reserve(bytes))
                await _room.WaitAsync(ct).ConfigureAwait(false);
            var done = new TaskCompletionSource<TBatch>(TaskCreationOptions.RunContinuationsAsynchronously);
            await _ahead.Writer.WriteAsync(new(done.Task, bytes), ct).ConfigureAwait(false);
            return new(plan, done);
        }
        finally
        {
            _turn.Release();
        }
    }

    private bool Reserve(long bytes)
    {
        lock (_gate)
        {
            if (_count >= _options.Batches || (_count > 0 && _bytes + bytes > (_options.Bytes ?? long.MaxValue)))
                return false;
            (_count, _bytes) = (_count + 1, _bytes + bytes);
            return true;
        }
    }

    private void Release(long bytes)
    {
        lock (_gate)
        {
            (_count, _bytes) = (_count - 1, _bytes - bytes);
            if (_room.CurrentCount == 0)
                _room.Release();
        }
    }

    private readonly record struct Ahead(Task<TBatch> Batch, long Bytes);

    private sealed record Work(TPlan Plan, TaskCompletionSource<TBatch> Done);
}
