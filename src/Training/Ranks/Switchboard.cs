using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Json;

namespace Temper.Training.Ranks;

/// <summary>The leader's pipes: gradients are passed on to whom they are for, answers wait for the leader, and the first thing that goes wrong ends all waiting.</summary>
internal sealed class Switchboard : IDisposable
{
    /// <summary>Seconds that a follower may say nothing; it speaks every five, however long it computes.</summary>
    private const int Patience = 120;

    /// <summary>Seconds until a follower has said its first word.</summary>
    private const int PatienceAtFirst = 300;

    private readonly WaitQueue<(CrewLink Link, Frame Frame)> _answers = new();
    private readonly CancellationTokenSource _broken = new();
    private readonly Lock _gate = new();
    private readonly WaitQueue<Frame>[] _slopes;
    private readonly Timer _watch;
    private readonly int _patience;
    private TemperException? _failure;
    private int _first;
    private bool _closed;

    /// <summary>Begins to listen.</summary>
    /// <param name="members">The followers, by rank.</param>
    /// <param name="patience">Seconds that one may say nothing.</param>
    public Switchboard(IReadOnlyList<CrewMember> members, int patience = Patience)
    {
        _patience = patience;
        Links = [.. members.Select(member => new CrewLink(member))];
        _slopes = [.. members.Select(_ => new WaitQueue<Frame>())];
        foreach (var link in Links)
            link.Listen(Heard, Ended);
        // Looks are counted, not time: after a leader itself was stopped or its machine slept, its followers get a new chance to speak.
        _watch = new Timer(_ => Watch(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
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
        _watch.Dispose();
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
        link.Silent = 0;
        if (frame.Kind == FrameKind.Alive)
            frame.Dispose();
        else if (frame.Kind == FrameKind.Failed)
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

    /// <summary>A process that is stopped, or whose machine thrashes, neither works nor ends: nobody may wait for it for ever.</summary>
    private void Watch()
    {
        lock (_gate)
        {
            if (_closed || Failed)
                return;
            _first++;
            foreach (var link in Links)
            {
                if (link.Silent < 0 ? _first <= Math.Max(PatienceAtFirst, _patience) : link.Silent++ < _patience)
                    continue;
                Fail(new TemperException("worker_process_lost", FormattableString.Invariant($"Worker process {link.Rank} of {Size} has said nothing for {(link.Silent < 0 ? _first : _patience)} seconds; it was ended.")));
                link.End();
            }
        }
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
