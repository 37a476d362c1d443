using System.Buffers.Binary;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Training.Objectives;
using Temper.Training.Planning;

namespace Temper.Training.Ranks;

/// <summary>
/// The ranks of one job, seen from the leader, which is rank 0 and computes as well. Micro-batch m of an update is rank (m mod N)'s. The leader owns optimizer,
/// data, checkpoints and all decisions; followers have a model and answer. One thread uses it.
/// </summary>
/// <param name="members">The followers, by rank.</param>
internal sealed class Crew(IReadOnlyList<CrewMember> members) : IDisposable
{
    /// <summary>Micro-batches of a measurement that one rank has at a time.</summary>
    private const int MeasuredAtOnce = 4;

    private readonly Switchboard _board = new(members);
    private readonly byte[] _offset = new byte[8];
    private Passage? _passage;
    private Replica? _replica;
    private IObjective? _objective;
    private Digest _shared;
    private bool _changed = true;
    private int _disposed;
    private CancellationToken _stop;

    /// <summary>Ranks, the leader included.</summary>
    public int Size => members.Count + 1;

    /// <summary>Most that the followers' engines held, bytes in all.</summary>
    public long PeakBytes => _board.Links.Sum(link => link.PeakBytes);

    /// <summary>Waits until every follower has loaded its model, and compares what they are made from. Once, before anything else.</summary>
    /// <exception cref="TemperException"><c>replicas_differ</c>, <c>worker_process_lost</c>, or what kept a follower from loading.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/>.</exception>
    public void Meet(IObjective objective, HelloFrame leader, CancellationToken stop)
    {
        (_objective, _replica, _stop) = (objective, new(objective), stop);
        _passage = new(objective, place => _board.Slope((place - 1) % Size, _stop), Send);
        while (_board.Links.Any(link => link.Hello is null))
            Answer(FrameKind.Hello, (link, frame) => link.Hello = HelloFrame.Read(frame.Body));
        Problem[] problems = [.. _board.Links.SelectMany(link => link.Hello!.Against(leader, link.Rank))];
        if (problems.Length > 0)
            throw new TemperException(problems);
    }

    /// <summary>The leader's weights are no longer those that followers have.</summary>
    public void WeightsChanged() => _changed = true;

    /// <summary>Sums gradients over an update's micro-batches, each on its rank; they end in the leader's engine. Null when <paramref name="control"/> asks to stop;
    /// the crew is of no further use then.</summary>
    /// <exception cref="TemperException"><c>replicas_differ</c>, <c>worker_process_lost</c>, or what a follower failed with.</exception>
    public LossSums? Descend(Update update, ulong seed, int step, RunControl control)
    {
        _stop = control.Token;
        try
        {
            return Learn([.. update.MicroBatches.Select((micro, place) => new MicroFrame(new(seed, step, micro.Index), place, update.MicroBatches.Count, 1.0 / update.Units, micro))], control);
        }
        catch (OperationCanceledException) when (control.Stopping && !_board.Failed)
        {
            return null;
        }
        catch (InvalidDataException e)
        {
            throw new TemperException("worker_process_lost", $"A worker process of {Size} does not keep to the protocol ({e.Message}).", inner: e);
        }
        finally
        {
            _stop = CancellationToken.None;
        }
    }

    /// <summary>Measures micro-batches, each on its rank; the answers in their order.</summary>
    /// <exception cref="TemperException"><c>worker_process_lost</c>, or what a follower failed with.</exception>
    public IEnumerable<LossValues> Measure(IEnumerable<MicroBatch> micros)
    {
        Share();
        var done = 0;
        foreach (var some in micros.Chunk(MeasuredAtOnce * Size))
        {
            var losses = new LossValues?[some.Length];
            for (var i = 0; i < some.Length; i++)
                if (i % Size != 0)
                    Give(new(LossPass.Measured, done + i, int.MaxValue, 0, some[i]));
            for (var i = 0; i < some.Length; i += Size)
                losses[i] = Follower.Measure(_objective!, some[i]);
            Gather(losses, LossPass.Measured.Step, done);
            done += some.Length;
            foreach (var loss in losses)
                yield return loss!.Value;
        }
    }

