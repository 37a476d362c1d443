using Temper.Core.Errors;
using Temper.Models;
using Temper.Tensors;

namespace Temper.Serving;

/// <summary>
/// The thread that owns one base model. Each step reads one token of every running answer, plus prompt tokens up to a budget, so that answers begin
/// and end independently (continuous batching, Yu et al. 2022, "Orca"). Answers with different adapters share the base and the step.
/// The engine computes every row in an order of its own, so company never changes an answer.
/// </summary>
internal sealed class DecodeLoop : IDisposable
{
    private readonly ServingOptions _options;
    private readonly object _gate = new();
    private readonly Queue<Sequence> _waiting = [];
    private readonly Queue<Action> _errands = [];
    private readonly List<Sequence> _running = [];
    private readonly Thread _thread;
    private bool _stopping;

    private DecodeLoop(string name, Func<LoadedBase> open, ServingOptions options, TaskCompletionSource<DecodeLoop> opened)
    {
        _options = options;
        _thread = new Thread(() => Live(open, opened)) { IsBackground = true, Name = $"decode {name}" };
    }

    /// <summary>The model, for reading its facts from any thread.</summary>
    public LoadedBase Base { get; private set; } = null!;

    /// <summary>Sequences that wait for a slot.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    /// <summary>Starts the thread and opens the model on it.</summary>
    public static Task<DecodeLoop> StartAsync(string name, Func<LoadedBase> open, ServingOptions options)
    {
        var opened = new TaskCompletionSource<DecodeLoop>(TaskCreationOptions.RunContinuationsAsynchronously);
        new DecodeLoop(name, open, options, opened)._thread.Start();
        return opened.Task;
    }

    /// <summary>Queues the choices of one request.</summary>
    /// <exception cref="TemperException">Code <c>queue_full</c>: nothing was queued.</exception>
    public void Submit(IReadOnlyList<Sequence> choices)
    {
        DropAbandoned();
        lock (_gate)
        {
            if (_stopping)
                throw new TemperException("cancelled", "The server is stopping.");
            if (_waiting.Count >= _options.QueueLimit)
                throw new TemperException("queue_full", $"{_waiting.Count} requests wait already, which is as many as this server keeps.");
            foreach (var choice in choices)
                _waiting.Enqueue(choice);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Runs <paramref name="work"/> on the thread that owns the engine, between two steps.</summary>
    public Task<T> DoAsync<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_stopping)
                throw new TemperException("cancelled", "The server is stopping.");
            _errands.Enqueue(() => Attempt(work, done));
            Monitor.Pulse(_gate);
        }
        return done.Task;
    }

    /// <summary>Ends the thread after its current step; answers that run fail with code <c>cancelled</c>.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.Pulse(_gate);
        }
        if (_thread != Thread.CurrentThread)
            _thread.Join();
    }

    private void Live(Func<LoadedBase> open, TaskCompletionSource<DecodeLoop> opened)
    {
        Attempt(() =>
        {
            Base = open();
            return this;
        }, opened);
        if (!opened.Task.IsCompletedSuccessfully)
            return;
        using (Base)
        {
            while (Prepare())
                Step();
            RunErrands();
            foreach (var sequence in _running.Concat(_waiting))
            {
                sequence.Sink.Fail(new TemperException("cancelled", "The server is stopping."));
                sequence.Sink.Left();
            }
        }
    }

    /// <summary>Drops answers nobody reads, does errands, lets waiting answers in, and sleeps while there is nothing to do. False: stop.</summary>
    private bool Prepare()
    {
        while (true)
        {
            foreach (var gone in _running.FindAll(sequence => sequence.Sink.Abandoned))
                Leave(gone);
            RunErrands();
            while (Base.Cache.FreeSlots > 0 && NextWaiting() is { } next)
                Admit(next);
            lock (_gate)
            {
                if (_stopping)
                    return false;
                if (_running.Count > 0)
                    return true;
                if (_waiting.Count == 0 && _errands.Count == 0)
                    Monitor.Wait(_gate);
            }
        }
    }

    private void RunErrands()
    {
        while (true)
        {
            Action? errand;
            lock (_gate)
                _errands.TryDequeue(out errand);
            if (errand is null)
                return;
            errand();
        }
    }

    /// <summary>Nobody waits behind a client that has gone.</summary>
    private void DropAbandoned()
    {
        List<Sequence> gone;
        lock (_gate)
        {
            gone = [.. _waiting.Where(sequence => sequence.Sink.Abandoned)];
            for (var left = gone.Count == 0 ? 0 : _waiting.Count; left > 0; left--)
                if (_waiting.Dequeue() is { Sink.Abandoned: false } patient)
                    _waiting.Enqueue(patient);
        }
        gone.ForEach(sequence => sequence.Sink.Left());
    }

    private Sequence? NextWaiting()
    {
        lock (_gate)
            return _waiting.TryDequeue(out var next) ? next : null;
    }

    private void Admit(Sequence sequence)
    {
        if (sequence.Sink.Abandoned)
        {
            sequence.Sink.Left();
            return;
        }
        sequence.Slot = Base.Cache.Open();
        _running.Add(sequence);
    }

    private void Step()
    {
        var budget = _options.PrefillTokens;
        foreach (var group in _running.GroupBy(sequence => sequence.Adapter).ToList())
        {
            var members = new List<Sequence>();
            var appends = new List<CacheAppend>();
            foreach (var sequence in group)
                if (sequence.Next(ref budget) is { Length: > 0 } tokens)
                {
                    members.Add(sequence);
                    appends.Add(new(sequence.Slot, tokens));
                }
            if (members.Count > 0)
                Advance(members, appends, group.Key);
        }
    }

    private void Advance(List<Sequence> members, List<CacheAppend> appends, LoraAdapter? adapter)
    {
        try
        {
            using var scope = Base.Engine.BeginScope();
            var logits = Base.Engine.ToFloats(Base.Decoder.Append(Base.Cache, appends, adapter));
            var vocabulary = logits.Length / members.Count;
            for (var i = 0; i < members.Count; i++)
                if (members[i].WantsToken && members[i].Accept(logits.AsSpan(i * vocabulary, vocabulary)))
                    Leave(members[i]);
        }
        catch (Exception e)
        {
            // The answers of this group are lost; those of others and the server are not.
            foreach (var sequence in members.Where(_running.Contains))
            {
                sequence.Sink.Fail(e);
                Leave(sequence);
            }
        }
    }

    private void Leave(Sequence sequence)
    {
        _running.Remove(sequence);
        Base.Cache.Close(sequence.Slot);
        sequence.Sink.Left();
    }

    private static void Attempt<T>(Func<T> work, TaskCompletionSource<T> done)
    {
        try
        {
            done.SetResult(work());
        }
        catch (Exception e)
        {
            done.SetException(e);
        }
    }
}
