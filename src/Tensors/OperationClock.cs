using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Temper.Tensors;

/// <summary>When an operation ran.</summary>
public enum OperationPass
{
    /// <summary>The model's pass, or one without gradients.</summary>
    Forward,

    /// <summary>Again, for the backward pass of <see cref="IEngine.Checkpoint(Func{Tensor, Tensor}, Tensor)"/>.</summary>
    Recompute,

    /// <summary>Its gradients.</summary>
    Backward,
}

/// <summary>Time of one operation in one pass.</summary>
/// <param name="Operation">The operation, for example <c>linear</c>; <c>adamw</c> is the optimizer, gradient norm included.</param>
/// <param name="Pass">Which pass.</param>
/// <param name="Calls">How often it ran.</param>
/// <param name="Time">Time of the calling thread in it, without operations that it called itself.</param>
/// <param name="InProducts">The part of <paramref name="Time"/> that went into matrix products.</param>
public readonly record struct OperationTime(string Operation, OperationPass Pass, long Calls, TimeSpan Time, TimeSpan InProducts);

/// <summary>Where an engine's time goes. Give it to <see cref="CpuEngine.Create"/>, run, and read it. It belongs to one engine.</summary>
public sealed class OperationClock
{
    private readonly Dictionary<(string Operation, OperationPass Pass), Sum> sums = [];
    private (string Operation, OperationPass Pass)? running;
    private long since;

    /// <summary>Every operation that ran since the beginning or the last <see cref="Reset"/>, the longest first.</summary>
    public IReadOnlyList<OperationTime> Times() =>
    [
        .. sums.Select(s => new OperationTime(s.Key.Operation, s.Key.Pass, s.Value.Calls, Stopwatch.GetElapsedTime(0, s.Value.Ticks), Stopwatch.GetElapsedTime(0, s.Value.InProducts)))
            .OrderByDescending(t => t.Time),
    ];

    /// <summary>Forgets what ran so far. Not while an operation runs.</summary>
    public void Reset() => sums.Clear();

    /// <summary>From here to the end of the returned interval, time is this operation's.</summary>
    internal Interval Start(string operation, OperationPass pass)
    {
        var outer = running;
        Charge();
        running = (operation, pass);
        CollectionsMarshal.GetValueRefOrAddDefault(sums, (operation, pass), out _).Calls++;
        return new Interval(this, outer);
    }

    /// <summary>From here to the end of the returned interval, the running operation multiplies matrices.</summary>
    internal Product StartProduct() => new(this, Stopwatch.GetTimestamp());

    private void Charge()
    {
        var now = Stopwatch.GetTimestamp();
        if (running is { } key) CollectionsMarshal.GetValueRefOrAddDefault(sums, key, out _).Ticks += now - since;
        since = now;
    }

    private struct Sum
    {
        public long Calls, Ticks, InProducts;
    }

    /// <summary>One call of an operation. The default is one that nobody times.</summary>
    internal readonly struct Interval(OperationClock clock, (string Operation, OperationPass Pass)? outer) : IDisposable
    {
        public void Dispose()
        {
            if (clock is null) return;
            clock.Charge();
            clock.running = outer;
        }
    }

    /// <summary>One matrix product. The default is one that nobody times.</summary>
    internal readonly struct Product(OperationClock clock, long start) : IDisposable
    {
        public void Dispose()
        {
            if (clock?.running is { } key)
                CollectionsMarshal.GetValueRefOrAddDefault(clock.sums, key, out _).InProducts += Stopwatch.GetTimestamp() - start;
        }
    }
}