    /// <summary>Ends the followers; a second call does nothing.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _board.Dispose();
        _passage?.Dispose();
    }

    private LossSums? Learn(MicroFrame[] micros, RunControl control)
    {
        Share();
        var losses = new LossValues?[micros.Length];
        foreach (var micro in micros.Where(m => m.Place % Size != 0))
            Give(micro);
        for (var place = 0; place < micros.Length; place += Size)
        {
            if (control.Stopping)
                return null;
            losses[place] = _passage!.Learn(micros[place], place + 1 < micros.Length ? new(1, place + 1) : null);
        }
        if ((micros.Length - 1) % Size != 0)
            _passage!.Collect(micros[^1]);
        Gather(losses, micros[0].Pass.Step, 0);
        var sums = new LossSums();
        foreach (var loss in losses)
            sums.Add(loss!.Value);
        return sums;
    }

    /// <summary>Gives all followers the leader's weights, where theirs are older. Each answers with the digest of what it then has.</summary>
    private void Share()
    {
        if (!_changed)
            return;
        foreach (var link in _board.Links)
            link.Holds = null;
        var offset = 0L;
        _shared = _replica!.Read(piece =>
        {
            BinaryPrimitives.WriteInt64LittleEndian(_offset, offset);
            offset += piece.Length;
            foreach (var link in _board.Links)
                Switchboard.Write(link, FrameKind.Weights, _offset, piece.Span, flush: offset == _replica.Bytes);
        });
        _changed = false;
    }

    private void Give(MicroFrame micro) => Switchboard.Write(_board.Links[micro.Place % Size - 1], FrameKind.Micro, micro.ToBytes());

    private void Send(SlopeHead head, ReadOnlyMemory<byte> piece)
    {
        Span<byte> before = stackalloc byte[SlopeHead.Size];
        head.Write(before);
        Switchboard.Write(_board.Links[head.Rank - 1], FrameKind.Slope, before, piece.Span);
    }

    /// <summary>Waits for the losses that are missing, and for word that all ranks have the same weights.</summary>
    private void Gather(LossValues?[] losses, int step, int first)
    {
        while (losses.Any(loss => loss is null) || _board.Links.Any(link => link.Holds is null))
            Answer(FrameKind.Losses, (link, frame) =>
            {
                var loss = LossFrame.Read(frame.Body);
                var at = loss.Place - first;
                if (loss.Step != step || at < 0 || at >= losses.Length || at % Size != link.Rank || losses[at] is not null)
                    throw new InvalidDataException(FormattableString.Invariant($"an answer to micro-batch {loss.Place} of step {loss.Step}, which it was not asked for"));
                (losses[at], link.PeakBytes) = (loss.Values, loss.PeakBytes);
            });
    }

    /// <summary>Waits for one message of a follower and looks at it.</summary>
    private void Answer(FrameKind wanted, Action<CrewLink, Frame> use)
    {
        var (link, frame) = _board.Answer(_stop);
        using var used = frame;
        try
        {
            if (frame.Kind == wanted)
                use(link, frame);
            else if (frame is { Kind: FrameKind.Replica, Body.Length: 32 })
                Compare(link, Digest.FromHash(frame.Body));
            else
                throw new InvalidDataException($"{frame.Kind} where {wanted} was expected");
        }
        catch (InvalidDataException e)
        {
            throw new TemperException("worker_process_lost", $"Worker process {link.Rank} of {Size} does not keep to the protocol ({e.Message}).", inner: e);
        }
    }

    private void Compare(CrewLink link, Digest holds)
    {
        if (holds != _shared)
            throw new TemperException("replicas_differ", $"Worker process {link.Rank} of {Size} has the trained weights {holds.Short}; the leader has {_shared.Short}.");
        link.Holds = holds;
    }
}
