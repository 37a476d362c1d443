using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Json;

namespace Temper.Training.Ranks;

/// <summary>The leader's pipes: gradients are passed on to whom they are for, answers wait for the leader, and the first thing that goes wrong ends all waiting.</summary>
internal sealed class Switchboard : IDisposable
{
    private readonly WaitQueue<(CrewLink Link, Frame Frame)> _answers = new();
    private readonly CancellationTokenSource _broken = new();
    private readonly Lock _gate = new();
    private readonly WaitQueue<Frame>[] _slopes;
    private TemperException? _failure;
    private bool _closed;

    /// <summary>Begins to listen.</summary>
    public Switchboard(IReadOnlyList<CrewMember> members)
    {
        Links = [.. members.Select(member => new CrewLink(member))];
        _slopes = [.. members.Select(_ => new WaitQueue<Frame>())];
        foreach (var link in Links)
            link.Listen(Heard, Ended);
    }

    /// <summary>By rank, from 1 on.</summary>
    public IReadOnlyList<CrewLink> Links { get; }

    /// <summary>Whether something went wrong.</summary>
    public bool Failed => Volatile.Read(ref _failure) is not null;

    private int Size => Links.Count + 1;

    /// <summary>
    /// The next piece of a gradient that the follower of rank <paramref name="from"/> has for the leader. By sender, because in an update whose last
    /// micro-batch is not the last rank's, the complete sum begins to come from one rank while another still sends the start of the leader's own last one.
    /// </summary>
    public Frame Slope(int from, CancellationToken stop) => Wait(_slopes[from - 1], stop);

    /// <summary>The next answer.</summary>
    public (CrewLink Link, Frame Frame) Answer(CancellationToken stop) => Wait(_answers, stop);

    /// <summary>Writes to a follower. One that is gone is told of by <see cref="Answer"/> and <see cref="Slope"/>, with its last words.</summary>
    public static void Write(CrewLink link, FrameKind kind, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default, bool flush = true)
    {
        try
        {
            link.Writer.Write(kind, first, second, flush);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Its reader hears the end of its pipe at the same time, and knows more.
        }
    }

    public void Dispose()
    {
        lock (_gate)
            _closed = true;
        foreach (var link in Links)
            link.Dispose();
    }

    private T Wait<T>(WaitQueue<T> queue, CancellationToken stop)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(stop, _broken.Token);
        try
        {
            return queue.Take(both.Token);
        }
        catch (OperationCanceledException) when (Volatile.Read(ref _failure) is { } failure)
        {
            throw failure;
        }
    }

    /// <summary>On the thread that reads the link.</summary>
    private void Heard(CrewLink link, Frame frame)
    {
        if (frame.Kind == FrameKind.Failed)
            using (frame)
                Fail(new TemperException([.. Problems(link, frame)]));
        else if (frame.Kind != FrameKind.Slope)
            _answers.Add((link, frame));
        else if (SlopeHead.Read(frame.Body).Rank is var to && to == 0)
            _slopes[link.Rank - 1].Add(frame);
        else if (to < 0 || to >= Size || to == link.Rank)
            throw new InvalidDataException($"a gradient for rank {to} of {Size}");
        else
            using (frame)
                Write(Links[to - 1], FrameKind.Slope, frame.Body);
    }

    private List<Problem> Problems(CrewLink link, Frame frame)
    {
        try
        {
            var problems = JsonSerializer.Deserialize<List<Problem>>(frame.Body, Wire.Json);
            if (problems is { Count: > 0 })
                return [.. problems.Select(p => p with { Message = $"Worker process {link.Rank} of {Size}: {p.Message}" })];
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"problems that cannot be read: {e.Message}", e);
        }
        throw new InvalidDataException("a failure without problems");
    }

    private void Ended(CrewLink link, Exception? error)
    {
        lock (_gate)
            if (_closed)
                return;
        if (Failed)
            return; // What it told before its end says more than how it ended.
        var how = error is InvalidDataException ? $"does not keep to the protocol ({error.Message})" : "ended";
        Fail(new TemperException("worker_process_lost", $"Worker process {link.Rank} of {Size} {how}; {link.LastWords}"));
    }

    private void Fail(TemperException failure)
    {
        Interlocked.CompareExchange(ref _failure, failure, null);
        _broken.Cancel();
    }
}
